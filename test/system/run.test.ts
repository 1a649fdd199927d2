import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { createRun, MissingProgramError } from '../../src/system/run.js';
import { makeTemporaryDirectory } from '../support/temporary-directory.js';
import { eventually } from '../support/waiting.js';

const run = createRun(process.env);
const shell = (script: string, more: object = {}) => run({ file: 'sh', args: ['-c', script], ...more });

test('a command gives its exit code and what it printed, and throws for neither', async () => {
  expect(await shell('echo out; echo err >&2; exit 4')).toEqual({
    exitCode: 4,
    stdout: 'out\n',
    stderr: 'err\n',
    timedOut: false,
  });
});

test('a signal counts as 128 and its number, as in a shell', async () => {
  expect((await shell('kill -9 $$')).exitCode).toBe(137);
});

test('a command that takes too long is terminated', async () => {
  expect(await shell('exec sleep 30', { timeout: 100 })).toMatchObject({ exitCode: 143, timedOut: true });
});

test('a daemon that keeps the output open is not waited for', async () => {
  const { stdout } = await shell('echo started; sleep 1000 & echo $!', { leavesDaemon: true });
  expect(stdout).toMatch(/^started\n\d+\n$/);
  // It lives on: fails when there is no such process.
  process.kill(Number(stdout.split('\n')[1]));
});

test('nothing is waited for once a daemon has closed the output', async () => {
  const waits = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const before = waits();
  await shell('echo started', { leavesDaemon: true });
  expect(waits()).toBe(before);
});

test('variables are added to the environment and taken from it', async () => {
  const env = { ADDED: 'yes', HOME: undefined };
  expect((await shell('echo "$ADDED ${HOME-none}"', { env })).stdout).toBe('yes none\n');
});

test('a program that does not exist is named', async () => {
  await expect(run({ file: 'no-such-program', args: [] })).rejects.toThrow(MissingProgramError);
  await expect(run({ file: '/etc/passwd', args: [] })).rejects.toThrow('/etc/passwd');
});

test('output that is not UTF-8 is marked', async () => {
  expect(await shell("printf 'a\\377b'")).toMatchObject({ stdout: 'a\ufffdb', malformedStdout: true });
  expect(await shell("printf 'a\\357\\277\\275b'")).not.toHaveProperty('malformedStdout');
});

test('a command that ignores the terminal is in a session of its own', async () => {
  const session = 'read -r pid name state parent group session rest </proc/self/stat; echo $session';
  const [own, others] = await Promise.all([shell(session, { ignoresTerminal: true }), shell(session)]);
  const here = readFileSync('/proc/self/stat', 'utf8').split(' ')[5];
  expect(others.stdout.trim()).toBe(here);
  expect(own.stdout.trim()).not.toBe(here);
});

const inDirectory = async (use: (directory: string) => Promise<void>): Promise<void> => {
  const { path, remove } = await makeTemporaryDirectory();
  try {
    await use(path);
  } finally {
    await remove();
  }
};

test('a command runs already while its input is made', () =>
  inDirectory(async (directory) => {
    const file = join(directory, 'runs');
    const input = (): Promise<string> => eventually(() => (existsSync(file) ? 'hello' : undefined));
    expect(await shell(`: >'${file}'; exec cat`, { input })).toMatchObject({ exitCode: 0, stdout: 'hello' });
  }));

test('a command whose input cannot be made has ended when that is said', () =>
  inDirectory(async (directory) => {
    const file = join(directory, 'ended');
    const input = (): Promise<string> => Promise.reject(new Error('nobody knows'));
    await expect(shell(`cat; : >'${file}'`, { input })).rejects.toThrow('nobody knows');
    expect(existsSync(file)).toBe(true);
  }));
