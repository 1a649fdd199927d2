import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nixSet } from '../workshop.mjs';

/** A package set of many files, each with one package: what nixpkgs is, as far as importing goes. */
const writePackageSet = (directory, { hostPackages, files }) => {
  const topLevel = join(directory, 'pkgs/top-level');
  mkdirSync(topLevel, { recursive: true });
  const names = Array.from({ length: files }, (_, index) => `package${index}`);
  for (const name of names) {
    // As long as the files of nixpkgs are on average.
    writeFileSync(
      join(topLevel, `${name}.nix`),
      `{ }:\n{\n  size = 1;\n${Array.from({ length: 40 }, (_, line) => `  attribute${line} = "value ${line} of ${name}";\n`).join('')}}\n`,
    );
  }
  writeFileSync(
    join(topLevel, 'default.nix'),
    `{ ... }@args:
let
  packages = {
${names.map((name) => `    ${name} = import ./${name}.nix { };\n`).join('')}  };
in
import ${hostPackages} args
// packages
// { sizeOfAll = builtins.foldl' (sum: name: sum + packages.\${name}.size) 0 (builtins.attrNames packages); }
`,
  );
  writeFileSync(join(directory, 'default.nix'), 'args: import ./pkgs/top-level args\n');
};

/** What our shim and our import cost, against the same model without them. */
export const evaluation = {
  name: 'evaluation',
  about: 'Evaluation of a model with our shim, against the same without it',
  rounds: 7,
  isForCi: true,
  open: async ({ workshop, count, isSmall }) => {
    const { directory, installation, run, evaluationOf } = workshop;
    const many = isSmall ? 1000 : 3000;
    const hostPackages = join(installation, 'nix/host-packages');
    const packageSet = join(directory, 'package-set');
    writePackageSet(packageSet, { hostPackages, files: isSmall ? 1000 : 3000 });

    const plainly = (parameters) => [
      ...['nix-instantiate', '--eval', '--strict', '--json', '--read-write-mode'],
      join(directory, 'model/without-framework.nix'),
      ...['--arg', 'settings', `${nixSet(parameters).slice(0, -1)} pkgs = import ${hostPackages} { }; }`],
    ];
    const flat = { count: many };
    const reading = { count: 10, packageSet };
    const commands = {
      shim: await evaluationOf('systemd', flat),
      'arguments untouched': plainly(flat),
      'one import': await evaluationOf('systemd', { count }),
      'an import each': await evaluationOf('systemd', { count, importEach: true }),
      'package set, shim': await evaluationOf('systemd', reading),
      'package set, plain': plainly(reading),
    };
    const ratio = (name, one, other, atMost) => ({
      name,
      of: (cost) => cost(one).wall / cost(other).wall,
      atMost,
    });
    return {
      rows: Object.entries(commands).map(([name, argv]) => ({ name, run: () => run(...argv) })),
      figures: [
        ratio(`shim / arguments untouched, ${many}`, 'shim', 'arguments untouched', 1.5),
        ratio(`an import each / one import, ${count}`, 'an import each', 'one import', 1.3),
        ratio('package set of thousands of files, shim / plain', 'package set, shim', 'package set, plain', 1.3),
      ],
    };
  },
};
