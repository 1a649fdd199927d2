import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The files and links below a directory, as sorted relative paths; links to directories are not followed. */
export const listTree = async (root: string): Promise<readonly string[]> => {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
};
