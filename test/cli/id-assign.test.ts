import { chmod, cp, mkdir, readFile, readdir, readlink, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { RunResult } from '../../src/system/ports.js';
import { createRun } from '../../src/system/run.js';
import { repository } from '../support/repository.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.js';

let directory: TemporaryDirectory;
let model: string;
beforeEach(async () => {
  directory = await makeTemporaryDirectory();
  model = join(directory.path, 'model');
  await cp(join(repository, 'fixtures', 'webapps'), model, { recursive: true });
});
afterEach(() => directory.remove());

const idAssign = (...args: readonly string[]): Promise<RunResult> => {
  const nix = join(directory.path, 'nix');
  return createRun({
    PATH: process.env['PATH'],
    HOME: directory.path,
    NIX_REMOTE: 'local',
    NIX_STORE_DIR: join(nix, 'store'),
    NIX_STATE_DIR: join(nix, 'var', 'nix'),
    NIX_LOG_DIR: join(nix, 'var', 'log'),
  })({
    file: process.execPath,
    args: [join(repository, 'bin', 'nix-processmgmt-ts'), 'id-assign', '--id-resources', 'idresources.nix', ...args],
    cwd: model,
  });
};
const inModel = (file: string): string => join(model, file);
const idsFile = (): Promise<string> => readFile(inModel('ids.nix'), 'utf8');
const withIds = ['--ids', 'ids.nix', '--output-file', 'ids.nix', 'processes.nix'];

test('the first assignment of a model without IDs gives the IDs that the fixture has', async () => {
  const expected = await idsFile();
  await createRun(process.env)({ file: 'rm', args: [inModel('ids.nix')] });
  expect(await idAssign('processes.nix')).toMatchObject({ exitCode: 0, stdout: expected });
  expect(await idAssign(...withIds)).toMatchObject({ exitCode: 0, stdout: '' });
  expect(await idsFile()).toBe(expected);
});

test('a new instance gets the next IDs, and the others keep theirs', async () => {
  const before = await idsFile();
  await writeFile(
    inModel('more.nix'),
    'args@{ processManager, ... }: import ./processes.nix args // { another = { requiresUniqueIdsFor = [ "webappPorts" ]; }; }',
  );
  const { exitCode, stderr } = await idAssign('--ids', 'ids.nix', '--output-file', 'ids.nix', 'more.nix');
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: 'webappPorts: another gets 15002\n' });
  expect(await idsFile()).toBe(
    before
      .replace('"webapp1" = 15000;', '"another" = 15002;\n      "webapp1" = 15000;')
      .replace('"webappPorts" = 15001', '"webappPorts" = 15002'),
  );
});

test('only the property is evaluated: a model that cannot do without IDs gets its first ones', async () => {
  await writeFile(
    inModel('strict.nix'),
    `{ pkgs ? throw "no packages here", processManager, ... }:
     let ids = { }; in {
       webapp = rec {
         port = ids.webappPorts.webapp;
         pkg = import /no/such/framework { inherit port; };
         requiresUniqueIdsFor = [ "webappPorts" ];
       };
     }`,
  );
  const { exitCode, stdout } = await idAssign('strict.nix');
  expect(exitCode).toBe(0);
  expect(stdout).toContain('"webapp" = 15000;');
});

test('another property can list the pools', async () => {
  await writeFile(inModel('other.nix'), '{ processManager }: { webapp.needs = [ "webappPorts" ]; }');
  expect((await idAssign('--service-property', 'needs', 'other.nix')).stdout).toContain('"webapp" = 15000;');
});

test('a pool that does not exist, or a property that is no list, is told and otherwise ignored', async () => {
  await writeFile(
    inModel('odd.nix'),
    '{ processManager }: { a.requiresUniqueIdsFor = [ "moons" ]; b.requiresUniqueIdsFor = 5; c.requiresUniqueIdsFor = throw "x"; }',
  );
  const { exitCode, stderr } = await idAssign('odd.nix');
  expect(exitCode).toBe(0);
  expect(stderr).toContain(`a wants an ID of the pool "moons", which ${inModel('idresources.nix')} does not have`);
  expect(stderr).toContain('b: requiresUniqueIdsFor is not a list of names of pools');
});

test('--check says whether everybody has an ID, and writes nothing', async () => {
  expect(await idAssign('--ids', 'ids.nix', '--check', 'processes.nix')).toMatchObject({ exitCode: 0, stdout: '' });
  const stale = (await idsFile()).replace('      "webapp1" = 15000;\n', '');
  await writeFile(inModel('ids.nix'), stale);
  const { exitCode, stderr } = await idAssign('--output-file', 'ids.nix', '--check', 'processes.nix');
  expect(exitCode).toBe(4);
  expect(stderr).toContain(`The IDs in ${inModel('ids.nix')} are not up to date`);
  expect(stderr).toContain('webappPorts: webapp1 gets 15002');
  expect(await idsFile()).toBe(stale);
});

test.each([
  ['a missing pools file', ['--id-resources', 'none.nix', 'processes.nix'], 2, 'There is no file'],
  ['a missing IDs file', ['--ids', 'none.nix', 'processes.nix'], 2, 'There is no file'],
  ['a syntax error', ['--ids', 'broken.nix', 'processes.nix'], 3, 'broken.nix:1:'],
  ['a malformed file', ['--ids', 'idresources.nix', 'processes.nix'], 2, 'does not hold assigned IDs'],
  ['an overlap', ['--ids', 'overlap.nix', 'processes.nix'], 4, 'have the same ID 15000 of the pool "webappPorts"'],
  ['an exhausted pool', ['--id-resources', 'small.nix', 'processes.nix'], 4, 'The pool "webappPorts" has no ID left'],
  ['a model that is none', ['idresources.nix'], 3, 'is not a function'],
  ['nothing to check', ['--check', 'processes.nix'], 2, 'There are no IDs to check'],
])('%s is a clear error that leaves the IDs alone', async (_, args, code, words) => {
  await writeFile(inModel('broken.nix'), '{ ids = }');
  await writeFile(inModel('overlap.nix'), '{ ids.webappPorts = { webapp1 = 15000; webapp2 = 15000; }; }');
  await writeFile(inModel('small.nix'), '{ webappPorts = { min = 1; max = 1; }; }');
  const before = await idsFile();
  const output = args.includes('--check') ? [] : ['--output-file', 'ids.nix'];
  const { exitCode, stderr, stdout } = await idAssign(...output, ...args);
  expect({ exitCode, stdout }).toEqual({ exitCode: code, stdout: '' });
  expect(stderr).toContain(words);
  expect(await idsFile()).toBe(before);
});

test('a file that is replaced keeps its mode, and a link to it stays a link', async () => {
  await mkdir(inModel('shared'));
  await writeFile(inModel('shared/ids.nix'), '{ }');
  await chmod(inModel('shared/ids.nix'), 0o640);
  await symlink('shared/ids.nix', inModel('link.nix'));
  expect(await idAssign('--ids', 'link.nix', '--output-file', 'link.nix', 'processes.nix')).toMatchObject({
    exitCode: 0,
  });
  expect(await readlink(inModel('link.nix'))).toBe('shared/ids.nix');
  expect((await stat(inModel('shared/ids.nix'))).mode & 0o777).toBe(0o640);
  expect(await readdir(inModel('shared'))).toEqual(['ids.nix']);
  expect(await readFile(inModel('shared/ids.nix'), 'utf8')).toContain('"webapp1" = 15000;');
});

test('a file that is up to date is not touched', async () => {
  const { mtimeMs, ino } = await stat(inModel('ids.nix'));
  expect(await idAssign(...withIds)).toMatchObject({ exitCode: 0, stderr: '' });
  expect(await stat(inModel('ids.nix'))).toMatchObject({ mtimeMs, ino });
});
