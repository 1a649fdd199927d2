import { defineCommand } from '../command.js';
import {
  activationOptions,
  evaluationOptions,
  managerOption,
  profileOption,
  stateDirectoryOptions,
  ownOptions,
  withOptionsOf,
} from '../options.js';

const {
  jobs,
  'answer-timeout': answerTimeout,
  'start-timeout': startTimeout,
  'stop-timeout': stopTimeout,
  settle,
  'wait-for-ports': waitForPorts,
  'wait-lock': waitLock,
} = activationOptions;

export const run = defineCommand({
  command: 'run [model]',
  describe: 'Run the current generation in the foreground, until SIGTERM or SIGINT: for a unit or an @reboot line',
  builder: (yargs) =>
    withOptionsOf(yargs, ownOptions)
      .positional('model', {
        type: 'string',
        describe: 'A processes.nix to run in its place, without making a generation of it',
      })
      .options({
        ...managerOption,
        ...profileOption,
        jobs,
        'answer-timeout': answerTimeout,
        'start-timeout': startTimeout,
        'stop-timeout': stopTimeout,
        settle,
        'wait-for-ports': waitForPorts,
        'wait-lock': waitLock,
        ...stateDirectoryOptions,
        ...evaluationOptions,
      })
      .example('$0 run', 'Start everything, wait, and stop everything at the end')
      .example('$0 run -P supervisord processes.nix', 'In a container, which keeps no generations'),
  run: async (args, context) => {
    const { runInForeground } = await import('../run-in-foreground.js');
    await runInForeground(args, context);
    return undefined;
  },
});
