import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { buildMemory } from '../../src/generations/build-memory.js';
import type { ProfileLocation } from '../../src/generations/profile-location.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.js';

let directory: TemporaryDirectory;
let location: ProfileLocation;
const build = () => ({ path: join(directory.path, 'built'), notes: ['a note'], warnings: ['a warning'] });

beforeEach(async () => {
  directory = await makeTemporaryDirectory();
  location = { name: 'processes', link: join(directory.path, 'processes'), stateDirectory: directory.path };
  await mkdir(build().path);
  await symlink(build().path, location.link);
});
afterEach(() => directory.remove());

test('what the current generation was built from is recalled, with what was said about it', async () => {
  expect(await buildMemory(location).recall('key')).toBeNull();
  await buildMemory(location).remember('key', build());
  expect(await buildMemory(location).recall('key')).toMatchObject(build());
});

test('another key is something else', async () => {
  await buildMemory(location).remember('key', build());
  expect(await buildMemory(location).recall('other')).toBeNull();
});

test('a profile that no generation keeps any more is not recalled', async () => {
  await buildMemory(location).remember('key', build());
  await rm(location.link);
  expect(await buildMemory(location).recall('key')).toBeNull();
  await symlink(directory.path, location.link);
  expect(await buildMemory(location).recall('key')).toBeNull();
});

test('a record that cannot be understood is none', async () => {
  await writeFile(join(directory.path, 'current-build.json'), '{"key":"key"}');
  expect(await buildMemory(location).recall('key')).toBeNull();
  await buildMemory(location).remember('key', build());
  expect(await buildMemory(location).recall('key')).not.toBeNull();
});
