import { availableParallelism } from 'node:os';
import { scriptRows } from '../script-rows.mjs';

const cores = availableParallelism();

export const sysvinit = {
  name: 'sysvinit',
  about: 'Switches of sysvinit scripts, one at a time against as many as there are cores, and against a shell loop',
  rounds: 5,
  isForCi: true,
  open: async (everything) => {
    // One at a time, as many as elsewhere take minutes.
    const bench = { ...everything, count: everything.isSmall ? 10 : 60 };
    const { rows, figures } = await scriptRows(bench, {
      manager: 'sysvinit',
      directory: 'etc/rc.d/init.d',
      jobs: cores,
    });
    const scaling = (name, one, several) => ({
      name,
      of: (cost) => cost(one).wall / cost(several).wall,
      atLeast: 0.8 * cores,
    });
    return {
      isOrdered: true,
      rows,
      figures: [
        ...figures,
        scaling(`starts, one at a time / ${cores} at once`, 'switch --jobs 1, all new', 'switch, all new'),
        scaling(`stops, one at a time / ${cores} at once`, 'undeploy --jobs 1', 'undeploy'),
      ],
    };
  },
};
