import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { accounts } from '../support/accounts.js';
import { createDeployment, systemPath, type Deployment } from '../support/deployment.js';
import { isAlive } from '../support/processes.js';
import { statusOf } from '../support/status.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.js';
import { eventually } from '../support/waiting.js';

const [account] = accounts;
if (account === undefined) throw new Error('there is no account to test with');

let programs: TemporaryDirectory;
let deployment: Deployment;
let log: string;

/** Which programs of Nix a command runs. */
const programsRunBy = async (work: () => Promise<unknown>): Promise<readonly string[]> => {
  await rm(log, { force: true });
  await work();
  return (await readFile(log, 'utf8')).trim().split('\n');
};
const deploy = (greeting = 'one') =>
  deployment.succeed('switch', '-P', 'sysvinit', ...deployment.modelOptions({ webapp1: greeting }), deployment.model);
const pidOf = async (instance: string): Promise<number | null> =>
  (await statusOf(deployment)).get(instance)?.pid ?? null;

// The tests are one story: each goes on where the one before has ended.
beforeAll(async () => {
  programs = await makeTemporaryDirectory();
  log = join(programs.path, 'log');
  for (const program of ['nix-instantiate', 'nix-store', 'nix-build', 'nix-env']) {
    const file = join(programs.path, program);
    await writeFile(file, `#!/bin/sh\necho ${program} >>'${log}'\nPATH='${systemPath}' exec ${program} "$@"\n`);
    await chmod(file, 0o755);
  }
  deployment = await createDeployment(account, 'webapps', { PATH: `${programs.path}:${systemPath}` });
  expect(await programsRunBy(deploy)).toContain('nix-build');
});
afterAll(async () => {
  await deployment.dispose();
  await programs.remove();
});

test('a switch to the model that is deployed evaluates it, builds nothing, and says again what the user should know', async () => {
  expect(
    await programsRunBy(async () => {
      const { stderr } = await deploy();
      expect(stderr).toContain('note: <nixpkgs> was not found');
      expect(stderr).toContain('nothing to do');
    }),
  ).toEqual(['nix-instantiate']);
});

test('a service that has died is started again, without a build', async () => {
  const before = await pidOf('webapp1');
  if (before === null) throw new Error('webapp1 does not run');
  process.kill(before, 'SIGKILL');
  await eventually(() => (isAlive(before) ? undefined : true), 30);
  expect(await programsRunBy(deploy)).not.toContain('nix-build');
  const after = await pidOf('webapp1');
  expect(after).not.toBeNull();
  expect(after).not.toBe(before);
});

test('a model whose profile is no longer the current one is built again', async () => {
  expect(await programsRunBy(() => deploy('two'))).toContain('nix-build');
  await deployment.succeed('rollback');
  expect(await programsRunBy(() => deploy('two'))).toContain('nix-build');
  expect(await programsRunBy(() => deploy('two'))).toEqual(['nix-instantiate']);
});

test('other settings make another deployment of the same model', async () => {
  const settings = [`--lock-dir=${join(deployment.stateDir, 'locks')}`];
  const elsewhere = () =>
    deployment.succeed('switch', ...settings, ...deployment.modelOptions({ webapp1: 'two' }), deployment.model);
  expect(await programsRunBy(elsewhere)).toContain('nix-build');
});
