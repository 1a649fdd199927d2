import { repository } from '../../setup.mjs';
import { bootSystemd, whyNoSystemd } from '../systemd-namespace.mjs';

/** How the time of a switch that finds nothing to do grows with the number of processes. */
export const growth = {
  name: 'growth',
  about: 'Unchanged switches of few and of very many processes under systemd',
  rounds: 5,
  cannotRun: whyNoSystemd,
  open: async ({ workshop, isSmall }) => {
    const { enter, dispose } = await bootSystemd(repository, workshop.directory);
    const switchOf = (count) =>
      workshop.run(
        ...enter,
        ...workshop.tool,
        ...['switch', '--profile', `of-${count}`],
        ...workshop.modelOptions('systemd', { count, prefix: `of-${count}-` }),
      );
    const few = 100;
    const many = isSmall ? 300 : 3000;
    await switchOf(few);
    await switchOf(many);
    const row = (count) => `${count} unchanged`;
    return {
      rows: [few, many].map((count) => ({ name: row(count), run: () => switchOf(count) })),
      figures: [
        {
          name: `time of ${many} / ${few}`,
          of: (cost) => cost(row(many)).wall / cost(row(few)).wall,
          atMost: 8,
        },
        {
          name: `peak memory of a process at ${many}`,
          unit: 'MB',
          of: (cost) => cost(row(many)).peak,
          atMost: 200,
        },
      ],
      close: dispose,
    };
  },
};
