import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { SessionContext } from '../../../src/backends/backend.js';
import { connect } from '../../../src/backends/systemd/connect.js';
import { chooseScope } from '../../../src/backends/systemd/scope.js';
import { ManagerUnavailableError, UsageError } from '../../../src/system/errors.js';
import type { Run, RunRequest } from '../../../src/system/ports.js';
import { MissingProgramError } from '../../../src/system/run.js';
import { isRoot } from '../../support/is-root.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../../support/temporary-directory.js';
import { deployedProfile, deployedUnit } from './support/deployed.js';
import { userContext } from './support/user-context.js';

let temporary: TemporaryDirectory;
let userDirectory: string;
beforeEach(async () => {
  temporary = await makeTemporaryDirectory();
  userDirectory = join(temporary.path, 'systemd', 'user');
});
afterEach(() => temporary.remove());

/** A systemctl that says `stdout`. */
const answering =
  (stdout: string, exitCode = 0, stderr = '', requests: RunRequest[] = []): Run =>
  async (request) => {
    requests.push(request);
    return { exitCode, stdout, stderr, timedOut: false };
  };

const context = (run: Run, differences: Partial<SessionContext> = {}): SessionContext =>
  userContext(temporary.path, run, differences);

const healthy = (directory: string): string => `Version=252\nUnitPath=/run/x ${directory}\n`;

test("a user's systemd is asked with --user, and found without a session's variables", async () => {
  const requests: RunRequest[] = [];
  await connect(context(answering(healthy(userDirectory), 0, '', requests)));
  expect(requests[0]).toMatchObject({
    file: 'systemctl',
    env: { XDG_RUNTIME_DIR: `/run/user/${process.getuid?.() ?? 0}` },
  });
  expect(requests[0]?.args).toContain('--user');
});

test('a machine without systemd is told from one that runs something else', async () => {
  const missing: Run = () => Promise.reject(new MissingProgramError('systemctl'));
  await expect(connect(context(missing))).rejects.toBeInstanceOf(ManagerUnavailableError);
  await expect(connect(context(missing))).rejects.toMatchObject({ why: 'There is no systemctl on PATH' });
  const offline = answering('', 1, 'System has not been booted with systemd as init system (PID 1).\n');
  await expect(connect(context(offline))).rejects.toMatchObject({
    exitCode: 8,
    why: 'System has not been booted with systemd as init system (PID 1).',
  });
});

test('a directory that systemd does not look into is an error that lists those that it does', async () => {
  const failure = connect(context(answering(healthy('/etc/systemd/user'))));
  await expect(failure).rejects.toBeInstanceOf(UsageError);
  await expect(failure).rejects.toMatchObject({
    message: `systemd does not look for units in ${userDirectory}`,
    fix: 'Set SYSTEMD_TARGET_DIR to one of: /run/x /etc/systemd/user',
  });
});

test("a process with a user of its own cannot be deployed to a user's systemd", async () => {
  const target = deployedProfile('/store/p', [deployedUnit('a', '/store/p', { user: 'web' })]);
  await expect(connect(context(answering(healthy(userDirectory)), { target }))).rejects.toMatchObject({
    message: expect.stringContaining('"a" runs as the user web'),
    fix: expect.stringContaining('--force-disable-user-change'),
  });
});

test('SYSTEMD_TARGET_DIR names the directory of the units', async () => {
  const env = { SYSTEMD_TARGET_DIR: '/somewhere' };
  expect(chooseScope(context(answering(''), { env })).directory).toBe('/somewhere');
});

// Ordinary users have one systemd alone.
const testAsRoot = isRoot ? test : test.skip;

testAsRoot("root's deployments are the system's, or where --user has put them", async () => {
  const scope = (managerOptions: Readonly<Record<string, string>>) =>
    chooseScope(context(answering(''), { managerOptions }));
  expect(scope({})).toMatchObject({
    kind: 'system',
    directory: '/etc/systemd/system',
    bootTarget: 'multi-user.target',
  });
  expect(scope({ user: 'true' })).toMatchObject({ kind: 'user', bootTarget: 'default.target' });
  await mkdir(userDirectory, { recursive: true });
  await writeFile(join(userDirectory, '.nix-processmgmt-processes.json'), '');
  expect(scope({})).toMatchObject({ kind: 'user' });
});

test('what runs is asked together with the first question, and that answer counts once, unless something was done', async () => {
  const requests: RunRequest[] = [];
  const unit = deployedUnit('a', '/store/p');
  const target = deployedProfile('/store/p', [unit]);
  const session = await connect(context(answering(healthy(userDirectory), 0, '', requests), { target }));
  const listings = (): number => requests.filter(({ args }) => args.includes('list-units')).length;
  expect(requests).toHaveLength(2);
  await session.observe([unit], 'state');
  expect(listings()).toBe(1);
  await session.observe([unit], 'state');
  expect(listings()).toBe(2);
  const other = await connect(context(answering(healthy(userDirectory), 0, '', requests), { target }));
  await other.stop([unit]);
  const before = listings();
  await other.observe([unit], 'state');
  expect(listings()).toBe(before + 1);
});
