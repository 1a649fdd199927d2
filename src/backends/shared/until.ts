import { setTimeout as sleep } from 'node:timers/promises';

/** How long something is waited for. */
export interface Waiting {
  /** Milliseconds. */
  readonly limit: number;
  /** Milliseconds between two looks. */
  readonly pause: number;
  /** Aborted: nothing more is waited for. Default: the limit alone counts. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Looks again and again, at least once.
 *
 * @returns whether what was waited for has come
 */
export const until = async ({ limit, pause, signal }: Waiting, isDone: () => Promise<boolean>): Promise<boolean> => {
  const end = performance.now() + limit;
  while (!(await isDone())) {
    if (performance.now() >= end || signal?.aborted === true) return false;
    await sleep(pause, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
  }
  return true;
};
