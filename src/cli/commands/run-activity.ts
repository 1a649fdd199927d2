import { defineCommand } from '../command.js';
import {
  activationOptions,
  activityOptions,
  managerOption,
  profileOption,
  ownScriptOptions,
  withOptionsOf,
} from '../options.js';

const { 'wait-lock': waitLock } = activationOptions;

export const runActivity = defineCommand({
  command: 'run-activity <activity> [path]',
  describe: 'Run an activity of all service scripts, such as status, one after the other',
  builder: (yargs) =>
    withOptionsOf(yargs, ownScriptOptions)
      .positional('activity', { type: 'string', demandOption: true, describe: 'What the scripts are called with' })
      .positional('path', { type: 'string', describe: 'A profile [the current generation]' })
      .options({ ...managerOption, ...profileOption, ...activityOptions, 'wait-lock': waitLock })
      .example('$0 run-activity status', 'What each init script says of its service')
      .example('$0 run-activity -r stop', 'Stop everything; dependents first'),
  run: async (args, context) => {
    const { runActivityOfScripts } = await import('../run-activity-of-scripts.js');
    await runActivityOfScripts(args, context);
    return undefined;
  },
});
