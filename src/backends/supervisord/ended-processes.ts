import { setTimeout as sleep } from 'node:timers/promises';
import { errnoOf } from '../../state/file-errors.js';
import { isDown } from './observation.js';
import type { ProcessInfo } from './supervisor-client.js';

/** Milliseconds in which most processes end that are asked to. */
const patience = 100;

/** Also when it has ended, and its parent has not yet asked how. */
const exists = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
};

/**
 * Prepares to see processes end without asking supervisord, which takes as long to tell of hundreds as to stop them. One that
 * is gone is no news to it: it has asked how that ended, and has taken note before it reads its next call.
 *
 * @param processes which supervisord is going to stop, as it has just shown them
 * @returns to be called when it was told to: whether all have ended, or will within a tenth of a second. Null when they cannot be
 *   seen from here, or when there is no process to look at yet
 */
export const watchEnds = (processes: readonly ProcessInfo[]): (() => Promise<boolean>) | null => {
  const pids = processes.filter(({ statename }) => !isDown(statename)).map(({ pid }) => pid);
  if (!pids.every((pid) => pid > 0 && exists(pid))) return null;
  return async () => {
    const deadline = performance.now() + patience;
    while (pids.some(exists)) {
      if (performance.now() > deadline) return false;
      await sleep(5);
    }
    return true;
  };
};
