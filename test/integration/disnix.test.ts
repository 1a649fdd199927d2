import { access, chmod, copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { accounts } from '../support/accounts.js';
import { createDeployment, systemPath, type Deployment } from '../support/deployment.js';
import { findLeftovers, nothing } from '../support/leftovers.js';
import { isAlive } from '../support/processes.js';
import { repository } from '../support/repository.js';
import { pidsOf, statusOf } from '../support/status.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.js';
import { eventually } from '../support/waiting.js';

const proxy = 15_080;

test('process scripts are not given to Disnix where there is none: that is said before anything is touched (8)', async () => {
  const [account] = accounts;
  if (account === undefined) throw new Error('nobody can run the tests');
  const deployment = await createDeployment(account, 'webapps');
  try {
    await deployment.succeed('switch', '-P', 'disnix', ...deployment.modelOptions(), deployment.model);
    const before = await pidsOf(deployment);
    const { exitCode, stderr } = await deployment.tool(
      ...['switch', '-P', 'disnix', '--engine', 'disnix', ...deployment.modelOptions({ webapp1: 'New' })],
      deployment.model,
    );
    expect({ exitCode, stderr }).toEqual({
      exitCode: 8,
      stderr: expect.stringMatching(/Disnix cannot be given the processes: it is not installed[^]*disnix-activate/),
    });
    expect(await pidsOf(deployment)).toEqual(before);
  } finally {
    await deployment.dispose();
  }
});

// There is no Disnix for Debian: a stand-in reads the manifests as strictly as it would.
describe.each(accounts.slice(-1))('with Disnix, as $name', (account) => {
  let deployment: Deployment;
  let programs: TemporaryDirectory;
  const withDisnix = ['-P', 'disnix', '--engine', 'disnix'];
  const deploy = (messages: Readonly<Record<string, string>> = {}) =>
    deployment.succeed('switch', ...withDisnix, ...deployment.modelOptions(messages), deployment.model);
  /** What Disnix did since this was asked before. */
  const done = async (): Promise<readonly string[]> => {
    const file = join(deployment.directory, 'home', 'disnix.log');
    const lines = (await readFile(file, 'utf8').catch(() => '')).trim().split('\n');
    await writeFile(file, '');
    return lines;
  };
  const generations = async (): Promise<unknown> =>
    JSON.parse((await deployment.succeed('generations', 'list', '--json')).stdout);

  beforeEach(async () => {
    programs = await makeTemporaryDirectory();
    const program = join(programs.path, 'disnix-activate');
    await copyFile(join(repository, 'test', 'integration', 'programs', 'disnix-activate'), program);
    await chmod(program, 0o755);
    deployment = await createDeployment(account, 'webapps', { PATH: `${programs.path}:${systemPath}` });
    await deploy();
  });
  afterEach(async () => {
    await deployment.dispose();
    await programs.remove();
  });

  test('it activates everything in order, and the profile moves once', async () => {
    expect(await done()).toEqual(['activate webapp1', 'activate webapp2', 'activate nginx']);
    expect(await generations()).toEqual([expect.objectContaining({ number: 1, current: true })]);
    expect((await deployment.tool('status')).exitCode).toBe(0);
    const { body } = await eventually(() => deployment.page(proxy, 'webapp2.local'));
    expect(body).toContain('second');
  });

  test('it replaces what changed and what depends on it, and leaves the rest alone', async () => {
    await done();
    const before = await pidsOf(deployment);
    await deploy({ webapp1: 'Changed' });
    expect(await done()).toEqual(['deactivate nginx', 'deactivate webapp1', 'activate webapp1', 'activate nginx']);
    const after = await pidsOf(deployment);
    expect(after['webapp2']).toBe(before['webapp2']);
    const { body } = await eventually(() => deployment.page(proxy, 'webapp1.local'));
    expect(body).toContain('Changed');
    expect((await deployment.tool('status')).exitCode).toBe(0);

    await deployment.succeed('rollback', '--engine', 'disnix');
    expect(await done()).toHaveLength(4);
    expect((await eventually(() => deployment.page(proxy, 'webapp1.local'))).body).toContain('first');
  });

  test("plan shows Disnix' own plan, and changes nothing", async () => {
    const before = await pidsOf(deployment);
    const { stdout } = await deployment.succeed(
      ...['plan', ...withDisnix, ...deployment.modelOptions({ webapp2: 'Changed' })],
      deployment.model,
    );
    expect(stdout).toMatch(/Disnix: deactivating nginx[^]*Disnix: activating webapp2/);
    expect(await pidsOf(deployment)).toEqual(before);
  });

  test('what died is started although nothing is new to Disnix', async () => {
    await done();
    const { webapp1 } = await pidsOf(deployment);
    process.kill(webapp1 ?? process.pid, 'SIGKILL');
    await eventually(async () => ((await statusOf(deployment)).get('webapp1')?.state === 'failed' ? true : undefined));
    await deploy();
    expect(await done()).toEqual(['']);
    expect((await deployment.tool('status')).exitCode).toBe(0);
  });

  test('a failure is put back by Disnix, and said (7)', async () => {
    await done();
    const { exitCode, stderr } = await deployment.tool(
      ...['switch', ...withDisnix, `--state-dir=${deployment.stateDir}`, '--force-disable-user-change'],
      join(deployment.fixtures, 'broken', 'ends-at-once.nix'),
    );
    expect({ exitCode, stderr }).toEqual({
      exitCode: 7,
      stderr: expect.stringMatching(/Disnix could not activate the processes \(exit code 1\)[^]*quitter/),
    });
    expect((await done()).filter((line) => line.includes('failed'))).toEqual(['quitter failed, rolling back']);
    expect(await generations()).toEqual([expect.objectContaining({ number: 1, current: true })]);
    expect((await deployment.tool('status')).exitCode).toBe(0);
  });

  test('a garbage collection takes nothing that runs', async () => {
    const link = join(deployment.profilesDir, '.nix-processmgmt-ts', 'processes', 'disnix-manifest');
    const manifest = await readFile(link, 'utf8');
    const components = [...manifest.matchAll(/<pkg>(.*?)<\/pkg>/g)].map(([, path = '']) => path);
    expect(components).toHaveLength(3);
    await deployment.run('nix-collect-garbage');
    for (const component of components) await access(component);
    await done();
    await deploy({ webapp1: 'Changed' });
    expect(await done()).toHaveLength(4);
  });

  test('an undeployment ends everything in reverse order, and leaves nothing', async () => {
    await done();
    await deployment.succeed('undeploy', '--engine', 'disnix');
    expect(await done()).toEqual(['deactivate nginx', 'deactivate webapp2', 'deactivate webapp1']);
    expect(await findLeftovers(deployment)).toEqual(nothing);
  });

  test('what takes its time to end is waited for or killed, and its successor runs; what depends on it is counted', async () => {
    const model = join(deployment.directory, 'processes.nix');
    const write = (version: number): Promise<void> =>
      writeFile(
        model,
        `{ pkgs, stateDir, runtimeDir, logDir, tmpDir, forceDisableUserChange, processManager }:
let
  create = import <nix-processmgmt/nixproc/create-managed-process/universal/create-managed-process-universal.nix> {
    inherit pkgs stateDir runtimeDir logDir tmpDir forceDisableUserChange processManager;
  };
  sh = name: script: properties: create ({
    inherit name; instanceName = name; foregroundProcess = "/bin/sh"; args = [ "-c" script ];
  } // properties);
  slow = ''trap "sleep 1; exit" TERM; while :; do sleep 0.1; done'';
in
rec {
  first.pkg = sh "first" slow { environment.VERSION = ${version}; };
  second.pkg = sh "second" slow { dependencies = [ first.pkg ]; };
  other.pkg = sh "other" "exec sleep infinity" { };
  deaf = { pkg = sh "deaf" ''trap "" TERM; exec sleep infinity'' { }; stopTimeout = 1; };
}
`,
      );
    const switchTo = async (version: number): Promise<string> => {
      await write(version);
      const { stderr } = await deployment.succeed(
        ...['switch', ...withDisnix, '--host-packages', `--state-dir=${deployment.stateDir}`],
        ...['--force-disable-user-change', model],
      );
      return stderr;
    };
    await deployment.succeed('undeploy', '--engine', 'disnix');
    await switchTo(1);
    const before = await pidsOf(deployment);
    const said = await switchTo(2);
    expect(said).toMatch(/restarting second \(Disnix restarts what has another script, or depends on such a process\)/);
    expect(said).toContain('with 4 processes under disnix (2 left untouched)');
    const after = await pidsOf(deployment);
    expect(after).toEqual({
      first: expect.any(Number),
      second: expect.any(Number),
      other: before['other'],
      deaf: before['deaf'],
    });
    expect(after['first']).not.toBe(before['first']);
    expect(after['second']).not.toBe(before['second']);
    for (const name of ['first', 'second']) expect(isAlive(before[name] ?? 0)).toBe(false);
    expect((await deployment.tool('status')).exitCode).toBe(0);

    // What a crash has left makes Dysnomia fail.
    process.kill(after['second'] ?? process.pid, 'SIGKILL');
    await writeFile(join(deployment.runtimeDir, 'second.pid'), `${after['second'] ?? 0}\n`);
    await switchTo(3);
    expect((await deployment.tool('status')).exitCode).toBe(0);
    const last = await pidsOf(deployment);
    await deployment.succeed('undeploy', '--engine', 'disnix');
    expect(Object.values(last).filter((pid) => isAlive(pid ?? 0))).toEqual([]);
    expect(await findLeftovers(deployment)).toEqual(nothing);
  });

  test('an ordinary switch goes on with what Disnix has started', async () => {
    const before = await pidsOf(deployment);
    await deployment.succeed('switch', ...deployment.modelOptions({ webapp2: 'Changed' }), deployment.model);
    const after = await pidsOf(deployment);
    expect(Object.keys(after).filter((instance) => after[instance] !== before[instance])).toEqual(['webapp2']);
  });
});
