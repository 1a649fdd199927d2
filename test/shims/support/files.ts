import { lstat, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { listTree } from '../../../src/profile/list-tree.js';

/**
 * Every file and link below a directory of the store with what is in it, or where it leads. The directory's own path,
 * which texts may mention, is left out of them.
 */
export const filesOf = async (root: string): Promise<ReadonlyMap<string, string>> =>
  new Map(
    await Promise.all(
      (await listTree(root)).map(async (path): Promise<[string, string]> => {
        const file = join(root, path);
        const stats = await lstat(file);
        const text = stats.isSymbolicLink()
          ? `-> ${await readlink(file)}`
          : `${(stats.mode & 0o777).toString(8)} ${await readFile(file, 'utf8')}`;
        return [path, text.replaceAll(root, '$out')];
      }),
    ),
  );
