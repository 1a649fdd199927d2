import { availableParallelism } from 'node:os';
import { scriptRows } from '../script-rows.mjs';

export const disnix = {
  name: 'disnix',
  about: 'Switches of process scripts of Disnix, without Disnix, against a shell loop',
  rounds: 5,
  open: async (everything) => {
    const bench = { ...everything, count: everything.isSmall ? 10 : 60 };
    const { rows, figures } = await scriptRows(bench, {
      manager: 'disnix',
      directory: 'libexec/process',
      jobs: availableParallelism(),
    });
    return { isOrdered: true, rows, figures };
  },
};
