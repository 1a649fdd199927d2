import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../../state/file-errors.js';
import { readRegularFile } from '../../state/regular-file.js';
import { ActivationError } from '../../system/errors.js';

/** What is not there, or is no file or directory as expected, is no part of a layout. */
const orNothing = <Nothing>(nothing: Nothing) => {
  return (error: unknown): Nothing => {
    if (['ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP', 'ENXIO'].includes(errnoOf(error) ?? '')) return nothing;
    throw error;
  };
};

/** The sorted names in a directory of a tree; none when there is no such directory. */
export const namesIn = async (root: string, path: string): Promise<readonly string[]> =>
  (await readdir(join(root, path)).catch(orNothing([]))).sort();

/** The text of a regular file in a tree, links followed; null when there is none. Somebody else may have laid out the tree. */
export const textIn = async (root: string, path: string): Promise<string | null> => {
  try {
    return readRegularFile(join(root, path));
  } catch (error) {
    if (error instanceof ActivationError) return null;
    return orNothing(null)(error);
  }
};

/** Whether a path of a tree, links followed, leads to a directory. */
export const isDirectoryIn = (root: string, path: string): Promise<boolean> =>
  stat(join(root, path)).then((found) => found.isDirectory(), orNothing(false));

/** The files in a directory of a tree whose names a pattern matches, with their texts; directories are left out. */
export const filesIn = async (
  root: string,
  path: string,
  pattern: RegExp,
): Promise<readonly { readonly name: string; readonly text: string }[]> => {
  const names = (await namesIn(root, path)).filter((name) => pattern.test(name));
  const files = await Promise.all(names.map(async (name) => ({ name, text: await textIn(root, join(path, name)) })));
  return files.flatMap(({ name, text }) => (text === null ? [] : [{ name, text }]));
};
