import {
  chmodSync,
  closeSync,
  constants,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ExplainedError, exitCodes } from '../system/errors.js';
import type { Run } from '../system/ports.js';
import { errnoOf, explainFileError, hasNoPlaceFor } from './file-errors.js';
import type { LockHolder } from './lock-record.js';
import { ProfileLockedError } from './profile-locked-error.js';
import { readRegularFile } from './regular-file.js';
import { openProcessIdentities, type ProcessIdentities } from './process-identity.js';

/*
 * Node has no flock(), and a helper process that holds one would outlive us or die alone. So the lock is a file that
 * comes into being with link(), which fails when the name is taken, on every file system with hard links.
 *
 * The difficulty is the file of a holder that was killed. "It is stale, remove it, make mine" is a race: of two takers
 * the slower one removes the file of the faster. Here a lock is never removed by anybody but its living holder. A taker
 * first claims the right to replace one certain dead lock: it links `lock.claim-TOKEN`, TOKEN being unique to the dead
 * lock, so that one taker wins. The winner makes sure that the lock is still that one (the claim of a faster taker may
 * have come and gone), renames its own file over it, which is atomic, and removes the claim. When a winner is killed in
 * between, its claim is the stale thing: the right passes to whoever claims that claim, and so on. All but the last in
 * such a chain are dead, so only one process acts. That is sound because "dead" is only said when it is certain.
 *
 * Nix starts only when the lock is ours, and nothing else is done until then: handing each file to another thread would
 * take longer than what is done to it.
 */

export interface LockRequest {
  /** The profile's state directory (ProfileLocation.stateDirectory), made when it is missing. */
  readonly directory: string;
  readonly profileName: string;
  /** Looks at the processes of other holders where there is no /proc. */
  readonly run: Run;
  /** What we are going to do, for whoever finds the lock taken. */
  readonly command: string;
  /** How many seconds to wait for another holder. Default 0. */
  readonly waitSeconds?: number;
  /** Called once, when the waiting begins. */
  readonly onWait?: (holder: LockHolder) => void;
  /** Aborted: ends the waiting. Default: whoever sends a signal ends the whole process. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Called when our own directory has no place for a lock (no room on the disk, a read-only file system), and nobody holds
   * one: the work is done without. Default: it is not done.
   */
  readonly onUnlocked?: ((reason: ExplainedError) => void) | undefined;
}

const pollMilliseconds = 100;

/** Links `from` to a name that must be free. Returns whether it was. */
const linkExclusively = (from: string, to: string): boolean => {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw explainFileError(`The lock ${to} cannot be made`, error);
  }
};

const damaged = (file: string, cause: unknown): ExplainedError =>
  new ExplainedError(
    exitCodes.locked,
    {
      what: `The lock ${file} cannot be understood`,
      why: 'It was not written by this version of the program, or it is damaged',
      fix: `Make sure that no other command works on the profile, then remove ${file}`,
    },
    { cause },
  );

/** Null when there is no such file (any more). */
const readRecord = async (file: string): Promise<LockHolder | null> => {
  let text: string;
  try {
    // A link that leads to nothing would look like a lock that has just been given up, again and again.
    text = readRegularFile(file, constants.O_NOFOLLOW);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    if (errnoOf(error) === 'ELOOP' || error instanceof ExplainedError) throw damaged(file, error);
    throw explainFileError(`The lock ${file} cannot be read`, error);
  }
  // Loaded when there is one to read: schemas take their time.
  const { parseLockRecord } = await import('./lock-record.js');
  try {
    return parseLockRecord(text);
  } catch (error) {
    throw damaged(file, error);
  }
};

/** A random UUID: of Linux itself where it gives one (random(4)), since Node takes a millisecond to load what makes them. */
const freshToken = async (): Promise<string> => {
  try {
    return readFileSync('/proc/sys/kernel/random/uuid', 'utf8').trim();
  } catch {
    const { randomUUID } = await import('node:crypto');
    return randomUUID();
  }
};

const waitInterrupted = (profileName: string, { command, process }: LockHolder, cause: unknown): ExplainedError =>
  new ExplainedError(
    exitCodes.interrupted,
    {
      what: `A signal ended the wait for the profile "${profileName}": nothing has been done`,
      why: `"${command}" (PID ${process.pid}) holds it`,
    },
    { cause },
  );

type Attempt =
  | { readonly outcome: 'acquired' }
  /** Somebody else was faster with something: what we saw is no longer true. */
  | { readonly outcome: 'again' }
  | { readonly outcome: 'held'; readonly holder: LockHolder; readonly isVisible: boolean };

/** Replaces the lock of a holder that is certainly dead; see the explanation above. */
const takeOver = async (
  lockFile: string,
  stale: LockHolder,
  candidate: string,
  { livenessOf }: ProcessIdentities,
): Promise<Attempt> => {
  let predecessor = stale;
  for (;;) {
    const claim = `${lockFile}.claim-${predecessor.token}`;
    if (linkExclusively(candidate, claim)) {
      try {
        if ((await readRecord(lockFile))?.token !== stale.token) return { outcome: 'again' };
        renameSync(candidate, lockFile);
        return { outcome: 'acquired' };
      } finally {
        rmSync(claim, { force: true });
      }
    }
    const claimant = await readRecord(claim);
    if (claimant === null) return { outcome: 'again' };
    const liveness = await livenessOf(claimant.process);
    if (liveness !== 'dead') return { outcome: 'held', holder: claimant, isVisible: liveness === 'alive' };
    predecessor = claimant;
  }
};

const attempt = async (lockFile: string, candidate: string, identities: ProcessIdentities): Promise<Attempt> => {
  if (linkExclusively(candidate, lockFile)) return { outcome: 'acquired' };
  const holder = await readRecord(lockFile);
  if (holder === null) return { outcome: 'again' };
  const liveness = await identities.livenessOf(holder.process);
  return liveness === 'dead'
    ? takeOver(lockFile, holder, candidate, identities)
    : { outcome: 'held', holder, isVisible: liveness === 'alive' };
};

/** Every profile has its own directory in this one, which is beside the profiles. */
export const stateRoot = '.nix-processmgmt-ts';

/** A file of a command that writes it at this moment is younger, in milliseconds. */
const leftoverAge = 600_000;

/** Whether nobody has touched a file for so long that whoever made it has ended. */
const isAbandoned = (file: string): boolean => {
  try {
    return Date.now() - lstatSync(file).mtimeMs > leftoverAge;
  } catch {
    return false;
  }
};

/** What a file is called before it gets its name, and a directory when it has lost it. */
const unfinishedName = /\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:\.tmp)?$/;

/**
 * Removes what killed commands left beside the lock, whose holder we are. A claim on a lock that is gone gives no right any
 * more.
 */
const sweep = async (directory: string, lockFile: string, { livenessOf }: ProcessIdentities): Promise<void> => {
  for (const name of readdirSync(directory)) {
    const file = join(directory, name);
    if (name.startsWith(`${basename(lockFile)}.`)) {
      const record = await readRecord(file).catch(() => null);
      // One that cannot be read may just be being written.
      const isLeft = record === null ? isAbandoned(file) : (await livenessOf(record.process)) === 'dead';
      if (isLeft) rmSync(file, { force: true });
    } else if (unfinishedName.test(name) && isAbandoned(file)) {
      rmSync(file, { force: true, recursive: true });
    }
  }
};

/** Whoever can write there can say what commands do to the profile: nobody else may, whatever the umask is. */
const makeStateDirectory = (directory: string): void => {
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  // Other directories on the way are not ours alone.
  const ours = [dirname(directory), directory].filter((path) => path.includes(`/${stateRoot}`));
  for (const path of ours) {
    const { mode, uid } = lstatSync(path);
    if ((mode & 0o022) !== 0 && uid === process.geteuid?.()) chmodSync(path, mode & 0o7755);
  }
};

const writeCandidate = (file: string, record: LockHolder): void => {
  const descriptor = openSync(file, 'wx', 0o644);
  try {
    writeFileSync(descriptor, JSON.stringify(record));
    // Linked before its content is on the disk, it could be an empty lock after a power cut.
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
};

/** Tries until it succeeds, or the time to wait for another holder is over. */
const acquire = async (
  { profileName, waitSeconds = 0, onWait, signal }: LockRequest,
  lockFile: string,
  tryOnce: () => Promise<Attempt>,
): Promise<void> => {
  const deadline = performance.now() + waitSeconds * 1000;
  let isWaiting = false;
  for (;;) {
    const result = await tryOnce();
    if (result.outcome === 'acquired') return;
    if (result.outcome === 'again') continue;
    const remaining = deadline - performance.now();
    if (remaining <= 0) throw new ProfileLockedError(profileName, lockFile, result.holder, result.isVisible);
    if (!isWaiting) onWait?.(result.holder);
    isWaiting = true;
    await delay(Math.min(pollMilliseconds, remaining), undefined, signal === undefined ? {} : { signal }).catch(
      (cause: unknown) => {
        throw waitInterrupted(profileName, result.holder, cause);
      },
    );
  }
};

/** Whether somebody holds the lock, where we could not make one. */
const lookOnly = async (lockFile: string, { livenessOf }: ProcessIdentities): Promise<Attempt> => {
  const holder = await readRecord(lockFile);
  const liveness = holder === null ? 'dead' : await livenessOf(holder.process);
  return holder === null || liveness === 'dead'
    ? { outcome: 'acquired' }
    : { outcome: 'held', holder, isVisible: liveness === 'alive' };
};

/** Whether a lock is the one that has this token; what cannot be read is not. */
const isOwn = (lockFile: string, token: string): boolean => {
  try {
    return readRegularFile(lockFile, constants.O_NOFOLLOW).includes(token);
  } catch {
    return false;
  }
};

/** Takes the lock. @throws as withProfileLock; what went wrong with a file, as it is told */
const take = async (request: LockRequest, lockFile: string, token: string, identities: ProcessIdentities) => {
  const { directory, command, profileName } = request;
  const candidate = `${lockFile}.${token}`;
  try {
    try {
      makeStateDirectory(directory);
      writeCandidate(candidate, { token, command, since: new Date().toISOString(), process: identities.own });
    } catch (error) {
      throw explainFileError(
        `The profile "${profileName}" cannot be locked in ${directory}`,
        error,
        '-p with a path, or NIX_USER_PROFILE_DIR',
      );
    }
    await acquire(request, lockFile, () => attempt(lockFile, candidate, identities));
  } finally {
    removeIfPossible(candidate);
  }
};

/** Removes a file, if it is there; where that cannot be done, it is swept one day. */
const removeIfPossible = (file: string): void => {
  try {
    rmSync(file, { force: true });
  } catch {
    // Its file system has become read-only.
  }
};

/**
 * Does `work` while no other command does anything to the profile. The lock of a process that was killed is taken over.
 *
 * @throws ProfileLockedError naming the holder when another process has the lock and does not give it up in time;
 *   ExplainedError (exit code 10) when the signal ends the waiting for it
 * @throws ActivationError when the directory is not writable or its file system has no hard links, unless `onUnlocked` is
 *   there for that
 */
export const withProfileLock = async <Result>(request: LockRequest, work: () => Promise<Result>): Promise<Result> => {
  const { directory, onUnlocked } = request;
  const lockFile = join(directory, 'lock');
  const token = await freshToken();
  const identities = await openProcessIdentities(request.run);
  const giveUp = (): void => {
    // Somebody may have removed it by hand, and another command may hold its own by now.
    if (isOwn(lockFile, token)) removeIfPossible(lockFile);
    removeIfPossible(`${lockFile}.${token}`);
  };
  // A signal may end this process while it waits or works.
  process.once('exit', giveUp);
  try {
    await take(request, lockFile, token, identities);
  } catch (error) {
    process.off('exit', giveUp);
    if (onUnlocked === undefined || !(error instanceof ExplainedError) || !hasNoPlaceFor(directory, error.cause)) {
      throw error;
    }
    await acquire(request, lockFile, () => lookOnly(lockFile, identities));
    onUnlocked(error);
    return work();
  }
  try {
    await sweep(directory, lockFile, identities);
    return await work();
  } finally {
    giveUp();
    process.off('exit', giveUp);
  }
};
