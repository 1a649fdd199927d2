import { accessSync, constants, lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import { UsageError } from '../system/errors.js';

const isForbidden = (directory: string): boolean => {
  try {
    accessSync(directory, constants.W_OK);
    return false;
  } catch {
    return true;
  }
};

const isInTheWay = (path: string): boolean => {
  try {
    return !lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
};

/**
 * Finds out before a long build whether its result can be linked at a path.
 *
 * @param path absolute
 * @throws UsageError when it cannot
 */
export const requireLinkable = (path: string): void => {
  const why = isForbidden(dirname(path))
    ? `The directory ${dirname(path)} is not there, or you may not write to it`
    : isInTheWay(path)
      ? 'Something that is no link is there already'
      : null;
  if (why === null) return;
  throw new UsageError({
    what: `The link ${path} to the profile cannot be made`,
    why,
    fix: 'Choose another place with -o, or make no link: --no-out-link',
  });
};
