import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RunResult } from '../../src/system/ports.js';
import { createRun } from '../../src/system/run.js';
import { repository } from '../support/repository.js';

let profiles: string;
beforeAll(async () => {
  profiles = await mkdtemp(join(tmpdir(), 'nixproc-cli-'));
});
afterAll(() => rm(profiles, { recursive: true, force: true }));

const tool = (...args: readonly string[]): Promise<RunResult> =>
  createRun({ PATH: process.env['PATH'], HOME: profiles, NIX_USER_PROFILE_DIR: profiles })({
    file: process.execPath,
    args: [join(repository, 'bin', 'nix-processmgmt-ts'), ...args],
  });

const commands = [
  ...['switch', 'plan', 'build', 'undeploy', 'rollback', 'generations', 'status'],
  ...['start', 'stop', 'restart', 'reload', 'logs', 'run', 'eval', 'id-assign', 'init-state', 'run-activity'],
];

test('--version prints the version of the package', async () => {
  const { version } = JSON.parse(
    (await createRun(process.env)({ file: 'cat', args: [join(repository, 'package.json')] })).stdout,
  ) as { version: string };
  expect(await tool('--version')).toMatchObject({ exitCode: 0, stdout: `${version}\n`, stderr: '' });
});

test('--help lists every command, on stdout', async () => {
  const { exitCode, stdout, stderr } = await tool('--help');
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  for (const command of commands) expect(stdout).toContain(`nix-processmgmt-ts ${command}`);
});

test('a result that cannot be written is a failure in words', async () => {
  const entry = join(repository, 'bin', 'nix-processmgmt-ts');
  expect(
    await createRun(process.env)({ file: 'sh', args: ['-c', '"$@" --help >/dev/full', 'sh', process.execPath, entry] }),
  ).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/^error: The output cannot be written\n.*ENOSPC/) });
});

test('a log that cannot be written changes nothing', async () => {
  const entry = join(repository, 'bin', 'nix-processmgmt-ts');
  expect(
    await createRun(process.env)({
      file: 'sh',
      args: ['-c', '"$@" swich 2>/dev/full', 'sh', process.execPath, entry],
    }),
  ).toMatchObject({ exitCode: 2, stdout: '' });
});

/** Those that talk to no process manager, or only to one that has no user's own. */
const withoutManager = ['build', 'eval', 'id-assign', 'init-state', 'run-activity'];

test.each(commands)("%s --help shows an example, and how to mean a user's own manager", async (command) => {
  const { exitCode, stdout } = await tool(command, '--help');
  expect(stdout.includes('--user ')).toBe(!withoutManager.includes(command));
  expect(exitCode).toBe(0);
  expect(stdout).toContain('Examples:');
});

test.each([
  ['no command', [], 'name a command'],
  ['a mistyped command', ['swich'], 'Did you mean switch?'],
  ['an unknown option', ['switch', '--no-such-option'], 'Unknown argument'],
  ['an option with a dot', ['status', '--profile.x=1'], 'Unknown argument: profile.x'],
  ['an option with a dot, and another one', ['status', '--json.x', '-p', 'a'], 'Unknown argument: json.x'],
  ['an option that is a property of every object', ['status', '--__proto__.x=1'], 'Unknown argument: __proto__.x'],
  ['a part of an option of ours', ['switch', '--state-dir.x=/a', 'x.nix'], 'Unknown argument'],
  ['a name behind -- that is no action', ['generations', '--', '-x'], 'Given: "-x"'],
  ['an unknown manager', ['switch', '-P', 'upstart', 'x.nix'], 'upstart'],
  ['an option without its value', ['switch', '--state-dir'], 'state-dir'],
  [
    'a number of jobs that is none, before anything is built',
    ['switch', '-j', 'many', '/no/such/model'],
    '--jobs must be',
  ],
  ['an empty profile name', ['status', '-p', ''], '"profile" on the command line is empty'],
  ['an empty state directory', ['switch', '--state-dir=', 'x.nix'], '"state-dir" on the command line is empty'],
  ['an empty model', ['switch', '-P', 'sysvinit', ''], '"model" on the command line is empty'],
  ["a profile name that is a directory's", ['status', '-p', '..'], '".." cannot be the name of a profile'],
  ["a profile name that is a generation's", ['status', '-p', 'web-1-link'], '"web-1-link" cannot be the name'],
  ['a directory in the place of a profile', ['generations', '-p', '/etc'], '/etc is not a profile'],
  ['no model', ['switch', '-P', 'sysvinit'], 'No model was given'],
  ['a model that is not there', ['switch', '-P', 'sysvinit', '/no/such/processes.nix'], '/no/such/processes.nix'],
  ['no manager', ['switch', join(repository, 'fixtures', 'webapps', 'processes.nix')], 'No process manager was chosen'],
  ['a rollback without generations', ['rollback'], 'no good generation to go back to'],
  ['a generation that is no number', ['generations', 'switch', 'x'], 'one generation number'],
  ['a service while nothing is deployed', ['restart', 'webapp1'], 'Nothing is deployed'],
])('%s is a usage error with words and without a stack', async (_, args, words) => {
  const { exitCode, stdout, stderr } = await tool(...args);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toContain(words);
  expect(stderr).toMatch(/^error: /m);
  expect(stderr).not.toMatch(/^\s+at /m);
});

test('the stack is shown when asked for', async () => {
  expect((await tool('--verbose', 'rollback')).stderr).toMatch(/^\s+at /m);
});

test('status says with exit code 4 that nothing is deployed', async () => {
  expect(await tool('status', '--json')).toMatchObject({ exitCode: 4, stdout: '[]\n' });
});

test('undeploying nothing does nothing and says so', async () => {
  const { exitCode, stderr } = await tool('undeploy');
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: 'nothing to do: nothing is deployed\n' });
});

test('every one of several names counts', async () => {
  const { stderr } = await tool('generations', 'delete', 'first', 'second');
  expect(stderr).toContain('"first"');
});

test('of an option that is given twice the last one counts', async () => {
  const { stderr } = await tool('restart', '-p', 'first', '-p', 'second', 'webapp1');
  expect(stderr).toContain(`${profiles}/second`);
});

test('what follows -- is an operand, also when it begins with a dash', async () => {
  const { exitCode, stderr } = await tool('switch', '-P', 'sysvinit', '--', '/no/such/processes.nix');
  expect({ exitCode, stderr }).toEqual({
    exitCode: 2,
    stderr: expect.stringContaining('There is no model /no/such/processes.nix'),
  });
  expect((await tool('switch', '-P', 'sysvinit', '--', '-p')).stderr).toMatch(/There is no model \S+\/-p$/m);
});
