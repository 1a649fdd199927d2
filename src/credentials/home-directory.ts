import { chmod, chown, lstat, mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoOf, explainFileError } from '../state/file-errors.js';
import { temporaryBeside } from '../state/temporary-names.js';

/** @throws ActivationError when it cannot be seen whether there is something */
export const pathExists = async (path: string): Promise<boolean> => {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw explainFileError(`The home directory ${path} cannot be examined`, error);
  }
};

/**
 * Makes a home directory with mode 0755, and its missing parents. It comes into being with its owner: an interrupted run
 * leaves none that belongs to somebody else.
 *
 * @param owner null for the caller
 * @throws ActivationError naming the path
 */
export const createHomeDirectory = async (
  path: string,
  owner: { readonly uid: number; readonly gid: number } | null,
): Promise<void> => {
  const unfinished = temporaryBeside(path);
  try {
    await mkdir(dirname(path), { recursive: true });
    await mkdir(unfinished);
    try {
      if (owner !== null) await chown(unfinished, owner.uid, owner.gid);
      await chmod(unfinished, 0o755);
      await rename(unfinished, path);
    } catch (error) {
      await rm(unfinished, { recursive: true, force: true });
      throw error;
    }
  } catch (error) {
    throw explainFileError(`The home directory ${path} cannot be made`, error);
  }
};
