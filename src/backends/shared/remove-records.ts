import { rm, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { explainFileError } from '../../state/file-errors.js';
import { checkRecordDirectories } from './own-directory.js';

/**
 * Removes records that scripts keep of their services, and the directories that are empty then.
 *
 * @throws ManagerUnavailableError as checkRecordDirectories, before anything is removed; ActivationError
 */
export const removeRecords = async (files: readonly string[]): Promise<void> => {
  checkRecordDirectories(files);
  for (const file of files) {
    try {
      await rm(file, { force: true });
    } catch (error) {
      throw explainFileError(`The record ${file} cannot be removed`, error);
    }
    // Not empty: somebody's record is still there.
    await rmdir(dirname(file)).catch(() => undefined);
  }
};
