import { defineCommand } from '../command.js';
import { activationOptions, profileOption, wholeNumberOption, reachingOptions, withOptionsOf } from '../options.js';

const { 'answer-timeout': answerTimeout } = activationOptions;

export const logs = defineCommand({
  command: 'logs <name>',
  describe: 'Show what a process instance printed',
  builder: (yargs) =>
    withOptionsOf(yargs, reachingOptions)
      .positional('name', { type: 'string', demandOption: true, describe: 'An instance or a process name' })
      .options({
        ...profileOption,
        'answer-timeout': answerTimeout,
        follow: { alias: 'f', type: 'boolean', default: false, describe: 'Go on as more is printed' },
        lines: wholeNumberOption('lines', 0, { alias: 'n', default: 50, describe: 'How many of the last lines' }),
      })
      .example('$0 logs webapp1', 'The last 50 lines')
      .example('$0 logs -f -n 10 webapp1', 'The last ten, and what follows'),
  run: async (args, context) => {
    const { requireDeployment, unitsCalled } = await import('../current-deployment.js');
    const { showLog } = await import('../show-log.js');
    const deployment = await requireDeployment(args, context);
    const [unit] = unitsCalled(deployment, [args.name]);
    if (unit === undefined) throw new Error(`no unit for ${args.name}`);
    const source = deployment.sessions.of(deployment.deployed.manager).logs(unit);
    return showLog(unit.instance, source, { lines: args.lines, follow: args.follow }, context);
  },
});
