import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { toStableJson, type Json } from '../system/json.js';
import { explainFileError } from './file-errors.js';
import { temporaryBeside } from './temporary-names.js';

/** Makes the names in a directory survive a power cut. */
export const syncDirectory = async (directory: string): Promise<void> => {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/**
 * Replaces a file as a whole: after a crash or a power cut it has either its old content or the new one. A reader never
 * sees a part of it. A symbolic link at `path` is replaced, not followed.
 *
 * @param mode permission bits of the new file, regardless of the umask; default 0644
 * @throws ActivationError naming the path when it cannot be written; the old content is then untouched
 */
export const writeTextAtomically = async (path: string, text: string, mode = 0o644): Promise<void> => {
  // The same directory, because rename() is atomic only within one file system.
  const temporary = temporaryBeside(path);
  try {
    const handle = await open(temporary, 'wx', mode);
    try {
      await handle.writeFile(text);
      await handle.chmod(mode);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
    await syncDirectory(dirname(path));
  } catch (error) {
    // The first failure is the one to tell.
    await rm(temporary, { force: true }).catch(() => undefined);
    throw explainFileError(`The file ${path} cannot be written`, error);
  }
};

/** Replaces a JSON file as {@link writeTextAtomically} does; sorted keys and one final newline. */
export const writeJsonAtomically = (path: string, value: Json, mode?: number): Promise<void> =>
  writeTextAtomically(path, `${toStableJson(value)}\n`, mode);
