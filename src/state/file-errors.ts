import { ActivationError } from '../system/errors.js';

/** The code of a failed system call ("ENOENT"), or undefined for any other error. */
export const errnoOf = (error: unknown): string | undefined =>
  typeof error === 'object' && error !== null && 'code' in error && 'syscall' in error && typeof error.code === 'string'
    ? error.code
    : undefined;

const advice: Readonly<Record<string, { readonly why: string; readonly fix: string }>> = {
  EACCES: {
    why: 'You may not write there',
    fix: 'Run the command as the owner of that directory, or choose another one (--state-dir and its siblings)',
  },
  EPERM: {
    why: 'The operation is not permitted',
    fix: 'Run the command as the owner of that path, and check that its file system allows the operation',
  },
  EROFS: {
    why: 'The file system is mounted read-only',
    fix: 'Mount it writable, or choose another directory (--state-dir and its siblings)',
  },
  ENOSPC: {
    why: 'No space is left on the device',
    fix: 'Free some space (or inodes) on that file system, then repeat',
  },
  EDQUOT: { why: 'The disk quota is used up', fix: 'Free some space or raise the quota, then repeat' },
  ENOTDIR: { why: 'A part of the path is a file, not a directory', fix: 'Move that file away, or choose another path' },
  EEXIST: { why: 'Something is there already', fix: 'Move it away, or choose another path' },
  ELOOP: { why: 'Its symbolic links go round in a circle', fix: 'Correct the links, or choose another path' },
  ENAMETOOLONG: { why: 'The path is longer than the file system allows', fix: 'Choose a shorter one' },
};

/**
 * Says in words what a failed file operation means.
 *
 * @param what what could not be done, naming the path; one sentence without a final period
 * @returns an error to throw; anything that is not a failed system call comes back unchanged
 */
export const explainFileError = (what: string, error: unknown): unknown => {
  const code = errnoOf(error);
  if (code === undefined) return error;
  const known = advice[code];
  return new ActivationError(known === undefined ? { what, why: String(error) } : { what, ...known }, {
    cause: error,
  });
};
