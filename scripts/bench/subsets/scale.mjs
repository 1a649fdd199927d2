const counts = [1, 10, 100, 300, 1000, 3000];

/** How time and memory grow with the number of processes. */
export const scale = {
  name: 'scale',
  about: 'Cold builds for systemd of more and more processes behind one proxy, and of a chain',
  rounds: 3,
  inMemory: true,
  open: async ({ workshop, isSmall }) => {
    const { run, build, evaluationOf } = workshop;
    const sizes = isSmall ? counts.filter((count) => count <= 300) : counts;
    const largest = sizes.at(-1);
    const chain = isSmall ? 100 : 1000;
    for (const count of sizes) await build('systemd', { count, shape: 'proxy' });
    const evaluation = await evaluationOf('systemd', { count: largest, shape: 'proxy' });
    return {
      rows: [
        ...sizes.map((count) => ({
          name: `${count} behind a proxy`,
          run: (round) => build('systemd', { count, shape: 'proxy', salt: `scale-${round}` }),
        })),
        { name: `${largest}, evaluation alone`, run: () => run(...evaluation) },
        {
          name: `flat ${chain}`,
          run: (round) => build('systemd', { count: chain, salt: `scale-${round}` }),
        },
        {
          name: `a chain of ${chain}`,
          run: (round) => build('systemd', { count: chain, shape: 'chain', salt: `scale-${round}` }),
        },
      ],
      figures: [
        {
          name: `time of ${largest} / 100`,
          of: (cost) => cost(`${largest} behind a proxy`).wall / cost('100 behind a proxy').wall,
          atMost: 8,
        },
        {
          name: `peak memory of a process at ${largest}`,
          unit: 'MB',
          of: (cost) => cost(`${largest} behind a proxy`).peak,
          atMost: 200,
        },
        {
          name: `a chain of ${chain} / flat`,
          of: (cost) => cost(`a chain of ${chain}`).wall / cost(`flat ${chain}`).wall,
          atMost: 2,
        },
        {
          name: `peak memory of Nix at ${largest}`,
          unit: 'MB',
          of: (cost) => cost(`${largest}, evaluation alone`).peak,
          atMost: 200,
        },
      ],
    };
  },
};
