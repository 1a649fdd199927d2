import { access, constants, lstat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UsageError } from '../system/errors.js';

const isForbidden = (directory: string): Promise<boolean> =>
  access(directory, constants.W_OK).then(
    () => false,
    () => true,
  );

const isInTheWay = (path: string): Promise<boolean> =>
  lstat(path).then(
    (stats) => !stats.isSymbolicLink(),
    () => false,
  );

/**
 * Finds out before a long build whether its result can be linked at a path.
 *
 * @param path absolute
 * @throws UsageError when it cannot
 */
export const requireLinkable = async (path: string): Promise<void> => {
  const why = (await isForbidden(dirname(path)))
    ? `The directory ${dirname(path)} is not there, or you may not write to it`
    : (await isInTheWay(path))
      ? 'Something that is no link is there already'
      : null;
  if (why === null) return;
  throw new UsageError({
    what: `The link ${path} to the profile cannot be made`,
    why,
    fix: 'Choose another place with -o, or make no link: --no-out-link',
  });
};
