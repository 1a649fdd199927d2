import { expect, test } from '@jest/globals';
import { findCulprit } from '../../src/evaluate/find-culprit.js';

const names = Array.from({ length: 1000 }, (_, index) => `webapp${index}`);

test.each(['webapp0', 'webapp499', 'webapp999'])(
  '%s is found among a thousand with few evaluations',
  async (culprit) => {
    let evaluations = 0;
    const found = await findCulprit(names, async (some) => {
      evaluations += 1;
      return some.includes(culprit);
    });
    expect(found).toBe(culprit);
    expect(evaluations).toBeLessThanOrEqual(11);
  },
);

test('nobody is blamed when each instance is fine by itself', async () => {
  expect(await findCulprit(names, async (some) => some.length > 1)).toBeNull();
  expect(await findCulprit([], async () => true)).toBeNull();
});
