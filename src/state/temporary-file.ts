import { writeFileSync } from 'node:fs';
import { explainFileError } from './file-errors.js';

/**
 * Writes a file that only lives as long as a command. Nothing else is done meanwhile: handing it to another thread would
 * take longer than writing it.
 *
 * @throws ActivationError naming the file, and how to have it elsewhere
 */
export const writeTemporaryFile = (path: string, text: string): void => {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw explainFileError(`The temporary file ${path} cannot be written`, error, 'TMPDIR');
  }
};
