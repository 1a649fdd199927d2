import { defineCommand } from '../command.js';
import { evaluationOptions, managerOption, testOptions } from '../options.js';

export const test = defineCommand({
  command: 'test <suites>',
  describe: 'Run test suites of services, each variant in a throw-away machine',
  builder: (yargs) =>
    yargs
      .positional('suites', {
        type: 'string',
        demandOption: true,
        describe: 'The file that composes test suites, a directory with one, or a model with a suite beside it',
      })
      .options({
        'process-manager': {
          ...managerOption['process-manager'],
          array: true,
          nargs: 1,
          describe: 'Only variants for this process manager; may be repeated',
        },
        ...testOptions,
        ...evaluationOptions,
      })
      .example('$0 test tests/default.nix', 'All suites under all process managers in both profiles')
      .example('$0 test -A nginx -P systemd tests/default.nix', 'One suite under one process manager')
      .example('$0 test --list tests/default.nix', 'What would be run, and what cannot be run here')
      .example('$0 test --junit report.xml --strict tests/default.nix', 'In CI: what cannot be run counts as failed')
      .example('$0 test --interactive -A nginx.privileged.sysvinit tests/default.nix', 'A prompt in the machine'),
  repeatable: ['attr', 'A', 'suite', 'profile', 'p', 'process-manager', 'processManager', 'P'],
  run: async (args, context) => {
    const { testSuites } = await import('../test-suites.js');
    return testSuites(args, context);
  },
});
