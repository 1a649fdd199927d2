import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { accounts } from '../support/accounts.js';
import { createDeployment, type Deployment } from '../support/deployment.js';
import { findLeftovers, nothing } from '../support/leftovers.js';
import { statusOf } from '../support/status.js';
import { eventually } from '../support/waiting.js';

const [account] = accounts;
if (account === undefined) throw new Error('nobody can run the tests');

// One story: each test goes on where the one before has ended.
let deployment: Deployment;
beforeAll(async () => {
  deployment = await createDeployment(account, 'webapps');
});
afterAll(() => deployment.dispose());

const switchTo = (greeting: string, ...options: readonly string[]): ReturnType<Deployment['succeed']> =>
  deployment.succeed(
    ...['switch', '-P', 'sysvinit', ...options],
    ...deployment.modelOptions({ webapp1: greeting }),
    deployment.model,
  );
const isUp = async (): Promise<boolean> => (await deployment.page(15_080, 'webapp1.local')).status === 200;

test('a model that is run in the foreground makes no generation, and leaves nothing when it is told to end', async () => {
  const { pid, ended } = deployment.start(
    ...['run', '-P', 'supervisord', ...deployment.modelOptions(), deployment.model],
  );
  await eventually(async () => ((await isUp().catch(() => false)) ? true : undefined));
  process.kill(pid, 'SIGTERM');
  expect(await ended).toBe(0);
  expect(await findLeftovers(deployment)).toEqual(nothing);
  expect(await readdir(deployment.profilesDir)).toEqual(['.nix-processmgmt-ts']);
});

test('a model is not run beside a deployment of the same name', async () => {
  await switchTo('one');
  const { exitCode, stderr } = await deployment.tool('run', ...deployment.modelOptions(), deployment.model);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('has a deployment of its own');
  expect(await isUp()).toBe(true);
});

test('with an old profile that is named, the switch compares with it in place of the current generation', async () => {
  await switchTo('two');
  const link = (number: number): string => join(deployment.profilesDir, `processes-${number}-link`);
  const plan = async (...options: readonly string[]): Promise<string> =>
    (
      await deployment.succeed(
        ...['plan', '-P', 'sysvinit', ...options],
        ...deployment.modelOptions({ webapp1: 'two' }),
        deployment.model,
      )
    ).stdout;
  expect(await plan()).not.toContain('webapp1');
  expect(await plan('--old-profile', link(1))).toContain('webapp1');
  const { stderr } = await switchTo('two', '--old-profile', link(1));
  expect(stderr).toContain('restarting webapp1');
  const { exitCode, stderr: words } = await deployment.tool('switch', '--old-profile', '/none', link(1));
  expect({ exitCode, words }).toEqual({ exitCode: 2, words: expect.stringContaining('There is no old profile /none') });
});

test('services whose generations are all deleted go on running, and a warning says so', async () => {
  const { stderr } = await deployment.succeed('generations', 'delete', 'all');
  expect(stderr).toContain('warning: what still runs of the current generation goes on running');
  expect(await isUp()).toBe(true);
  expect((await statusOf(deployment)).size).toBe(0);
});
