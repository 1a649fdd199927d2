import { errnoOf } from '../state/file-errors.js';

/**
 * Lets the command go on when nobody reads what it says any more: the pipe is closed (EPIPE), or the terminal is gone
 * (EIO). A switch must not end for that.
 */
export const ignoreLostOutput = (): void => {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error) => {
      if (!['EPIPE', 'EIO'].includes(errnoOf(error) ?? '')) throw error;
    });
  }
};
