import { resolve } from 'node:path';
import { defineCommand } from '../command.js';
import {
  configurationOptions,
  evaluationOptions,
  managerOption,
  outputOptions,
  stateDirectoryOptions,
} from '../options.js';

const { 'out-link': outLink, 'no-out-link': noOutLink } = outputOptions;
const { include, 'host-packages': hostPackages, offline, 'show-trace': showTrace } = evaluationOptions;

export const generateConfig = defineCommand({
  command: 'generate-config <config>',
  describe: "Make one process's configuration for a process manager from NAME.json, which is for none",
  builder: (yargs) =>
    yargs
      .positional('config', {
        type: 'string',
        demandOption: true,
        describe: 'What createManagedProcess makes of a process when its processManager is null',
      })
      .options({
        'process-manager': {
          ...managerOption['process-manager'],
          demandOption: true,
          describe: 'The process manager that is to run the process',
        },
        ...configurationOptions,
        'out-link': outLink,
        'no-out-link': noOutLink,
        ...stateDirectoryOptions,
        include,
        'host-packages': hostPackages,
        offline,
        'show-trace': showTrace,
      })
      .example('$0 generate-config -P systemd webapp.json', 'Its unit, linked as ./result'),
  run: async (args, context) => {
    const { generateConfiguration } = await import('../generate-configuration.js');
    const link = args.noOutLink === true ? null : resolve(args.outLink);
    context.print(`${await generateConfiguration(args, link, context)}\n`);
    return undefined;
  },
});
