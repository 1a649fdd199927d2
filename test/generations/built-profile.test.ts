import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readBuiltProfile } from '../../src/generations/built-profile.js';
import { manifestPath } from '../../src/profile/manifest-path.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.js';

let directory: TemporaryDirectory;
beforeEach(async () => {
  directory = await makeTemporaryDirectory();
});
afterEach(() => directory.remove());

const directories = Object.fromEntries(
  ['stateDir', 'tmpDir', 'runtimeDir', 'logDir', 'cacheDir', 'spoolDir', 'lockDir', 'libDir'].map((name) => [
    name,
    `/${name}`,
  ]),
);
const writeProfile = async (path: string, manager: string): Promise<void> => {
  const file = join(path, manifestPath);
  await mkdir(dirname(file), { recursive: true });
  const builder = { shell: '/bin/sh', coreutils: '/usr' };
  const rest = { forceDisableUserChange: true, hostPackages: true, data: {}, units: [] };
  await writeFile(file, JSON.stringify({ formatVersion: 1, manager, directories, builder, ...rest }));
};

test('a profile is the same behind every link to it', async () => {
  const path = join(directory.path, 'a');
  const link = join(directory.path, 'link');
  await writeProfile(path, 'sysvinit');
  await symlink(path, link);
  const profile = await readBuiltProfile(path);
  expect(profile).toMatchObject({ path, manifest: { manager: 'sysvinit' } });
  expect(await readBuiltProfile(link)).toEqual(profile);
});

test('a link that leads to another profile now, and a profile that was replaced, are read again', async () => {
  const [a, b, link] = ['a', 'b', 'link'].map((name) => join(directory.path, name)) as [string, string, string];
  await writeProfile(a, 'sysvinit');
  await writeProfile(b, 'systemd');
  await symlink(a, link);
  expect((await readBuiltProfile(link))?.manifest.manager).toBe('sysvinit');
  await rm(link);
  await symlink(b, link);
  expect((await readBuiltProfile(link))?.manifest.manager).toBe('systemd');
  await rm(a, { recursive: true });
  await writeProfile(a, 'supervisord');
  expect((await readBuiltProfile(a))?.manifest.manager).toBe('supervisord');
  await rm(a, { recursive: true });
  expect(await readBuiltProfile(a)).toBeNull();
});
