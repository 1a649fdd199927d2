import { expect, test } from '@jest/globals';
import { earlyLook, type Look } from '../../src/activate/early-look.js';

const lookOf = (path: string): Look => ({
  path,
  sessions: {
    of: () => {
      throw new Error('nobody is to be asked');
    },
  },
  observed: [],
});

test('what was seen of a profile a moment ago is told, and nothing of another profile', async () => {
  const seen = lookOf('/store/a');
  const early = earlyLook(() => Promise.resolve(seen));
  expect(await early.of('/store/a')).toBe(seen);
  expect(await early.of('/store/b')).toBeNull();
});

test('what was asked for more than a second ago does not count any more', async () => {
  let time = 5;
  const early = earlyLook(
    () => Promise.resolve(lookOf('/store/a')),
    () => time,
  );
  time += 1000;
  expect(await early.of('/store/a')).not.toBeNull();
  time += 1;
  expect(await early.of('/store/a')).toBeNull();
});

test('a look that fails is none', async () => {
  const early = earlyLook(() => Promise.reject(new Error('the manager cannot be reached')));
  expect(await early.of('/store/a')).toBeNull();
});
