import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { accounts } from '../support/accounts.js';
import { createDeployment, type Deployment } from '../support/deployment.js';
import { isAlive, processesThatMention } from '../support/processes.js';
import { statusOf } from '../support/status.js';
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
