import { trivialDerivations } from '../trivial-derivations.mjs';

/** Building a profile, against the least that any program which does it with Nix has to do. */
export const build = {
  name: 'build',
  about: 'Build for systemd: web applications behind one proxy, packages realised before',
  rounds: 7,
  inMemory: true,
  isForCi: true,
  open: async ({ workshop, count, isSmall }) => {
    const { run, build: buildProfile, evaluationOf } = workshop;
    const model = { count, shape: 'proxy' };
    const evaluation = await evaluationOf('systemd', model);
    await buildProfile('systemd', model);
    // Three for each process, and three for all: as many as the reference makes.
    const derivations = 3 * (count + 1) + 3;
    const floor = (cost) => cost('evaluation').wall + cost('one new derivation').wall + cost('node -e 0').wall;
    return {
      rows: [
        { name: 'node -e 0', run: () => run(process.execPath, '-e', '0') },
        { name: 'evaluation', run: () => run(...evaluation) },
        { name: 'one new derivation', run: (round) => run(...trivialDerivations(1, `one-${round}`)) },
        { name: 'cold build', run: (round) => buildProfile('systemd', { ...model, salt: `cold-${round}` }) },
        { name: 'one changed', run: (round) => buildProfile('systemd', { ...model, change: `changed-${round}` }) },
        { name: 'nothing changed', run: () => buildProfile('systemd', model) },
        ...(isSmall
          ? []
          : [
              {
                name: `${derivations} derivations`,
                rounds: 2,
                run: (round) => run(...trivialDerivations(derivations, `many-${round}`)),
              },
            ]),
      ],
      figures: [
        { name: 'cold build / floor', of: (cost) => cost('cold build').wall / floor(cost), atMost: 2.5 },
        { name: 'one changed / floor', of: (cost) => cost('one changed').wall / floor(cost), atMost: 2 },
        ...(isSmall
          ? []
          : [
              {
                name: `${derivations} derivations / cold build`,
                of: (cost) => cost(`${derivations} derivations`).wall / cost('cold build').wall,
                atLeast: 35,
              },
            ]),
      ],
    };
  },
};
