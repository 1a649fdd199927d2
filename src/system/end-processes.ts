import { setTimeout as sleep } from 'node:timers/promises';
import type { Run } from './ports.js';
import { livingAmong, type ProcessFacts } from './process-list.js';

/** How often is looked whether processes have ended, in milliseconds. */
const pause = 50;

/** What SIGKILL takes at most, in milliseconds; what it does not end hangs in the kernel, or is not ours to end. */
const patienceWithKernel = 2000;

const send = (signal: NodeJS.Signals, some: readonly ProcessFacts[]): void => {
  for (const { pid } of some) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended just now, or is another user's: whoever lives in the end is told.
    }
  }
};

const awaitEnd = async (
  some: readonly ProcessFacts[],
  milliseconds: number,
  run: Run,
): Promise<readonly ProcessFacts[]> => {
  const end = performance.now() + milliseconds;
  for (;;) {
    const left = await livingAmong(some, run);
    if (left.length === 0 || performance.now() >= end) return left;
    await sleep(pause);
  }
};

/**
 * Ends processes: SIGTERM, and SIGKILL to what is left when the time is over. Before each signal is looked whether the
 * very process still lives, so that no other one gets it that has the same PID by then.
 *
 * @param seconds how long they may take after SIGTERM
 * @returns those that live on
 */
export const endProcesses = async (
  some: readonly ProcessFacts[],
  seconds: number,
  run: Run,
): Promise<readonly ProcessFacts[]> => {
  send('SIGTERM', await livingAmong(some, run));
  const stubborn = await awaitEnd(some, seconds * 1000, run);
  if (stubborn.length === 0) return [];
  send('SIGKILL', await livingAmong(stubborn, run));
  return awaitEnd(stubborn, patienceWithKernel, run);
};
