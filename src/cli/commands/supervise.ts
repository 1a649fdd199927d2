import { defineCommand } from '../command.js';
import { managerOption, stateDirectoryOptions } from '../options.js';

export const supervise = defineCommand({
  command: 'supervise',
  describe: 'Run, until SIGTERM or SIGINT, what several profiles of one process manager can run under',
  builder: (yargs) =>
    yargs
      .options({
        'process-manager': { ...managerOption['process-manager'], demandOption: true },
        ...stateDirectoryOptions,
      })
      .example('$0 supervise -P s6-rc', 'An s6-svscan that every profile uses, for a container or an inittab'),
  run: async (args, context) => {
    const { superviseInForeground } = await import('../supervise-in-foreground.js');
    await superviseInForeground(args, context);
    return undefined;
  },
});
