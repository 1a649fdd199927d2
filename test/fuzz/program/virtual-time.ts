import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers/promises';

/** The clock that really runs, for whoever looks whether something hangs. */
export const realSetTimeout = globalThis.setTimeout;

let ahead = 0;

/** Lets time pass at once. */
export const letPass = (milliseconds: number): void => {
  ahead += Math.max(0, milliseconds);
};

/**
 * Makes every wait of the program end at once, with the clocks moved on by as much: what waits for a minute in vain has
 * waited for a minute afterwards.
 */
export const startVirtualTime = (): void => {
  const realNow = Date.now.bind(Date);
  const realPerformance = performance.now.bind(performance);
  Date.now = () => Math.floor(realNow() + ahead);
  performance.now = () => realPerformance() + ahead;
  const sleep = async <T>(milliseconds = 0, value?: T, options?: { signal?: AbortSignal }): Promise<T> => {
    options?.signal?.throwIfAborted();
    letPass(milliseconds);
    await timers.setImmediate();
    options?.signal?.throwIfAborted();
    return value as T;
  };
  timers.setTimeout = sleep as typeof timers.setTimeout;
  // What gives up after a second or more gives up soon: an answer in this process comes at once, or not at all.
  const soon = (work: (...args: unknown[]) => void, milliseconds = 0, ...args: unknown[]): NodeJS.Timeout =>
    milliseconds < 900
      ? realSetTimeout(work, milliseconds, ...args)
      : realSetTimeout(() => {
          letPass(milliseconds);
          work(...args);
        }, milliseconds / 50);
  globalThis.setTimeout = soon as typeof globalThis.setTimeout;
  syncBuiltinESMExports();
};
