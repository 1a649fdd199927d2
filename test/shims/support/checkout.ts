import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { RunResult } from '../../../src/system/ports.js';
import { createEvaluator, type Evaluator } from '../../evaluate/support/evaluation.js';
import { repository } from '../../support/repository.js';

/** Our directory that stands for the framework's root. */
export const nixDirectory = join(repository, 'nix');

/** The fixture models where everything that they import is there, so that Nix can do without our command. */
export interface Checkout {
  readonly evaluator: Evaluator;
  /** Where the fixture models are. */
  readonly fixtures: string;
  /** A path that stands for the framework's root in these models. */
  readonly framework: string;
  /** Builds what an expression (Nix text) gives, without our command. Returns store paths; throws what Nix said. */
  readonly build: (expression: string) => Promise<readonly string[]>;
  /** Runs a command of Nix on it. */
  readonly nix: (file: string, ...args: readonly string[]) => Promise<RunResult>;
  readonly remove: () => Promise<void>;
}

export const createCheckout = async (): Promise<Checkout> => {
  // Packages are links to programs of this machine, which a sandbox would hide.
  const evaluator = await createEvaluator('sandbox = false\nbuild-users-group =\nsubstitute = false');
  const { directory } = evaluator;
  const fixtures = join(directory, 'models', 'fixtures');
  const framework = join(directory, 'nix-processmgmt');
  await cp(join(repository, 'fixtures'), fixtures, { recursive: true });
  await symlink(nixDirectory, framework);
  await symlink(nixDirectory, join(fixtures, 'imports', 'nowhere'));
  await cp(nixDirectory, join(fixtures, 'imports', 'checkout'), { recursive: true });
  await mkdir(join(directory, 'work'));

  const nix: Checkout['nix'] = (file, ...args) =>
    evaluator.run({
      file,
      args,
      cwd: join(directory, 'work'),
      env: {
        PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
        NIX_PATH: `nixpkgs=${join(nixDirectory, 'host-packages')}:nix-processmgmt=${framework}`,
      },
    });
  return {
    evaluator,
    fixtures,
    framework,
    nix,
    build: async (expression) => {
      // A program takes an argument of limited length.
      const file = join(directory, 'work', 'expression.nix');
      await writeFile(file, expression);
      const { exitCode, stdout, stderr } = await nix('nix-build', '--no-out-link', file);
      if (exitCode !== 0) throw new Error(stderr);
      return stdout.trim().split('\n');
    },
    remove: evaluator.remove,
  };
};
