import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { accounts, asAccount } from '../support/accounts.js';
import { bundleProgram } from '../support/bundle-program.js';
import { createDeployment, type Deployment } from '../support/deployment.js';
import { isAlive, processesThatMention } from '../support/processes.js';
import { statusOf } from '../support/status.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.js';
import { eventually } from '../support/waiting.js';

/** Three services, of which the last one needs the others. */
const model = `
{ pkgs, stateDir, runtimeDir, logDir, tmpDir, forceDisableUserChange, processManager, ... }:
let
  create = import ./nix-processmgmt/nixproc/create-managed-process/universal/create-managed-process-universal.nix {
    inherit pkgs stateDir runtimeDir logDir tmpDir forceDisableUserChange processManager;
  };
  service = name: dependencies: {
    inherit name;
    value.pkg = create {
      instanceName = name;
      foregroundProcess = "\${pkgs.coreutils}/bin/sleep";
      args = [ "1000" ];
      inherit dependencies;
    };
  };
  processes = builtins.listToAttrs [ (service "a" [ ]) (service "b" [ ]) (service "c" [ processes.a.pkg processes.b.pkg ]) ];
in
processes
`;

const account = accounts.at(-1);

describe('under supervisord', () => {
  let deployment: Deployment;
  const expected = ['a', 'b', 'c'];
  const place = (): string => join(deployment.runtimeDir, 'nix-processmgmt-ts', 'processes');
  const states = async (): Promise<Readonly<Record<string, string>>> =>
    Object.fromEntries([...(await statusOf(deployment))].map(([instance, { state }]) => [instance, state]));
  const pids = async (): Promise<readonly number[]> =>
    [...(await statusOf(deployment)).values()].flatMap(({ pid }) => (pid === null ? [] : [pid]));
  const sleepers = (): number =>
    processesThatMention(deployment.directory).filter(({ commandLine }) => commandLine.endsWith('sleep 1000')).length;
  const kill = async (): Promise<void> => {
    const pid = Number(readFileSync(join(place(), 'supervisord.pid'), 'utf8'));
    process.kill(pid, 'SIGKILL');
    await eventually(() => (isAlive(pid) ? undefined : true));
  };
  const running = { a: 'running', b: 'running', c: 'running' };

  beforeAll(async () => {
    if (account === undefined) throw new Error('there is no account');
    deployment = await createDeployment(account, 'webapps');
    await deployment.run(
      'sh',
      '-c',
      'cat > "$0" <<\\END\n' + model + 'END',
      join(deployment.directory, 'home/model.nix'),
    );
    await deployment.succeed(
      'switch',
      '-P',
      'supervisord',
      ...stateOptions(),
      join(deployment.directory, 'home/model.nix'),
    );
  });
  afterAll(() => deployment.dispose());
  const stateOptions = (): readonly string[] => [`--state-dir=${deployment.stateDir}`, '--force-disable-user-change'];

  test('status says what was lost, and what to do', async () => {
    await kill();
    const { exitCode, stdout, stderr } = await deployment.tool('status');
    expect(exitCode).toBe(3);
    expect(stdout.match(/still runs, but its supervisord has ended/g)).toHaveLength(expected.length);
    expect(stderr).toContain(
      'supervisord has ended: nothing watches over its programs; bring back all that should run with',
    );
    expect(sleepers()).toBe(expected.length);
  });

  test('who asks for one process gets back all that should run, once', async () => {
    await deployment.succeed('restart', 'a');
    expect(await states()).toEqual(running);
    expect(sleepers()).toBe(expected.length);
    await kill();
    await deployment.succeed('stop', 'b');
    expect(await states()).toEqual({ ...running, b: 'stopped' });
    await kill();
    await deployment.succeed('start', 'b');
    expect(await states()).toEqual(running);
    expect(sleepers()).toBe(expected.length);
  });

  test('a switch of the same model starts all of it again, and what was stopped stays stopped', async () => {
    await deployment.succeed('stop', 'b');
    const before = await pids();
    await kill();
    const { stderr } = await deployment.succeed(
      'switch',
      ...stateOptions(),
      join(deployment.directory, 'home/model.nix'),
    );
    expect(stderr).not.toContain('nothing to do');
    expect(await states()).toEqual({ ...running, b: 'stopped' });
    expect(before.some(isAlive)).toBe(false);
    expect(sleepers()).toBe(2);
  });

  test('an undeployment in another time zone ends what is left', async () => {
    await kill();
    expect((await deployment.run('env', 'TZ=Asia/Tokyo', ...deployment.toolWords, 'undeploy')).exitCode).toBe(0);
    expect(processesThatMention(deployment.directory)).toEqual([]);
  });
});

// syndicate-server is not in Debian: a stand-in starts and ends the daemons, which are real, and outlive it.
describe('under Synit', () => {
  let place: TemporaryDirectory;
  let deployment: Deployment;
  let program: string;
  let server: ChildProcess;
  const services = (): string => join(place.path, 'services');
  const begin = (): void => {
    if (account === undefined) throw new Error('there is no account');
    const { file, args } = asAccount(account, process.execPath, [program, services()]);
    server = spawn(file, args, { stdio: 'ignore', cwd: '/' });
  };
  const kill = async (): Promise<void> => {
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
  };
  const states = async (): Promise<Readonly<Record<string, string>>> =>
    Object.fromEntries([...(await statusOf(deployment))].map(([instance, { state }]) => [instance, state]));
  const sleepers = (): readonly number[] =>
    processesThatMention(deployment.directory).flatMap(({ pid, commandLine }) =>
      commandLine.endsWith('sleep 1000') ? [pid] : [],
    );
  const switchWords = (): readonly string[] => [
    ...['switch', '-P', 'synit', `--state-dir=${deployment.stateDir}`, '--force-disable-user-change'],
    join(deployment.directory, 'home/model.nix'),
  ];

  beforeAll(async () => {
    if (account === undefined) throw new Error('there is no account');
    place = await makeTemporaryDirectory();
    mkdirSync(services());
    chownSync(services(), account.uid, account.gid);
    program = await bundleProgram('test/backends/synit/support/stand-in-program.ts', place.path);
    begin();
    deployment = await createDeployment(account, 'webapps', { SYNIT_TARGET_DIR: services() });
    const file = join(deployment.directory, 'home/model.nix');
    // What of a daemon is the deployment's, its environment has to tell.
    const mentioning = model.replace('args =', 'environment.PLACE = stateDir; args =');
    await deployment.run('sh', '-c', `cat > "$0" <<\\END\n${mentioning}END`, file);
    await deployment.succeed(...switchWords());
    await kill();
  });
  afterAll(async () => {
    server.kill('SIGKILL');
    await deployment.dispose();
    await place.remove();
  });

  test('status says what was lost, and what to do', async () => {
    const { exitCode, stdout, stderr } = await deployment.tool('status');
    expect(exitCode).toBe(3);
    expect(stdout.match(/process \d+ still runs, but its syndicate-server has ended/g)).toHaveLength(3);
    expect(stderr).toContain('syndicate-server has ended: nothing watches over its daemons; start it again');
  });

  test('nothing is started a second time while it is gone, and what is stopped ends', async () => {
    const before = sleepers();
    expect(before).toHaveLength(3);
    for (const words of [switchWords(), ['start', 'a'], ['restart', 'a']]) {
      const { exitCode, stderr } = await deployment.tool(...words);
      expect({ exitCode, stderr }).toEqual({
        exitCode: 8,
        stderr: expect.stringContaining('Start syndicate-server again'),
      });
    }
    expect(sleepers()).toEqual(before);
    expect(await deployment.tool('stop', 'c')).toMatchObject({ exitCode: 0 });
    expect(sleepers()).toHaveLength(2);
  });

  test('another one starts all that should run, in the place of what still ran', async () => {
    const before = sleepers();
    begin();
    const running = { a: 'running', b: 'running', c: 'stopped' };
    await eventually(async () => {
      expect(sleepers().some((pid) => before.includes(pid))).toBe(false);
      expect(await states()).toEqual(running);
      return true;
    });
    expect(sleepers()).toHaveLength(2);
    await deployment.succeed('start', 'c');
    expect(await states()).toEqual({ ...running, c: 'running' });
  });

  test('an undeployment without it ends what is left', async () => {
    await kill();
    expect(await deployment.tool('undeploy')).toMatchObject({ exitCode: 0 });
    expect(processesThatMention(deployment.directory)).toEqual([]);
  });
});
