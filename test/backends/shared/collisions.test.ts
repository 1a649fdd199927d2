import { expect, test } from '@jest/globals';
import { CollisionError, collisionsOf } from '../../../src/backends/shared/collisions.js';
import type { DeployedUnit } from '../../../src/profile/manifest.js';
import { unitCalled } from '../../support/instances.js';

const units = ['a', 'b', 'c'].map((name) => unitCalled(name));

/** Refuses the first unit with one of these names. */
const refusing =
  (...names: readonly string[]) =>
  async (some: readonly DeployedUnit[]): Promise<void> => {
    const refused = some.find(({ name }) => names.includes(name));
    if (refused !== undefined) {
      throw new CollisionError({ what: `${refused.name} is not ours`, why: 'It is no link', fix: 'Move it away' });
    }
  };

test('a check that refuses the first unit tells of all of them', async () => {
  const words = { why: 'It is no link', fix: 'Move it away' };
  expect(await collisionsOf(units, refusing('a', 'c'))).toEqual([
    { instance: 'a', what: 'a is not ours', ...words },
    { instance: 'c', what: 'c is not ours', ...words },
  ]);
  expect(await collisionsOf(units, refusing())).toEqual([]);
});

test('what is wrong whichever units there are is told once', async () => {
  const refuse = (): Promise<never> =>
    Promise.reject(
      new CollisionError({ what: 'The target is not ours', why: 'Another profile has it', fix: 'Use -p' }),
    );
  expect(await collisionsOf(units, refuse)).toEqual([
    { instance: null, what: 'The target is not ours', why: 'Another profile has it', fix: 'Use -p' },
  ]);
});

test('what is no collision is thrown as it is', async () => {
  const fail = (): Promise<never> => Promise.reject(new Error('the disk is on fire'));
  await expect(collisionsOf(units, fail)).rejects.toThrow('the disk is on fire');
});
