import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const findPackageRoot = (directory: string): string => {
  if (existsSync(join(directory, 'nix', 'evaluate.nix'))) return directory;
  const parent = dirname(directory);
  if (parent === directory) throw new Error(`${fileURLToPath(import.meta.url)} is not inside the package any more`);
  return findPackageRoot(parent);
};

/** The directory that holds bin/, dist/ and nix/: the same for sources, the bundle and an installed package. */
export const packageRoot: string = findPackageRoot(dirname(fileURLToPath(import.meta.url)));
