import { setTimeout as sleep } from 'node:timers/promises';
import type { Readiness } from '../model/readiness.js';
import type { Run } from '../system/ports.js';
import { look } from './probe.js';

/** A single look at a port or a page takes no longer: the answer of a service that is ready comes sooner. */
const longestLook = 10_000;

/**
 * Looks again and again until a process is ready.
 *
 * @param since when its time began, in milliseconds (performance.now)
 * @param signal ends the waiting, and a look that is under way
 * @returns what to tell about one that did not get ready in time; null when it is ready, or when `signal` was aborted
 */
export const awaitReady = async (
  { probe, timeout, interval }: Readiness,
  since: number,
  run: Run,
  signal: AbortSignal,
): Promise<string | null> => {
  const end = since + timeout * 1000;
  for (;;) {
    const left = Math.max(end - performance.now(), 1);
    const reason = await look(probe, probe.kind === 'command' ? left : Math.min(left, longestLook), signal, run);
    if (reason === null || signal.aborted) return null;
    if (performance.now() + interval * 1000 >= end) return `it was not ready within ${timeout} s: ${reason}`;
    const goesOn = await sleep(interval * 1000, true, { signal }).catch(() => false);
    if (!goesOn) return null;
  }
};
