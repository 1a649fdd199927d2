import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ActivationError } from '../../../system/errors.js';
import type { Run } from '../../../system/ports.js';
import type { LayerEntry } from './layer.js';

/** A tree of the Nix store as entries of a layer; files are executable for all or for nobody. */
const treeEntries = async (source: string, path: string, directoryMode: number): Promise<readonly LayerEntry[]> => {
  const status = await lstat(source);
  if (status.isSymbolicLink()) return [{ kind: 'link', path, target: await readlink(source) }];
  if (status.isDirectory()) {
    const names = (await readdir(source)).sort();
    const below = await Promise.all(
      names.map((name) => treeEntries(join(source, name), path === '' ? name : `${path}/${name}`, directoryMode)),
    );
    return [...(path === '' ? [] : [{ kind: 'directory' as const, path, mode: directoryMode }]), ...below.flat()];
  }
  return [{ kind: 'copy', path, source, size: status.size, executable: (status.mode & 0o111) !== 0 }];
};

/** Everything that packages need, themselves included. */
const closureOf = async (packages: readonly string[], run: Run): Promise<readonly string[]> => {
  const { exitCode, stdout, stderr } = await run({ file: 'nix-store', args: ['--query', '--requisites', ...packages] });
  if (exitCode === 0) return stdout.split('\n').filter(Boolean).sort();
  throw new ActivationError({ what: 'Nix does not know what the contents of an image need', why: stderr.trim() });
};

/**
 * The files of packages in the root directory of an image, and the packages with all they need below the store's
 * directory. Of two packages with the same file the later one has it.
 *
 * @throws ActivationError when the packages are no store paths
 */
export const contentsEntries = async (contents: readonly string[], run: Run): Promise<readonly LayerEntry[]> => {
  if (contents.length === 0) return [];
  const entries = new Map<string, LayerEntry>();
  const add = (some: readonly LayerEntry[]): void => {
    for (const entry of some) entries.set(entry.path, entry);
  };
  for (const path of await closureOf(contents, run)) add(await treeEntries(path, path.slice(1), 0o555));
  for (const path of contents) add(await treeEntries(path, '', 0o755));
  return [...entries.values()];
};
