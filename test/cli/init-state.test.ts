import { mkdir, readlink, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { RunResult } from '../../src/system/ports.js';
import { createRun } from '../../src/system/run.js';
import { isRoot } from '../support/is-root.js';
import { repository } from '../support/repository.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.js';

let directory: TemporaryDirectory;
beforeEach(async () => {
  directory = await makeTemporaryDirectory();
});
afterEach(() => directory.remove());

const initState = (env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<RunResult> =>
  createRun({ PATH: process.env['PATH'], ...env })({
    file: process.execPath,
    args: [join(repository, 'bin', 'nix-processmgmt-ts'), 'init-state', ...args],
  });
const below = (...parts: readonly string[]): string => join(directory.path, ...parts);
const modeOf = async (path: string): Promise<string> => ((await stat(path)).mode & 0o7777).toString(8);

const names = ['runtime', 'log', 'tmp', 'cache', 'spool', 'lock', 'lib'];

test('every state directory goes where its option says', async () => {
  const options = ['state', ...names].flatMap((name) => [`--${name}-dir`, below('by-option', name)]);
  expect(await initState({}, ...options)).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
  for (const name of ['state', ...names]) expect((await stat(below('by-option', name))).isDirectory()).toBe(true);
});

test('every state directory goes where its variable says, and an option wins over it', async () => {
  const variables = Object.fromEntries(
    ['state', ...names].map((name) => [`NIXPROC_${name.toUpperCase()}_DIR`, below('by-variable', name)]),
  );
  expect(await initState(variables, '--cache-dir', below('by-option'))).toMatchObject({ exitCode: 0 });
  for (const name of ['state', ...names].filter((candidate) => candidate !== 'cache')) {
    expect((await stat(below('by-variable', name))).isDirectory()).toBe(true);
  }
  await expect(stat(below('by-variable', 'cache'))).rejects.toThrow('ENOENT');
  expect((await stat(below('by-option'))).isDirectory()).toBe(true);
});

test('a second time nothing is done', async () => {
  expect(await initState({}, '--state-dir', below('state'))).toMatchObject({ exitCode: 0 });
  const { ino, ctimeMs } = await stat(below('state', 'tmp'));
  expect(await initState({}, '--verbose', '--state-dir', below('state'))).toMatchObject({ exitCode: 0, stderr: '' });
  expect(await stat(below('state', 'tmp'))).toMatchObject({ ino, ctimeMs });
});

test('links lead to /tmp and /run where those are used, unless something is there', async () => {
  await mkdir(below('state'));
  await symlink('/somewhere', below('state', 'run'));
  await initState({}, '--state-dir', below('state'), '--tmp-dir', '/tmp', '--runtime-dir', '/run');
  expect(await readlink(below('state', 'tmp'))).toBe('/tmp');
  expect(await readlink(below('state', 'run'))).toBe('/somewhere');
});

(isRoot ? test : test.skip)('as root, tmp is for everybody, unless users are not changed', async () => {
  await initState({}, '--state-dir', below('root'));
  expect(await modeOf(below('root', 'tmp'))).toBe('1777');
  expect(await modeOf(below('root', 'log'))).toBe('755');
  await initState({}, '--state-dir', below('by-option'), '--force-disable-user-change');
  expect(await modeOf(below('by-option', 'tmp'))).toBe('755');
  await initState({ NIXPROC_FORCE_DISABLE_USER_CHANGE: '1' }, '--state-dir', below('by-variable'));
  expect(await modeOf(below('by-variable', 'tmp'))).toBe('755');
});

test('what is in the way is named', async () => {
  const { exitCode, stderr } = await initState({}, '--state-dir', '/dev/null/state');
  expect(exitCode).toBe(6);
  expect(stderr).toContain('/dev/null');
});
