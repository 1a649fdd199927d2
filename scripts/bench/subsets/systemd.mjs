import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../../setup.mjs';
import { changedProcess, lifeOfADeployment } from '../life-of-a-deployment.mjs';
import { inTurn } from '../measure.mjs';
import { bootSystemd, whyNoSystemd } from '../systemd-namespace.mjs';

const unitDirectory = 'etc/systemd/system';
/** One that systemd reads, and nobody else uses in the namespace. */
const ownDirectory = '/run/systemd/system';

export const systemd = {
  name: 'systemd',
  about: 'Switches of units under systemd, against systemctl',
  rounds: 5,
  cannotRun: whyNoSystemd,
  open: async (bench) => {
    const { workshop, count } = bench;
    const { enter, mustRun, dispose } = await bootSystemd(repository, workshop.directory);
    const inside = (...argv) => workshop.run(...enter, ...argv);
    const profile = (await workshop.build('systemd', { count })).stdout.trim();
    const units = readdirSync(join(profile, unitDirectory));
    const life = await lifeOfADeployment(bench, {
      manager: 'systemd',
      enter,
      profile,
      query: () => inside('systemctl', 'list-units', '--all', '--plain', '--no-legend', '--full'),
      restartOne: async () =>
        inTurn([
          await inside('systemctl', 'daemon-reload'),
          await inside('systemctl', 'restart', `nix-process-${changedProcess}.service`),
        ]),
    });
    return {
      isOrdered: true,
      rows: [
        {
          name: 'daemon-reload, systemctl start',
          run: async () => {
            await mustRun('ln', '-s', '-t', ownDirectory, ...units.map((unit) => join(profile, unitDirectory, unit)));
            return inTurn([await inside('systemctl', 'daemon-reload'), await inside('systemctl', 'start', ...units)]);
          },
        },
        {
          name: 'systemctl stop, daemon-reload',
          run: async () => {
            const stop = await inside('systemctl', 'stop', ...units);
            await mustRun('rm', ...units.map((unit) => join(ownDirectory, unit)));
            return inTurn([stop, await inside('systemctl', 'daemon-reload')]);
          },
        },
        ...life.rows,
      ],
      figures: [
        ...life.figures,
        {
          name: 'all new / daemon-reload, start',
          of: (cost) => cost('switch, all new').wall / cost('daemon-reload, systemctl start').wall,
          atMost: 1.3,
        },
        {
          name: 'undeploy / stop, daemon-reload',
          of: (cost) => cost('undeploy').wall / cost('systemctl stop, daemon-reload').wall,
          atMost: 1.3,
        },
      ],
      close: dispose,
    };
  },
};
