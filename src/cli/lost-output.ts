import { exitCodes } from '../system/errors.js';
import { errnoOf } from '../state/file-errors.js';

const isLost = (error: unknown): boolean => ['EPIPE', 'EIO'].includes(errnoOf(error) ?? '');

/**
 * Lets the command go on when nobody reads what it says any more: the pipe is closed (EPIPE), or the terminal is gone
 * (EIO). A switch must not end for that, nor for a disk that is too full for its log. A result that could not be written
 * is a failure in the end.
 */
export const ignoreLostOutput = (): void => {
  process.stderr.on('error', () => undefined);
  process.stdout.on('error', (error: Error) => {
    if (isLost(error)) return;
    process.stderr.write(`error: The output cannot be written\n       ${error.message}\n`);
    process.once('exit', () => {
      if ((process.exitCode ?? 0) === 0) process.exitCode = exitCodes.usage;
    });
  });
};
