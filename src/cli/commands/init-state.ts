import { defineCommand } from '../command.js';
import { stateDirectoryOptions } from '../options.js';

export const initState = defineCommand({
  command: 'init-state',
  describe: 'Make the state directories; those that exist stay as they are',
  builder: (yargs) =>
    yargs
      .options(stateDirectoryOptions)
      .example('$0 init-state', '/var, /tmp, /run and what is below /var')
      .example('$0 init-state --state-dir ~/var --force-disable-user-change', "An ordinary user's own"),
  run: async (args, context) => {
    const { stateSettings } = await import('../settings.js');
    const { createStateDirectories, stateDirectories } = await import('../../state/state-directories.js');
    const { forceDisableUserChange, ...directories } = stateSettings(args, context.env);
    const steps = await createStateDirectories(stateDirectories(directories, process.platform), {
      userChanges: forceDisableUserChange !== true && process.getuid?.() === 0,
    });
    for (const { kind, path } of steps) context.log.debug(`${kind}: ${path}`);
    return undefined;
  },
});
