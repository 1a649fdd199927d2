import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { filesIn } from '../../../src/backends/shared/read-tree.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../../support/temporary-directory.js';

let tree: TemporaryDirectory;
beforeAll(async () => {
  tree = await makeTemporaryDirectory();
});
afterAll(() => tree.remove());

test('of a tree that somebody else laid out only regular files are read', async () => {
  const units = join(tree.path, 'units');
  mkdirSync(join(units, 'directory.conf'), { recursive: true });
  writeFileSync(join(units, 'file.conf'), 'text');
  symlinkSync('file.conf', join(units, 'link.conf'));
  symlinkSync('nothing', join(units, 'dangling.conf'));
  symlinkSync('loop.conf', join(units, 'loop.conf'));
  // Nobody writes to the one, and the other never ends.
  execFileSync('mkfifo', [join(units, 'pipe.conf')]);
  symlinkSync('/dev/zero', join(units, 'device.conf'));
  expect(await filesIn(tree.path, 'units', /\.conf$/)).toEqual([
    { name: 'file.conf', text: 'text' },
    { name: 'link.conf', text: 'text' },
  ]);
});
