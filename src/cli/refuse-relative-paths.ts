import { UsageError } from '../system/errors.js';

/**
 * To be called when the working directory is gone and all that asks for it needlessly is loaded: from now on, whoever
 * resolves a relative path fails with a UsageError. Other commands work.
 */
export const refuseRelativePaths = (): void => {
  process.cwd = () => {
    throw new UsageError({
      what: 'The working directory no longer exists',
      why: 'It was deleted; a relative path, or a file that is made in the working directory, is meant from there',
      fix: 'Go to a directory that exists, with cd, or write absolute paths',
    });
  };
};
