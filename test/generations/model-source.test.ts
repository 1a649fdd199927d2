import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { modelSource, parseGitStatus } from '../../src/generations/model-source.js';
import type { Ports } from '../../src/system/ports.js';
import { createRun } from '../../src/system/run.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.js';

let directory: TemporaryDirectory;
let model: string;
beforeEach(async () => {
  directory = await makeTemporaryDirectory();
  model = join(directory.path, 'processes.nix');
  await writeFile(model, '{ }');
});
afterEach(() => directory.remove());

const env = {
  PATH: process.env['PATH'],
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@example.org',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@example.org',
};
const ports = (path = env.PATH): Ports => ({
  run: createRun({ ...env, PATH: path }),
  log: pino({ level: 'silent' }),
  env: {},
});
const git = async (...args: readonly string[]): Promise<string> => {
  const { exitCode, stdout, stderr } = await ports().run({ file: 'git', args: ['-C', directory.path, ...args] });
  if (exitCode !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`);
  return stdout.trim();
};

test('a model in a repository has a revision, and changes that are not committed make it dirty', async () => {
  await git('init', '-q');
  expect((await modelSource(model, ports())).revision).toBeNull();
  await git('add', '.');
  await git('commit', '-q', '-m', 'first');
  const commit = await git('rev-parse', 'HEAD');
  expect(await modelSource(model, ports())).toEqual({ path: model, revision: { commit, dirty: false } });
  // Nix reads files that Git does not know.
  await writeFile(join(directory.path, 'constructors.nix'), '{ }');
  expect((await modelSource(model, ports())).revision).toEqual({ commit, dirty: true });
});

test('a model outside of a repository, and one on a machine without Git, has no revision', async () => {
  expect(await modelSource(model, ports())).toEqual({ path: model, revision: null });
  expect(await modelSource(model, ports(directory.path))).toEqual({ path: model, revision: null });
});

test('the words of Git are understood, also for a branch that is behind and a repository with long IDs', () => {
  const id = '0123456789abcdef'.repeat(4);
  expect(parseGitStatus(`# branch.oid ${id}\n# branch.head main\n# branch.ab +0 -1\n`)).toEqual({
    commit: id,
    dirty: false,
  });
  expect(parseGitStatus('# branch.oid (initial)\n? processes.nix\n')).toBeNull();
});
