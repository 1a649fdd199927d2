import { availableParallelism } from 'node:os';
import { lifeOfADeployment } from '../life-of-a-deployment.mjs';

const cores = availableParallelism();

/** Scripts are run by this program alone: there is no manager to compare it with. */
export const sysvinit = {
  name: 'sysvinit',
  about: 'Switches of sysvinit scripts, one at a time against as many as there are cores',
  rounds: 5,
  isForCi: true,
  open: async (everything) => {
    // One at a time, as many as elsewhere take minutes.
    const bench = { ...everything, count: everything.isSmall ? 10 : 60 };
    const { workshop, count } = bench;
    const profile = (await workshop.build('sysvinit', { count })).stdout.trim();
    const life = await lifeOfADeployment(bench, { manager: 'sysvinit', profile, options: ['--jobs', String(cores)] });
    const scaling = (name, one, several) => ({
      name,
      of: (cost) => cost(one).wall / cost(several).wall,
      atLeast: 0.8 * cores,
    });
    return {
      isOrdered: true,
      rows: [
        { name: 'switch --jobs 1, all new', run: () => workshop.runTool('switch', '--jobs', '1', profile) },
        { name: 'undeploy --jobs 1', run: () => workshop.runTool('undeploy', '--jobs', '1') },
        ...life.rows,
      ],
      figures: [
        ...life.figures,
        scaling(`starts, one at a time / ${cores} at once`, 'switch --jobs 1, all new', 'switch, all new'),
        scaling(`stops, one at a time / ${cores} at once`, 'undeploy --jobs 1', 'undeploy'),
      ],
    };
  },
};
