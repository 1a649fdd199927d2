import { mkdir, readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { listGenerations, type Generation } from '../../src/generations/generations.js';
import { generationsToDelete } from '../../src/generations/generations-to-delete.js';
import { profileLocation } from '../../src/generations/profile-location.js';
import { createRun } from '../../src/system/run.js';
import { makeTemporaryDirectory } from '../support/temporary-directory.js';

const day = 24 * 60 * 60 * 1000;
const now = new Date('2026-11-21T12:00:00Z');

/** Generations 1, 2 …, made as many days ago. */
const generations = (current: number, ...daysAgo: readonly number[]): readonly Generation[] =>
  daysAgo.map((days, index) => ({
    number: index + 1,
    link: `/profiles/processes-${index + 1}-link`,
    created: new Date(now.getTime() - days * day),
    isCurrent: index + 1 === current,
  }));
const five = generations(5, 50, 40, 30, 20, 10);

test('numbers, ages, what to keep and "old" select generations, each of them once', () => {
  expect(generationsToDelete(['3', '1', '3', '9'], five, [], now)).toEqual([1, 3]);
  expect(generationsToDelete(['old'], five, [], now)).toEqual([1, 2, 3, 4]);
  expect(generationsToDelete(['+2'], five, [], now)).toEqual([1, 2, 3]);
  // Generation 2 was the current one 35 days ago.
  expect(generationsToDelete(['35d'], five, [], now)).toEqual([1]);
  expect(generationsToDelete(['35d', '3'], five, [], now)).toEqual([1, 3]);
  // Generation 3 became the current one at that moment: 2 was until then.
  expect(generationsToDelete(['30d'], five, [], now)).toEqual([1]);
});

test('pinned generations are kept from every word but their own number, which is refused', () => {
  expect(generationsToDelete(['old'], five, [2, 4], now)).toEqual([1, 3]);
  expect(generationsToDelete(['1d'], five, [1], now)).toEqual([2, 3, 4]);
  expect(generationsToDelete(['+1'], five, [3], now)).toEqual([1, 2, 4]);
  expect(() => generationsToDelete(['2'], five, [2], now)).toThrow('Generation 2 is pinned');
});

test('the current generation is never selected, and its number is refused', () => {
  expect(generationsToDelete(['1d'], generations(1, 50, 40), [], now)).toEqual([]);
  expect(() => generationsToDelete(['1'], generations(1, 50, 40), [], now)).toThrow('is the current one');
  expect(() => generationsToDelete(['yesterday'], five, [], now)).toThrow(
    '"yesterday" does not say which generations to delete',
  );
});

test('without pins the same generations go as nix-env itself would delete', async () => {
  const { path, remove } = await makeTemporaryDirectory();
  const run = createRun({
    ...process.env,
    NIX_REMOTE: 'local',
    NIX_STORE_DIR: join(path, 'store'),
    NIX_STATE_DIR: path,
  });
  const location = profileLocation(join(path, 'p', 'processes'), {});
  try {
    for (const spec of ['old', '25d', '5d', '45d', '+1', '+3', '+9', '4']) {
      await run({ file: 'rm', args: ['-rf', join(path, 'p')] });
      await mkdir(join(path, 'p'));
      for (const number of [1, 2, 3, 4, 5]) {
        const link = join(path, 'p', `processes-${number}-link`);
        await symlink(`/nix/store/${number}`, link);
        const { exitCode } = await run({ file: 'touch', args: ['-h', '-d', `${60 - number * 10} days ago`, link] });
        expect(exitCode).toBe(0);
      }
      await symlink('processes-3-link', location.link);
      const before = await listGenerations(location);
      const ours = generationsToDelete([spec], before, [], new Date());
      const { exitCode, stderr } = await run({
        file: 'nix-env',
        args: ['--profile', location.link, '--delete-generations', spec],
      });
      expect({ spec, exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ spec, exitCode: 0, stderr: '' });
      const after = await readdir(join(path, 'p'));
      const deleted = before.filter(({ number }) => !after.includes(`processes-${number}-link`));
      expect({ spec, ours }).toEqual({ spec, ours: deleted.map(({ number }) => number) });
    }
  } finally {
    await remove();
  }
});
