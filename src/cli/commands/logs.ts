import { defineCommand } from '../command.js';
import { profileOption } from '../options.js';

export const logs = defineCommand({
  command: 'logs <name>',
  describe: 'Show what a process instance printed',
  builder: (yargs) =>
    yargs
      .positional('name', { type: 'string', demandOption: true, describe: 'An instance or a process name' })
      .options({
        ...profileOption,
        follow: { alias: 'f', type: 'boolean', default: false, describe: 'Go on as more is printed' },
        lines: { alias: 'n', type: 'number', default: 50, requiresArg: true, describe: 'How many of the last lines' },
      })
      .example('$0 logs webapp1', 'The last 50 lines')
      .example('$0 logs -f -n 10 webapp1', 'The last ten, and what follows'),
  run: async (args, context) => {
    const { requireDeployment, unitsCalled } = await import('../current-deployment.js');
    const { showLog } = await import('../show-log.js');
    const { wholeNumber } = await import('../settings.js');
    const deployment = await requireDeployment(args, context);
    const [unit] = unitsCalled(deployment, [args.name]);
    if (unit === undefined) throw new Error(`no unit for ${args.name}`);
    const lines = wholeNumber(args.lines, 'lines', 0, 50);
    const source = deployment.sessions.of(deployment.deployed.manager).logs(unit);
    return showLog(unit.instance, source, { lines, follow: args.follow }, context);
  },
});
