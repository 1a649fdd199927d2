import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { mapConcurrently } from '../../src/system/map-concurrently.js';

test('results are in the order of the items, however long each takes', async () => {
  const results = await mapConcurrently([30, 1, 20, 5], 3, async (milliseconds) => {
    await pause(milliseconds);
    return milliseconds;
  });
  expect(results).toEqual([30, 1, 20, 5]);
});

test.each([
  [1, 1],
  [3, 3],
  [100, 8],
  [0, 1],
])('with a limit of %d no more than %d of 8 run at once', async (limit, expected) => {
  let running = 0;
  let most = 0;
  await mapConcurrently(Array.from({ length: 8 }), limit, async () => {
    running += 1;
    most = Math.max(most, running);
    await pause(5);
    running -= 1;
  });
  expect(most).toBe(expected);
});

test('no items are no work', async () => {
  expect(await mapConcurrently([], 4, () => Promise.reject(new Error('called')))).toEqual([]);
});

test('a rejection is passed on, and nothing further is begun', async () => {
  const begun: number[] = [];
  const all = mapConcurrently([1, 2, 3, 4], 1, async (item) => {
    begun.push(item);
    if (item === 2) throw new Error('no');
  });
  await expect(all).rejects.toThrow('no');
  expect(begun).toEqual([1, 2]);
});
