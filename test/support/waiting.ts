import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Tries until the attempt neither throws nor returns undefined.
 *
 * @param seconds how long; then the last attempt's error is thrown
 */
export const eventually = async <T>(
  attempt: () => Promise<T | undefined> | T | undefined,
  seconds = 30,
): Promise<T> => {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    try {
      const value = await attempt();
      if (value !== undefined) return value;
      if (Date.now() > end) throw new Error(`nothing came within ${seconds} s`);
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    await sleep(50);
  }
};
