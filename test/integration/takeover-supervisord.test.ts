import { chown, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { accounts } from '../support/accounts.js';
import { createDeployment, type Deployment } from '../support/deployment.js';
import { addForeignProfile, setForeignGeneration } from '../support/foreign-generation.js';
import { killProcessesThatMention } from '../support/processes.js';
import { statusOf } from '../support/status.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.js';
import { eventually } from '../support/waiting.js';

jest.setTimeout(60_000);

const [account] = accounts;
if (account === undefined) throw new Error('nobody can run the tests');

const model = `
{ pkgs, stateDir, runtimeDir, logDir, tmpDir, forceDisableUserChange, processManager }:
let
  create = import <nix-processmgmt/nixproc/create-managed-process/universal/create-managed-process-universal.nix> {
    inherit pkgs stateDir runtimeDir logDir tmpDir forceDisableUserChange processManager;
  };
  sleeper = name: { pkg = create {
    inherit name;
    foregroundProcess = "/bin/sleep"; args = [ "infinity" ]; directory = "/tmp"; environment.GREETING = "hello all";
  }; };
in
{ steady = sleeper "steady"; changed = sleeper "changed"; }
`;

// One story: each test goes on where the one before has ended.
describe('a profile that another tool has deployed to a supervisord', () => {
  let configuration: TemporaryDirectory;
  let deployment: Deployment;
  const confDir = (): string => join(configuration.path, 'etc');
  const options = (): readonly string[] => [
    ...['-P', 'supervisord', '--host-packages', `--state-dir=${deployment.stateDir}`, '--force-disable-user-change'],
    join(deployment.directory, 'processes.nix'),
  ];
  const pids = async (): Promise<Readonly<Record<string, number | null>>> =>
    Object.fromEntries([...(await statusOf(deployment))].map(([name, { pid }]) => [name, pid]));
  const states = async (): Promise<Readonly<Record<string, string>>> =>
    Object.fromEntries([...(await statusOf(deployment))].map(([name, { state }]) => [name, state]));
  const supervisorctl = (...args: readonly string[]): ReturnType<Deployment['run']> =>
    deployment.run('supervisorctl', '-c', join(confDir(), 'supervisord.conf'), ...args);

  beforeAll(async () => {
    configuration = await makeTemporaryDirectory();
    for (const path of [configuration.path, confDir(), join(confDir(), 'conf.d')]) {
      if (path !== configuration.path) await mkdir(path);
      await chown(path, account.uid, account.gid);
    }
    deployment = await createDeployment(account, 'webapps', {
      SUPERVISORD_CONF_DIR: confDir(),
      NIXPROC_SETTLE: '0',
    });
    await writeFile(join(deployment.directory, 'processes.nix'), model);
    await writeFile(
      join(confDir(), 'supervisord.conf'),
      `[supervisord]
${account.uid === 0 ? 'user=root' : ''}
pidfile=%(here)s/own.pid
logfile=%(here)s/own.log
childlogdir=%(here)s
[unix_http_server]
file=%(here)s/own.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://%(here)s/own.sock
[include]
files=conf.d/*.conf
`,
    );
    const built = await deployment.succeed('build', '--no-out-link', ...options());
    const { stdout } = await deployment.run('cat', `${built.stdout.trim()}/conf.d/steady.conf`);
    const path = /PATH="([^"]*)"/.exec(stdout)?.[1] ?? '';
    const program = (name: string, greeting: string): { readonly text: string } => ({
      text: `[program:${name}]\ncommand=/bin/sleep 'infinity'\npriority=7\ndirectory=/tmp\nenvironment=PATH='${path}',GREETING="${greeting}"\n`,
    });
    const profile = await addForeignProfile(deployment, {
      'conf.d/steady.conf': program('steady', 'hello all'),
      'conf.d/changed.conf': program('changed', 'good morning'),
      'conf.d/gone.conf': program('gone', 'hello all'),
      'supervisord.conf': { text: '[supervisord]\n[include]\nfiles=conf.d/*\n' },
    });
    await setForeignGeneration(deployment, profile);
    for (const name of ['steady', 'changed', 'gone']) {
      await symlink(`${profile}/conf.d/${name}.conf`, join(confDir(), 'conf.d', `${name}.conf`));
    }
    const { exitCode, stderr } = await deployment.run('supervisord', '-c', join(confDir(), 'supervisord.conf'));
    expect(`${exitCode} ${stderr}`).toMatch(/^0 /);
    await eventually(
      async () => (/RUNNING[^]*RUNNING[^]*RUNNING/.test((await supervisorctl('status')).stdout) ? true : undefined),
      30,
    );
  });
  afterAll(async () => {
    await supervisorctl('shutdown');
    await deployment.dispose();
    killProcessesThatMention(configuration.path);
    await configuration.remove();
  });

  test('the first switch restarts what changed alone', async () => {
    expect(await states()).toEqual({ steady: 'running', changed: 'running', gone: 'running' });
    const before = await pids();
    const { stderr } = await deployment.succeed('switch', ...options());
    expect(stderr).toContain('restarting changed (environment.GREETING: good morning → hello all)');
    expect(stderr).toContain('(1 left untouched)');
    const after = await pids();
    expect(after).toEqual({ steady: before['steady'], changed: expect.any(Number) });
    expect(after['changed']).not.toBe(before['changed']);
  });

  test('what was taken over is started by its new definition the next time', async () => {
    await deployment.succeed('restart', 'steady');
    expect(await states()).toEqual({ steady: 'running', changed: 'running' });
    expect((await supervisorctl('pid', 'steady')).stdout.trim()).toBe(String((await pids())['steady']));
  });

  test('a rollback restarts what differs alone', async () => {
    const before = await pids();
    await deployment.succeed('rollback');
    expect(await states()).toEqual({ steady: 'running', changed: 'running', gone: 'running' });
    expect((await pids())['steady']).toBe(before['steady']);
    await deployment.succeed('undeploy');
    expect((await supervisorctl('status')).stdout.trim()).toBe('');
  });

  test('without the directory of its supervisord, nothing is done beside it', async () => {
    await deployment.succeed('rollback');
    const { exitCode, stderr } = await deployment.run(
      ...(['env', '-u', 'SUPERVISORD_CONF_DIR'] as const),
      ...deployment.toolWords,
      ...['switch', ...options()],
    );
    expect(exitCode).toBe(2);
    expect(stderr).toContain('It is not known which supervisord runs the current generation');
    expect(await states()).toEqual({ steady: 'running', changed: 'running', gone: 'running' });
    await deployment.succeed('undeploy');
  });
});
