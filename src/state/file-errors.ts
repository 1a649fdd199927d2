import { lstatSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { ActivationError } from '../system/errors.js';

/** The code of a failed system call ("ENOENT"), or undefined for any other error. */
export const errnoOf = (error: unknown): string | undefined =>
  typeof error === 'object' && error !== null && 'code' in error && 'syscall' in error && typeof error.code === 'string'
    ? error.code
    : undefined;

/** What keeps us from writing into a directory of our own that can be read all the same. */
const noPlace: readonly (string | undefined)[] = ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM', 'EIO', 'EMLINK'];

/** Who a directory belongs to, or what of the way to it is there. */
const ownerOf = (directory: string): number => {
  try {
    return lstatSync(directory).uid;
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    return ownerOf(dirname(directory));
  }
};

/**
 * Whether a failure means that nothing can be written into a directory at present: no room, a file system that is read-only
 * or damaged, a right that we took away ourselves. In a directory of somebody else, it means that we may not.
 */
export const hasNoPlaceFor = (directory: string, error: unknown): boolean => {
  if (!noPlace.includes(errnoOf(error))) return false;
  const self = process.geteuid?.();
  return self === 0 || ownerOf(directory) === self;
};

/** What the user can do besides: choose another place, when there is a way to. */
const orElsewhere = (choice: string | undefined): string =>
  choice === undefined ? '' : `, or choose another place (${choice})`;

const advice: Readonly<Record<string, { readonly why: string; readonly fix: (choice?: string) => string }>> = {
  EACCES: {
    why: 'Permission is denied',
    fix: (choice) => `Run the command as a user who may do that${orElsewhere(choice)}`,
  },
  EPERM: {
    why: 'The operation is not permitted',
    fix: () => 'Run the command as the owner of that path, and check that its file system allows the operation',
  },
  EROFS: {
    why: 'The file system is mounted read-only',
    fix: (choice) => `Mount it writable${orElsewhere(choice)}`,
  },
  ENOENT: {
    why: 'It, or a directory on the way to it, does not exist',
    fix: (choice) => `Make it${orElsewhere(choice)}`,
  },
  ENOSPC: {
    why: 'No space is left on the device',
    fix: (choice) => `Free some space (or inodes) on that file system${orElsewhere(choice)}, then repeat`,
  },
  EDQUOT: { why: 'The disk quota is used up', fix: () => 'Free some space or raise the quota, then repeat' },
  ENOTDIR: {
    why: 'A part of the path is a file, not a directory',
    fix: () => 'Move that file away, or choose another path',
  },
  EEXIST: { why: 'Something is there already', fix: () => 'Move it away, or choose another path' },
  ELOOP: {
    why: 'Its symbolic links go round in a circle',
    fix: () => 'Correct the links, or choose another path',
  },
  ENAMETOOLONG: { why: 'The path is longer than the file system allows', fix: () => 'Choose a shorter one' },
};

/**
 * Says in words what a failed file operation means.
 *
 * @param what what could not be done, naming the path; one sentence without a final period
 * @param choice what lets the user choose another place: "--state-dir and its siblings"
 * @returns an error to throw; anything that is not a failed system call comes back unchanged
 */
export const explainFileError = (what: string, error: unknown, choice?: string): unknown => {
  const code = errnoOf(error);
  if (code === undefined) return error;
  const known = advice[code];
  return new ActivationError(
    known === undefined ? { what, why: String(error) } : { what, why: known.why, fix: known.fix(choice) },
    { cause: error },
  );
};

const pathOf = (error: unknown): string | null =>
  typeof error === 'object' && error !== null && 'path' in error && typeof error.path === 'string' ? error.path : null;

/**
 * Says in words what a failed system call means that nobody has explained.
 *
 * @returns an error to report; anything that is not a failed system call comes back unchanged
 */
export const explainUnforeseen = (error: unknown): unknown => {
  const path = pathOf(error);
  if (path === null) return explainFileError('The system refused an operation', error);
  const temporary = tmpdir();
  const ours = [`${temporary}/nix-processmgmt-ts`, `${temporary}/tmp-`];
  return path === temporary || ours.some((start) => path.startsWith(start))
    ? explainFileError(`Temporary files cannot be made in ${temporary}`, error, 'TMPDIR')
    : explainFileError(`The path ${path} cannot be used`, error);
};
