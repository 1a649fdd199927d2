import { lstatSync, mkdirSync, statSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { errnoOf, explainFileError } from '../../state/file-errors.js';
import { ManagerUnavailableError } from '../../system/errors.js';

/** Whom a directory may belong to: us alone, or root as well. */
type Owner = 'self' | 'self or root';

const othersWrite = 'Others may write there';

const foreignBecause = (stats: Stats, owner: Owner): string | null => {
  const self = process.geteuid?.() ?? 0;
  if (stats.isSymbolicLink()) return 'It is a symbolic link, which whoever made it can have lead anywhere';
  if (!stats.isDirectory()) return 'It is no directory';
  if (stats.uid !== self && !(owner === 'self or root' && stats.uid === 0)) {
    return `It belongs to somebody else (uid ${stats.uid})`;
  }
  return (stats.mode & 0o022) === 0 ? null : othersWrite;
};

const lstatOf = (path: string): Stats | null => {
  try {
    return lstatSync(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw explainFileError(`The directory ${path} cannot be examined`, error, '--runtime-dir');
  }
};

/**
 * Whether a directory that only we may write to is there. Who else could write there could have us believe what stands in
 * its files, run programs as us, or remove files elsewhere: so it is asked before anything in it is read, called or removed.
 *
 * @param holds what is kept there ("the configuration of supervisord"), for the message
 * @param owner default: `self`
 * @throws ManagerUnavailableError when something else is there: a link, somebody else's, or writable for others
 */
export const isOwnDirectory = (path: string, holds: string, owner: Owner = 'self'): boolean => {
  const stats = lstatOf(path);
  if (stats === null) return false;
  const why = foreignBecause(stats, owner);
  if (why === null) return true;
  throw new ManagerUnavailableError({
    what: `${path} cannot hold ${holds}`,
    why,
    fix:
      why === othersWrite
        ? `Remove it, or take that right away if nobody has used it (chmod go-w ${path}); or choose another directory (--runtime-dir or --state-dir)`
        : 'Remove it, choose another directory (--runtime-dir or --state-dir), or run the command as its owner',
  });
};

/** Where managers that we start for a profile have their files. */
export const profileDirectory = (runtimeDir: string, profileName: string): string =>
  join(runtimeDir, 'nix-processmgmt-ts', profileName);

/** Where others may write, each must at least be kept from renaming what is not theirs. */
const checkSurroundings = (directory: string, holds: string): void => {
  const stats = statSync(directory, { throwIfNoEntry: false });
  if (stats === undefined || (stats.mode & 0o1002) !== 0o0002) return;
  throw new ManagerUnavailableError({
    what: `${directory} cannot hold ${holds}`,
    why: 'Everybody may put other directories in the place of those in it',
    fix: `Take that right away (chmod o-w ${directory}, or chmod +t), or choose another directory (--runtime-dir or --state-dir)`,
  });
};

/**
 * As isOwnDirectory, of a directory that {@link profileDirectory} names, and of the one around it that profiles share.
 *
 * @throws ManagerUnavailableError
 */
export const hasProfileDirectory = (directory: string, holds: string): boolean => {
  const shared = dirname(directory);
  if (!isOwnDirectory(shared, holds, 'self or root') || !isOwnDirectory(directory, holds)) return false;
  checkSurroundings(dirname(shared), holds);
  return true;
};

/**
 * Makes the directory of a profile, and the one around it.
 *
 * @param mode permission bits
 * @throws ManagerUnavailableError when something else is there; ActivationError when they cannot be made
 */
export const makeProfileDirectory = (directory: string, holds: string, mode: number): void => {
  for (const [path, bits] of [
    [dirname(directory), 0o755],
    [directory, mode],
  ] as const) {
    try {
      mkdirSync(path, { recursive: true, mode: bits });
    } catch (error) {
      // What is in the way is looked at below.
      if (errnoOf(error) !== 'EEXIST') {
        throw explainFileError(`The directory ${path} cannot be made`, error, '--runtime-dir');
      }
    }
  }
  hasProfileDirectory(directory, holds);
};

const recordsOfServices = 'records of services';

/**
 * Looks at the directories of records that services' scripts keep: records are believed, replaced and removed.
 *
 * @param files the records
 * @throws ManagerUnavailableError when one of the directories is a link, somebody else's, or writable for others
 */
export const checkRecordDirectories = (files: readonly string[]): void => {
  for (const directory of new Set(files.map((file) => dirname(file)))) {
    if (isOwnDirectory(directory, recordsOfServices, 'self or root')) {
      checkSurroundings(dirname(directory), recordsOfServices);
    }
  }
};

/** As {@link checkRecordDirectories}, of the directory of one record: whether it may be believed and removed. */
export const isOwnRecord = (file: string): boolean => {
  try {
    checkRecordDirectories([file]);
    return true;
  } catch (error) {
    if (error instanceof ManagerUnavailableError) return false;
    throw error;
  }
};
