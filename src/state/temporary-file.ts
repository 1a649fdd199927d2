import { writeFile } from 'node:fs/promises';
import { explainFileError } from './file-errors.js';

/**
 * Writes a file that only lives as long as a command.
 *
 * @throws ActivationError naming the file, and how to have it elsewhere
 */
export const writeTemporaryFile = async (path: string, text: string): Promise<void> => {
  try {
    await writeFile(path, text);
  } catch (error) {
    throw explainFileError(`The temporary file ${path} cannot be written`, error, 'TMPDIR');
  }
};
