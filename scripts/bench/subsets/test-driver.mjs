import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inTurn } from '../measure.mjs';

const fixtures = fileURLToPath(new URL('../../../fixtures', import.meta.url));

/** Under which managers a deployment is compared with one in a machine: those that need nothing of the machine outside. */
const compared = ['sysvinit', 'disnix', 'supervisord'];
/** Docker's is apart, since most of its time is the engine's. s6-rc is not tried where it is not on PATH. */
const all = ['sysvinit', 'disnix', 'supervisord', 'systemd', 's6-rc'];
/** Ports of deployments outside of machines, beside those of whoever else works here. */
const portOffset = 3000;

/** Test suites in machines of their own, against the same deployments without. */
export const testDriver = {
  name: 'testdriver',
  about: 'The suite of the web applications, in machines of its own, against plain switches',
  rounds: 3,
  cannotRun: () => (process.getuid() === 0 ? null : 'all managers and profiles need root'),
  open: async ({ workshop }) => {
    const { run, runTool, tool, directory } = workshop;
    const test = (...args) =>
      // Programs may be where only the caller's PATH leads.
      run('env', `PATH=${process.env.PATH}`, ...tool, 'test', '--host-packages', ...args, join(fixtures, 'tests'));
    /** Switches under each of the managers, from nothing; to take it away again does not count. */
    const deployAll = async () => {
      const costs = [];
      for (const manager of compared) {
        costs.push(
          await runTool(
            ...['switch', '-P', manager, '--host-packages', '--force-disable-user-change'],
            ...['--state-dir', join(directory, 'state'), '--settle', '0'],
            ...['--extra-params', `{ portOffset = ${portOffset}; }`, join(fixtures, 'webapps/processes.nix')],
          ),
        );
        await runTool('undeploy');
      }
      return inTurn(costs);
    };
    const testAll = async () => {
      const costs = [];
      for (const manager of compared) costs.push(await test('-A', `webapps.unprivileged.${manager}`));
      return inTurn(costs);
    };
    /** As suites are mostly run: all is evaluated and built at once. Still one machine at a time, as the switches. */
    const testTogether = () =>
      test('--jobs', '1', '-A', 'webapps', '-p', 'unprivileged', ...compared.flatMap((name) => ['-P', name]));
    return {
      rows: [
        { name: 'all variants', run: () => test('-A', 'webapps', ...all.flatMap((name) => ['-P', name])) },
        { name: 'three variants, a command each', run: testAll },
        { name: 'three variants, one command', run: testTogether },
        { name: 'three switches, one at a time', run: deployAll },
      ],
      figures: [
        { name: 'all variants', of: (cost) => cost('all variants').wall, unit: 's', atMost: 60 },
        {
          name: 'three variants, one command / three switches',
          of: (cost) => cost('three variants, one command').wall / cost('three switches, one at a time').wall,
          atMost: 1.3,
        },
        {
          name: 'three variants, a command each / three switches',
          of: (cost) => cost('three variants, a command each').wall / cost('three switches, one at a time').wall,
          atMost: 1.3,
        },
      ],
    };
  },
};
