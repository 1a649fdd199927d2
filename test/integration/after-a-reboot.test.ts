import { existsSync } from 'node:fs';
import { readdir, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { accounts } from '../support/accounts.js';
import { createDeployment, type Deployment } from '../support/deployment.js';
import { runningSleepers, sleeperOptions, writeSleepers } from '../support/faults/sleepers.js';
import { findLeftovers, nothing } from '../support/leftovers.js';
import { killProcessesThatMention } from '../support/processes.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.js';

let etc: TemporaryDirectory;
let deployment: Deployment;
beforeAll(async () => {
  const root = accounts[0];
  if (root === undefined) throw new Error('there is no account to run as');
  etc = await makeTemporaryDirectory();
  deployment = await createDeployment(root, 'webapps', { SYSVINIT_TARGET_DIR: etc.path });
});
afterAll(async () => {
  await deployment.dispose();
  await etc.remove();
});

const sleepers = { base: { version: '1' }, user: { version: '1', dependsOn: ['base'] } };
const all = ['base 1', 'user 1'];
/** As below /run: nothing of it is there after a reboot, not even the directory around it. */
const volatile = (): string => join(deployment.directory, 'run');

const deploy = async (manager: string, ...options: readonly string[]): Promise<void> => {
  const model = await writeSleepers(deployment, 'processes', sleepers);
  const runtimeDir = `--runtime-dir=${join(volatile(), 'deployments', 'one')}`;
  await deployment.succeed('switch', '-P', manager, ...sleeperOptions(deployment), runtimeDir, ...options, model);
  expect(runningSleepers(deployment)).toEqual(all);
};

const reboot = async (): Promise<void> => {
  killProcessesThatMention(deployment.directory);
  await rm(volatile(), { recursive: true });
  expect(runningSleepers(deployment)).toEqual([]);
};

const expectAllAsBefore = async (): Promise<void> => {
  expect(runningSleepers(deployment)).toEqual(all);
  expect((await deployment.tool('status')).exitCode).toBe(0);
  const { stderr } = await deployment.succeed('switch', join(deployment.directory, 'processes.nix'));
  expect(stderr).toContain('nothing to do');
};

const undeploy = async (): Promise<void> => {
  await deployment.succeed('undeploy');
  expect(await findLeftovers(deployment)).toEqual(nothing);
};

test('what the system starts with its runlevel runs although a reboot has emptied the runtime directory', async () => {
  await deploy('sysvinit', '--enable-at-boot');
  await reboot();
  const runlevel = join(etc.path, 'rc3.d');
  const links = (await readdir(runlevel)).filter((name) => name.startsWith('S')).sort();
  expect(links.map((name) => name.replace(/^S\d+/, ''))).toEqual(['base', 'user']);
  for (const name of links) {
    expect(existsSync(join(runlevel, await readlink(join(runlevel, name))))).toBe(true);
    // With what init has, rather than what a user has.
    const script = join(runlevel, name);
    const result = await deployment.run('env', '-i', 'PATH=/sbin:/usr/sbin:/bin:/usr/bin', script, 'start');
    expect(result).toMatchObject({ exitCode: 0 });
  }
  await expectAllAsBefore();
  await undeploy();
  expect((await readdir(etc.path, { recursive: true })).filter((name) => /base|user/.test(name))).toEqual([]);
});

test.each(['sysvinit', 'disnix'])('so does what a command or a switch starts under %s', async (manager) => {
  await deploy(manager);
  for (const command of [
    ['start', 'base', 'user'],
    ['switch', join(deployment.directory, 'processes.nix')],
  ]) {
    await reboot();
    await deployment.succeed(...command);
    await expectAllAsBefore();
  }
  await undeploy();
});
