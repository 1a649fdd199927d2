import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';
import { ActivationError } from '../system/errors.js';

/** What is at a path, for people. */
export const thingOf = (stats: Stats): string => {
  if (stats.isFile()) return stats.nlink === 1 ? 'a file' : 'a file with several names';
  if (stats.isDirectory()) return 'a directory';
  if (stats.isSymbolicLink()) return 'a link';
  if (stats.isFIFO()) return 'a pipe';
  return stats.isSocket() ? 'a socket' : 'a device';
};

/**
 * Opens a file for reading, and nothing else: whoever opens a pipe waits, and nothing ends that.
 *
 * @param flags further ones of open(2)
 * @returns the descriptor, to be closed by the caller
 * @throws Error of Node when it cannot be opened; ActivationError when it is no file
 */
export const openRegularFile = (path: string, flags = 0): number => {
  // A device may be a terminal, which would become ours.
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY | flags);
  const stats = fstatSync(descriptor);
  if (stats.isFile()) return descriptor;
  closeSync(descriptor);
  throw new ActivationError({
    what: `${path} cannot be read`,
    why: `It is ${thingOf(stats)}, not a file`,
    fix: 'Find out what made it, and move it away',
  });
};

/** Reads a file that is ours to write. @throws as {@link openRegularFile} */
export const readRegularFile = (path: string, flags?: number): string => {
  const descriptor = openRegularFile(path, flags);
  try {
    return readFileSync(descriptor, 'utf8');
  } finally {
    closeSync(descriptor);
  }
};
