import { defineCommand, type StatusCode } from '../command.js';
import { jsonOption, profileOption } from '../options.js';

export const status = defineCommand({
  command: 'status [names..]',
  describe: 'Show what each process instance does; exit code 3 when one does not run, 4 when nothing is deployed',
  builder: (yargs) =>
    yargs
      .positional('names', { type: 'string', array: true, describe: 'Only these instances [all]' })
      .options({ ...profileOption, ...jsonOption })
      .example('$0 status', 'All instances')
      .example('$0 status --json webapp1', 'One instance, as data'),
  run: async (args, { print, colour, ...rest }) => {
    const context = { print, colour, ...rest };
    const { findDeployment, observe, unitsCalled } = await import('../current-deployment.js');
    const { formatTable, paint } = await import('../terminal.js');
    const { warnOfUnfinished } = await import('../unfinished.js');
    await warnOfUnfinished(args.profile, context);
    const deployment = await findDeployment(args, context);
    if (deployment === null) {
      if (args.json === true) print('[]\n');
      else context.log.info('nothing is deployed');
      return 4 satisfies StatusCode;
    }
    const names = (args.names ?? []).map(String);
    const selected = new Set(names.length === 0 ? deployment.deployed.profile.units : unitsCalled(deployment, names));
    const session = deployment.sessions.of(deployment.deployed.manager);
    const observed = (await observe(deployment)).filter(({ unit }) => selected.has(unit));
    if (args.json === true) {
      const rows = observed.map(({ manager, unit, observation: { state, pid, since, detail } }) => ({
        instance: unit.instance,
        name: unit.name,
        manager,
        state,
        pid,
        since: since === null ? null : new Date(since).toISOString(),
        detail,
        port: unit.port,
      }));
      print(`${JSON.stringify(rows, null, 2)}\n`);
    } else {
      const table = formatTable([
        ['INSTANCE', 'MANAGER', 'STATE', 'PID', 'SINCE', ''],
        ...observed.map(({ manager, unit, observation: { state, pid, since, detail } }) => [
          unit.instance,
          manager,
          state,
          pid === null ? '-' : String(pid),
          since === null ? '-' : new Date(since).toISOString(),
          detail ?? '',
        ]),
      ]);
      print(
        table
          .replace(/ (running|starting) /g, (text) => paint(text, 'green', colour))
          .replace(/ (failed|absent) /g, (text) => paint(text, 'red', colour)),
      );
    }
    const allUp = observed.every(
      ({ unit, observation: { state } }) => state === 'running' || session.isWanted?.(unit) === false,
    );
    return (allUp ? 0 : 3) satisfies StatusCode;
  },
});
