import { mkdir, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createInstallation, type Installation } from '../../../src/backends/systemd/installation.js';
import type { DeployedProfile } from '../../../src/backends/backend.js';
import { checkOwnFiles } from '../../../src/backends/systemd/link-record.js';
import { ActivationError } from '../../../src/system/errors.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../../support/temporary-directory.js';
import { deployedProfile, deployedUnit } from './support/deployed.js';

let temporary: TemporaryDirectory;
let directory: string;
let profileLink: string;
beforeEach(async () => {
  temporary = await makeTemporaryDirectory();
  directory = join(temporary.path, 'units');
  profileLink = join(temporary.path, 'profiles', 'processes');
});
afterEach(() => temporary.remove());

const installationOf = (name = 'processes', link = profileLink, current: DeployedProfile | null = null): Installation =>
  createInstallation(
    { kind: 'system', options: [], environment: {}, unitOption: '--unit', directory, bootTarget: 'multi-user.target' },
    name,
    link,
    current,
  );

let reloads = 0;
const update = (next: DeployedProfile | null, installation = installationOf()): Promise<readonly string[]> =>
  installation.update(next, async () => {
    reloads += 1;
  });

const profile = (path: string, ...names: readonly string[]) =>
  deployedProfile(
    path,
    names.map((name) => deployedUnit(name, path)),
  );

const put = async (path: string, target: string): Promise<void> => {
  await mkdir(dirname(join(directory, path)), { recursive: true });
  await symlink(target, join(directory, path));
};

/** Every file and link, with what links lead to. */
const found = async (): Promise<Readonly<Record<string, string>>> => {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    await Promise.all(
      entries
        .filter((entry) => !entry.isDirectory())
        .map(async (entry) => {
          const path = join(entry.parentPath, entry.name);
          return [path.slice(directory.length + 1), entry.isSymbolicLink() ? await readlink(path) : 'file'] as const;
        }),
    ),
  );
};

const bootLink = { 'multi-user.target.wants/nix-processmgmt-processes.target': '../nix-processmgmt-processes.target' };
const ownFiles = { 'nix-processmgmt-processes.target': 'file', '.nix-processmgmt-processes.json': 'file' };
const unitLink = (path: string, name: string) => ({
  [`nix-process-${name}.service`]: `${path}/etc/systemd/system/nix-process-${name}.service`,
});

test('a generation is links to its files, a target that wants them, and a link that makes the machine want that', async () => {
  expect(await update(profile('/store/1', 'b', 'a'))).toEqual([]);
  expect(reloads).toBe(1);
  expect(await found()).toEqual({
    ...unitLink('/store/1', 'a'),
    ...unitLink('/store/1', 'b'),
    ...bootLink,
    ...ownFiles,
  });
  expect(await readFile(join(directory, 'nix-processmgmt-processes.target'), 'utf8')).toContain(
    `[Unit]\nDescription=Processes of ${profileLink}\n` +
      'PropagatesStopTo=nix-process-a.service\nPropagatesStopTo=nix-process-b.service\n' +
      'Wants=nix-process-a.service\nWants=nix-process-b.service\n',
  );
});

test('the same generation once more changes nothing', async () => {
  await update(profile('/store/1', 'a'));
  reloads = 0;
  expect(await update(profile('/store/1', 'a'))).toEqual([]);
  expect(reloads).toBe(0);
});

test('another generation replaces the links, and removes those of what it does not have', async () => {
  await update(profile('/store/1', 'a', 'b'));
  expect(await update(profile('/store/2', 'b', 'c'))).toEqual(['nix-process-a.service']);
  expect(await found()).toMatchObject({ ...unitLink('/store/2', 'b'), ...unitLink('/store/2', 'c') });
  expect(await found()).not.toHaveProperty(['nix-process-a.service']);
});

test('an empty deployment leaves nothing, and other links in a directory of ours alone', async () => {
  await put('multi-user.target.wants/other.service', '/other.service');
  await update(profile('/store/1', 'a'));
  await update(null);
  expect(await found()).toEqual({ 'multi-user.target.wants/other.service': '/other.service' });
  await rm(join(directory, 'multi-user.target.wants'), { recursive: true });
  await update(profile('/store/1', 'a'));
  await update(null);
  expect(await readdir(directory)).toEqual([]);
});

test('units that ask for links of their own get them, and lose them', async () => {
  const installLinks = {
    'a.target.wants/nix-process-a.service': 'nix-process-a.service',
    'web.service': 'nix-process-a.service',
  };
  const unit = deployedUnit('a', '/store/1', { installLinks });
  await update(deployedProfile('/store/1', [unit]));
  expect(await found()).toMatchObject({
    'a.target.wants/nix-process-a.service': '/store/1/etc/systemd/system/nix-process-a.service',
    'web.service': 'nix-process-a.service',
  });
  await update(profile('/store/2', 'a'));
  expect(await found()).toEqual({
    ...unitLink('/store/2', 'a'),
    ...bootLink,
    ...ownFiles,
  });
});

test('what only people start is not wanted by the target', async () => {
  const units = [deployedUnit('a', '/store/1', { onlyManualStart: true }), deployedUnit('b', '/store/1')];
  await update(deployedProfile('/store/1', units));
  const text = await readFile(join(directory, 'nix-processmgmt-processes.target'), 'utf8');
  expect(text).toContain('Wants=nix-process-b.service');
  expect(text).not.toContain('Wants=nix-process-a.service');
});

test('a crash at any point is made good by the next run, which tells systemd', async () => {
  await update(profile('/store/1', 'a', 'b'));
  const record = join(directory, '.nix-processmgmt-processes.json');
  const crash = installationOf().update(profile('/store/2', 'b', 'c'), () => Promise.reject(new Error('power cut')));
  await expect(crash).rejects.toThrow('power cut');
  // As if fewer links had been changed.
  await put('nix-process-a.service', '/store/1/etc/systemd/system/nix-process-a.service');
  await rm(join(directory, 'nix-process-c.service'));
  reloads = 0;
  expect(await update(profile('/store/2', 'b', 'c'))).toEqual(['nix-process-a.service']);
  expect(reloads).toBe(1);
  expect(await found()).toEqual({
    ...unitLink('/store/2', 'b'),
    ...unitLink('/store/2', 'c'),
    ...bootLink,
    ...ownFiles,
  });
  expect(await readFile(record, 'utf8')).not.toContain('/store/1');
});

test('a link to the same unit in another profile is taken over: other tools make such', async () => {
  await put('nix-process-a.service', '/nix/store/x-processes/etc/systemd/system/nix-process-a.service');
  await installationOf().check([deployedUnit('a')]);
  await update(profile('/store/1', 'a'));
  expect(await found()).toMatchObject(unitLink('/store/1', 'a'));
});

test('a mask stays, also when nothing is deployed any more', async () => {
  await put('nix-process-a.service', '/dev/null');
  await update(profile('/store/1', 'a', 'b'));
  expect(await found()).toMatchObject({ 'nix-process-a.service': '/dev/null', ...unitLink('/store/1', 'b') });
  expect(installationOf().presence('nix-process-a.service')).toBe('masked');
  expect(installationOf().presence('nix-process-b.service')).toBe('installed');
  expect(installationOf().presence('nix-process-c.service')).toBe('absent');
  await update(null);
  expect(await found()).toEqual({ 'nix-process-a.service': '/dev/null' });
});

test('what somebody has put in the place of a link of ours is not removed', async () => {
  await update(profile('/store/1', 'a', 'b'));
  await rm(join(directory, 'nix-process-a.service'));
  await writeFile(join(directory, 'nix-process-a.service'), 'theirs');
  await rm(join(directory, 'nix-process-b.service'));
  await put('nix-process-b.service', '/theirs/nix-process-b.service');
  await update(null);
  expect(await found()).toEqual({
    'nix-process-a.service': 'file',
    'nix-process-b.service': '/theirs/nix-process-b.service',
  });
});

test.each([
  ['a file', (path: string) => writeFile(path, 'theirs'), 'It is no link'],
  ['a link to elsewhere', (path: string) => symlink('/opt/a.service', path), 'It is a link to /opt/a.service'],
])('%s in the place of a unit is an error before anything is written', async (_, make, why) => {
  await mkdir(directory);
  await make(join(directory, 'nix-process-a.service'));
  const before = await found();
  for (const attempt of [
    () => installationOf().check([deployedUnit('a')]),
    () => update(profile('/store/1', 'b', 'a')),
  ]) {
    await expect(attempt()).rejects.toBeInstanceOf(ActivationError);
    await expect(attempt()).rejects.toMatchObject({
      message: `${join(directory, 'nix-process-a.service')} is not ours, and in the way`,
      why,
    });
  }
  expect(await found()).toEqual(before);
});

test('the process of another profile stays with that profile', async () => {
  await update(profile('/store/1', 'a'), installationOf('other', '/other/profile'));
  await expect(installationOf().check([deployedUnit('a')])).rejects.toMatchObject({
    why: 'The profile /other/profile has a process with the same name',
  });
  await update(profile('/store/2', 'b'));
  await update(null);
  expect(await found()).toMatchObject(unitLink('/store/1', 'a'));
});

test('a profile of the same name elsewhere keeps its units as long as it is there', async () => {
  const elsewhere = join(temporary.path, 'elsewhere');
  await symlink('elsewhere-1-link', elsewhere);
  await update(profile('/store/1', 'a'), installationOf('processes', elsewhere));
  await expect(installationOf().check([])).rejects.toMatchObject({
    why: `It belongs to the profile ${elsewhere}, which has the same name`,
  });
  await rm(elsewhere);
  await update(profile('/store/2', 'b'));
  expect(await found()).not.toHaveProperty(['nix-process-a.service']);
});

// An undeployment would stop everything before it finds that out. Found by the fuzz run with the seed 1, case 952.
test('a record that names something else than a profile belongs to nobody', async () => {
  await update(profile('/store/1', 'a'), installationOf('processes', '/proc/self/mem'));
  await expect(installationOf().check([])).resolves.toBeUndefined();
  await update(null);
  expect(await found()).not.toHaveProperty(['nix-process-a.service']);
});

test('a target that is not ours is an error, whatever it says', async () => {
  await mkdir(directory);
  await writeFile(join(directory, 'nix-processmgmt-processes.target'), '[Unit]\n');
  await expect(installationOf().check([deployedUnit('a')])).rejects.toMatchObject({
    why: 'It was not written by nix-processmgmt-ts',
  });
});

test('where a record is damaged, the current generation says what is taken away', async () => {
  await update(profile('/store/1', 'a', 'b'));
  await writeFile(join(directory, '.nix-processmgmt-processes.json'), '{"profileLink": 1');
  await update(profile('/store/2', 'a'), installationOf('processes', profileLink, profile('/store/1', 'a', 'b')));
  expect(await found()).toEqual({
    '.nix-processmgmt-processes.json': 'file',
    'nix-processmgmt-processes.target': 'file',
    'nix-process-a.service': '/store/2/etc/systemd/system/nix-process-a.service',
    ...bootLink,
  });
  const record = await readFile(join(directory, '.nix-processmgmt-processes.json'), 'utf8');
  expect(JSON.parse(record)).toMatchObject({ profileLink });
});

test('a damaged record is written anew, also where no link changes', async () => {
  await update(profile('/store/1', 'a'));
  await writeFile(join(directory, '.nix-processmgmt-processes.json'), '');
  await update(profile('/store/1', 'a'), installationOf('processes', profileLink, profile('/store/1', 'a')));
  const record = await readFile(join(directory, '.nix-processmgmt-processes.json'), 'utf8');
  expect(JSON.parse(record)).toMatchObject({ profileLink });
});

test('while the record of another profile is damaged, a link that may be its own is left alone', async () => {
  await update(profile('/store/1', 'a'), installationOf('others', `${profileLink}-others`));
  await writeFile(join(directory, '.nix-processmgmt-others.json'), '[]');
  await expect(installationOf().check([deployedUnit('a')])).rejects.toMatchObject({
    why: expect.stringContaining('.nix-processmgmt-others.json, which may say whose it is, is damaged'),
  });
  await installationOf().check([deployedUnit('b')]);
});

test.each(['.nix-processmgmt-processes.json', 'nix-processmgmt-processes.target'])(
  'something else in the place of %s is refused',
  async (name) => {
    const check = () => checkOwnFiles(directory, 'processes', 'nix-processmgmt-processes.target');
    await update(profile('/store/1', 'a'));
    await check();
    await rm(join(directory, name));
    await mkdir(join(directory, name));
    await expect(check()).rejects.toBeInstanceOf(ActivationError);
  },
);
