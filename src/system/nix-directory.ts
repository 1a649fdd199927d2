import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const find = (directory: string): string => {
  // The renderer lies in it; everything else lies beside it.
  const found = [directory, join(directory, 'nix')].find((candidate) => existsSync(join(candidate, 'evaluate.nix')));
  if (found !== undefined) return found;
  const parent = dirname(directory);
  if (parent === directory) throw new Error(`${fileURLToPath(import.meta.url)} is not inside the package any more`);
  return find(parent);
};

/** The directory of our Nix expressions: the same for sources, the bundle, an installed package and the renderer. */
export const nixDirectory: string = find(dirname(fileURLToPath(import.meta.url)));
