import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdtempSync,
  renameSync,
  rmdirSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import type { Stats } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ActivationError } from '../system/errors.js';
import { errnoOf } from './file-errors.js';
import { openRegularFile, thingOf } from './regular-file.js';

/*
 * The same rules as in nix/nixproc/backends/guarded-files.sh, where the reasons are.
 */

/** Whether a user ID is that of the user whom a process runs as. */
export type IsUser = (uid: number) => Promise<boolean>;

const nobody: IsUser = () => Promise.resolve(false);

const ownId = (): number => process.geteuid?.() ?? 0;

const writableForOthers = 0o022;
const stickyBit = 0o1000;

interface Sharing {
  readonly owner: number;
  /** Only root, we, and the owner of a file can put something in the place of that file. */
  readonly isSticky: boolean;
}

/** Null for a directory that only root and we can write, and for one that is not there. */
const sharingOf = (directory: string): Sharing | null => {
  let stats: Stats;
  try {
    stats = statSync(directory);
  } catch {
    return null;
  }
  const { uid, mode } = stats;
  const isTrusted = uid === 0 || uid === ownId();
  if (isTrusted && (mode & writableForOthers) === 0) return null;
  return { owner: uid, isSticky: isTrusted && (mode & stickyBit) !== 0 };
};

const isTrusted = async (uid: number, isUser: IsUser): Promise<boolean> =>
  uid === 0 || uid === ownId() || (await isUser(uid));

const isFit = async (stats: Stats, { owner }: Sharing, isUser: IsUser): Promise<boolean> =>
  stats.isFile() && stats.nlink === 1 && (stats.uid === owner || (await isTrusted(stats.uid, isUser)));

/** Something at the place of one of our files, in a directory that others can write. */
export interface Obstacle {
  readonly path: string;
  /** "a pipe of user 1000". */
  readonly thing: string;
  /** Whether it may be taken away: we are root, and nobody who has a right to the place owns it. */
  readonly isRemovable: boolean;
}

/**
 * Looks what is at the place of a file that a process, or what starts it, is going to open. Follows and opens nothing.
 *
 * @returns null when nothing is in the way
 */
export const obstacleAt = async (path: string, isUser: IsUser): Promise<Obstacle | null> => {
  const sharing = sharingOf(dirname(path));
  if (sharing === null) return null;
  let stats: Stats;
  try {
    stats = lstatSync(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return null;
    throw error;
  }
  if (await isFit(stats, sharing, isUser)) return null;
  return {
    path,
    thing: `${thingOf(stats)} of user ${stats.uid}`,
    // A second name of a file is nobody's: whoever made it need not own the file.
    isRemovable: sharing.isSticky && ownId() === 0 && (stats.isFile() || !(await isTrusted(stats.uid, isUser))),
  };
};

/**
 * Takes away what {@link obstacleAt} has found, without following or entering it: a directory that is not empty is moved
 * aside.
 *
 * @returns where it was moved to; null when it is gone
 * @throws Error of Node
 */
export const takeAway = ({ path }: Obstacle): string | null => {
  try {
    unlinkSync(path);
    return null;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    if (errnoOf(error) !== 'EISDIR' && errnoOf(error) !== 'EPERM') throw error;
  }
  try {
    rmdirSync(path);
    return null;
  } catch (error) {
    if (errnoOf(error) !== 'ENOTEMPTY' && errnoOf(error) !== 'EEXIST') throw error;
  }
  const aside = mkdtempSync(`${path}.moved-`);
  renameSync(path, join(aside, basename(path)));
  return aside;
};

/** Opened: a descriptor, to be closed by the caller. Refused: why. */
export type Opened =
  | { readonly kind: 'opened'; readonly descriptor: number; readonly isShared: boolean }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'absent' };

/**
 * Opens a log or a PID file for reading: in a directory that others can write, only a file that its maker has a right to
 * have there, and no link.
 *
 * @param isUser default: it is nobody's but root's, ours and the directory's owner's
 */
export const openGuarded = async (path: string, isUser: IsUser = nobody): Promise<Opened> => {
  const sharing = sharingOf(dirname(path));
  try {
    const descriptor = openRegularFile(path, sharing === null ? 0 : constants.O_NOFOLLOW);
    const stats = fstatSync(descriptor);
    if (sharing === null || (await isFit(stats, sharing, isUser))) {
      return { kind: 'opened', descriptor, isShared: sharing !== null };
    }
    closeSync(descriptor);
    return { kind: 'refused', why: `${path} is ${thingOf(stats)} of user ${stats.uid}` };
  } catch (error) {
    if (error instanceof ActivationError) return { kind: 'refused', why: `${path}: ${error.why ?? ''}` };
    switch (errnoOf(error)) {
      case 'ELOOP':
      case 'EMLINK':
        return { kind: 'refused', why: `${path} is a link, in a directory that others can write` };
      // A pipe that nobody reads, and a socket.
      case 'ENXIO':
        return { kind: 'refused', why: `${path} is not a file` };
      case 'EACCES':
      case 'EPERM':
        return { kind: 'refused', why: `${path}: permission is denied` };
      default:
        return { kind: 'absent' };
    }
  }
};
