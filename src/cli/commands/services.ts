import { defineCommand, type Command } from '../command.js';
import { activationOptions, profileOption, reachingOptions, withOptionsOf } from '../options.js';
import type { StepAction } from '../../plan/activation-plan.js';

const {
  jobs,
  'answer-timeout': answerTimeout,
  'start-timeout': startTimeout,
  'stop-timeout': stopTimeout,
  'wait-lock': waitLock,
  'wait-for-ports': waitForPorts,
} = activationOptions;

const serviceCommand = (action: StepAction, describe: string, example: string): Command =>
  defineCommand({
    command: `${action} <names..>`,
    describe,
    builder: (yargs) =>
      withOptionsOf(yargs, reachingOptions)
        .positional('names', {
          type: 'string',
          array: true,
          demandOption: true,
          describe: 'Instances or process names',
        })
        .options({
          ...profileOption,
          jobs,
          'start-timeout': startTimeout,
          'stop-timeout': stopTimeout,
          'wait-lock': waitLock,
          'answer-timeout': answerTimeout,
          ...(action === 'stop' ? {} : { 'wait-for-ports': waitForPorts }),
        })
        .example(`$0 ${action} webapp1`, example),
    run: async (args, context) => {
      const { actOnServices } = await import('../act-on-services.js');
      await actOnServices(action, { ...args, waitForPorts: args.waitForPorts === true }, context);
      return undefined;
    },
  });

export const start = serviceCommand('start', 'Start process instances', 'Start one instance');
export const stop = serviceCommand('stop', 'Stop process instances; a switch leaves them stopped', 'Stop one instance');
export const restart = serviceCommand('restart', 'Restart process instances', 'Restart one instance');
export const reload = serviceCommand(
  'reload',
  'Make process instances read their configuration again',
  'Reload one instance',
);
