import { chmod, chown, mkdir, readFile, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { codeCacheOf, compile, createLoader } from '../../src/cli/code-cache/code-cache.js';
import type { RunResult } from '../../src/system/ports.js';
import { createRun } from '../../src/system/run.js';
import { bundleProgram } from '../support/bundle-program.js';
import { copyTool } from '../support/installation.js';
import { isRoot } from '../support/is-root.js';
import { repository } from '../support/repository.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.js';

let directory: TemporaryDirectory;
beforeAll(async () => {
  directory = await makeTemporaryDirectory();
});
afterAll(() => directory.remove());

/** A copy of the program, as it is installed. */
const install = async (name: string, parts?: readonly string[]) => {
  const installation = join(directory.path, name);
  await copyTool(installation, parts);
  const dist = join(installation, 'dist');
  const caches = (await readdir(dist)).filter((file) => file.endsWith('.cache')).map((file) => join(dist, file));
  return { installation, dist, caches };
};

const node = (args: readonly string[], options = ''): Promise<RunResult> =>
  createRun({ PATH: process.env['PATH'], HOME: directory.path, NIX_USER_PROFILE_DIR: directory.path })({
    file: process.execPath,
    args,
    env: { NODE_OPTIONS: options },
  });

const answersStatus = async (installation: string): Promise<void> => {
  expect(await node([join(installation, 'bin', 'nix-processmgmt-ts'), 'status'])).toMatchObject({
    exitCode: 4,
    stderr: 'nothing is deployed\n',
  });
};

test('the build leaves what V8 has compiled of all parts of the program, for the Node.js that built it', async () => {
  const { dist, caches } = await install('built');
  const parts = ['program.js', 'unchanged.js', 'later.js'].map((name) => join(dist, name));
  expect(caches.map((cache) => cache.replace(/\.[0-9a-f]{16}\./, '.unknown.')).sort()).toEqual(
    parts.map(codeCacheOf).sort(),
  );
  for (const part of parts) {
    const cache = caches.find((file) => file.startsWith(part));
    // In a process of its own: the options of the tests' Node.js are others.
    const looksAtCache = `
      const { readFileSync } = require('node:fs');
      const text = readFileSync(${JSON.stringify(part)}, 'latin1');
      const source = '(function (exports, require, module, __filename, __dirname) { ' + text + '\\n})';
      const script = new (require('node:vm').Script)(source, { cachedData: readFileSync(${JSON.stringify(cache)}) });
      process.stdout.write(String(script.cachedDataRejected));
    `;
    expect((await node(['-e', looksAtCache])).stdout).toBe('false');
  }
});

test('the commands that the build runs to have the program compiled work', async () => {
  const { dist } = await install('rebuilt');
  const writer = await bundleProgram('src/cli/code-cache/write-code-cache.ts', dist);
  expect(await node([writer])).toMatchObject({ exitCode: 0, stderr: expect.not.stringContaining('exit code') });
});

test.each(['program.js', 'unchanged.js', 'later.js'])('%s is ASCII, as who loads it expects', async (part) => {
  expect(await readFile(join(repository, 'dist', part), 'utf8')).not.toMatch(/[^\0-\x7f]/);
});

test('without a cache the program works the same, and writes nothing beside itself', async () => {
  const { installation, dist, caches } = await install('without');
  for (const cache of caches) await rm(cache);
  const listing = async () =>
    Promise.all((await readdir(dist)).map(async (file) => [file, (await stat(join(dist, file))).mtimeMs]));
  const before = await listing();
  await answersStatus(installation);
  expect(await listing()).toEqual(before);
});

/** What `status` is called with that has a home of its own. */
const atHome = async (home: string, installation: string): Promise<RunResult> =>
  createRun({ PATH: process.env['PATH'], HOME: home, NIX_USER_PROFILE_DIR: home })({
    file: process.execPath,
    args: [join(installation, 'bin', 'nix-processmgmt-ts'), 'status'],
  });

const makeHome = async (name: string): Promise<string> => {
  const home = join(directory.path, name);
  await mkdir(home, { mode: 0o755 });
  return home;
};

const filesBelow = async (path: string): Promise<readonly string[]> =>
  (await readdir(path, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();

const installWithoutCaches = async (name: string): Promise<string> => {
  const { installation, caches } = await install(name);
  for (const cache of caches) await rm(cache);
  return installation;
};

test('what the build has not compiled for this Node.js is kept in the cache directory of the user', async () => {
  const installation = await installWithoutCaches('kept');
  const home = await makeHome('home');
  expect(await atHome(home, installation)).toMatchObject({ exitCode: 4, stderr: 'nothing is deployed\n' });
  const kept = await filesBelow(home);
  expect(kept.map((file) => file.slice(home.length).split('/').slice(0, 3))).toEqual(
    ['later', 'program', 'unchanged'].map(() => ['', '.cache', 'nix-processmgmt-ts']),
  );
  const times = () => Promise.all(kept.map(async (file) => (await stat(file)).mtimeMs));
  const before = await times();
  expect(await atHome(home, installation)).toMatchObject({ exitCode: 4, stderr: 'nothing is deployed\n' });
  expect(await times()).toEqual(before);
});

describe('code that somebody else could have put there', () => {
  /** The program's, but it does something else: V8 compares no more than the length of the text. */
  const plant = async (home: string, installation: string): Promise<readonly string[]> => {
    await atHome(home, installation);
    const program = (await filesBelow(home)).find((file) => basename(file).startsWith('program.js')) ?? '';
    const length = (await stat(join(installation, 'dist', 'program.js'))).size;
    const planted = join(directory.path, 'planted.js');
    await writeFile(planted, 'process.exit(42);'.padEnd(length));
    const writer = `
      const { readFileSync, writeFileSync } = require('node:fs');
      const text = '(function (exports, require, module, __filename, __dirname) { ' + readFileSync(process.argv[1], 'latin1') + '\\n})';
      const script = new (require('node:vm').Script)(text);
      try { process.exit = () => {}; script.runInThisContext()(); } catch {}
      writeFileSync(process.argv[2], script.createCachedData());
    `;
    await node(['-e', writer, planted, program]);
    return [program, dirname(program), join(home, '.cache'), home];
  };

  test('runs when it lies in directories of the user', async () => {
    const installation = await installWithoutCaches('planted');
    const home = await makeHome('planted-home');
    await plant(home, installation);
    expect(await atHome(home, installation)).toMatchObject({ exitCode: 42 });
  });

  test.each([0, 1, 2, 3])('does not run when others can write to it or above it (%i)', async (above) => {
    const installation = await installWithoutCaches(`writable-${above}`);
    const home = await makeHome(`writable-home-${above}`);
    const path = (await plant(home, installation))[above] ?? '';
    await chmod(path, 0o777);
    expect(await atHome(home, installation)).toMatchObject({ exitCode: 4 });
  });

  (isRoot ? test : test.skip).each([0, 1, 2, 3])(
    'does not run for root when it is of another user (%i)',
    async (above) => {
      const installation = await installWithoutCaches(`foreign-${above}`);
      const home = await makeHome(`foreign-home-${above}`);
      const path = (await plant(home, installation))[above] ?? '';
      await chown(path, 65534, 65534);
      expect(await atHome(home, installation)).toMatchObject({ exitCode: 4 });
    },
  );

  (isRoot ? test : test.skip)('is not written by root in the home of another user', async () => {
    const installation = await installWithoutCaches('not-written');
    const home = await makeHome('not-written-home');
    await chown(home, 65534, 65534);
    expect(await atHome(home, installation)).toMatchObject({ exitCode: 4 });
    expect(await filesBelow(home)).toEqual([]);
  });
});

test('a cache that is not what the build has written is ignored', async () => {
  const { installation, caches } = await install('broken');
  for (const cache of caches) await truncate(cache, 1000);
  await answersStatus(installation);
  for (const cache of caches) await writeFile(cache, 'something else');
  await answersStatus(installation);
});

test('the cache of another text is not taken for its own', async () => {
  const program = join(directory.path, 'other', 'program.js');
  await mkdir(join(directory.path, 'other'));
  await writeFile(program, 'exports.answer = 1;');
  const cache = compile(program, undefined).createCachedData();
  await writeFile(program, 'exports.answer = 1 + 1;');
  const script = compile(program, cache);
  expect(script.cachedDataRejected).toBe(true);
  expect(createLoader(() => script)(program)).toEqual({ answer: 2 });
});

test('stacks name our functions, and with --enable-source-maps our sources', async () => {
  // Without nix beside it the program does not work.
  const { dist } = await install('incomplete', ['dist']);
  const fails = [join(dist, 'main.js'), 'status', '--verbose'];
  const plain = await node(fails);
  expect(plain).toMatchObject({ exitCode: 1 });
  expect(plain.stderr).toMatch(/at find \(nix-processmgmt-ts\/dist\/program\.js:\d+:\d+\)/);
  expect((await node(fails, '--enable-source-maps')).stderr).toMatch(/src\/system\/nix-directory\.ts:\d+:\d+/);
});

test('stacks of the part that is loaded later do so, too', async () => {
  const fails = [join(repository, 'dist', 'main.js'), 'logs', '--verbose', 'any'];
  expect((await node(fails)).stderr).toMatch(/at requireDeployment \(nix-processmgmt-ts\/dist\/later\.js:\d+:\d+\)/);
  expect((await node(fails, '--enable-source-maps')).stderr).toMatch(/src\/cli\/current-deployment\.ts:\d+:\d+/);
});
