import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from '../../src/system/schema.js';
import { accounts } from '../support/accounts.js';
import { createDeployment, type Deployment } from '../support/deployment.js';
import { processesThatMention } from '../support/processes.js';
import { statusOf } from '../support/status.js';
import { eventually } from '../support/waiting.js';

const account = accounts.at(-1);

describe.each(['sysvinit', 'supervisord'])('a switch under %s in which a process ends at once', (manager) => {
  let deployment: Deployment;
  const failingSwitch = (...options: readonly string[]) =>
    deployment.tool(
      ...['switch', '-P', manager, `--state-dir=${deployment.stateDir}`, '--force-disable-user-change', ...options],
      join(deployment.fixtures, 'broken', 'ends-at-once.nix'),
    );
  /** The process of the broken model that is all right. */
  const sleepers = () =>
    processesThatMention(deployment.directory).filter(({ commandLine }) => /^\S*\bsleep 1000$/.test(commandLine));
  const generations = async (): Promise<unknown> =>
    JSON.parse((await deployment.succeed('generations', 'list', '--json')).stdout);
  const results = async (): Promise<readonly string[]> =>
    z
      .array(z.object({ result: z.string() }))
      .parse(JSON.parse((await deployment.succeed('generations', 'log', '--json')).stdout))
      .map(({ result }) => result);
  const states = async (): Promise<Readonly<Record<string, string>>> =>
    Object.fromEntries([...(await statusOf(deployment))].map(([instance, { state }]) => [instance, state]));

  beforeEach(async () => {
    if (account === undefined) throw new Error('there is no account to run as');
    deployment = await createDeployment(account, 'webapps');
    await deployment.succeed('switch', '-P', manager, ...deployment.modelOptions(), deployment.model);
  });
  afterEach(async () => {
    await deployment.dispose();
  });

  test('puts back what ran before, and names the process', async () => {
    const { exitCode, stderr } = await failingSwitch();
    expect({ exitCode, stderr }).toEqual({ exitCode: 7, stderr: expect.stringContaining('quitter') });
    expect(await states()).toEqual({ nginx: 'running', webapp1: 'running', webapp2: 'running' });
    const page = await eventually(() => deployment.page(15_080, 'webapp1.local'));
    expect(page.body).toContain('Hello from the first web application');
    expect(sleepers()).toEqual([]);
    expect(await generations()).toEqual([expect.objectContaining({ number: 1, current: true })]);
    expect(await results()).toEqual(['good', 'rolled back']);
  });

  test('keeps what could be started with --no-rollback, and the generation before stays current', async () => {
    const { exitCode, stderr } = await failingSwitch('--no-rollback');
    expect({ exitCode, stderr }).toEqual({ exitCode: 6, stderr: expect.stringContaining('quitter') });
    expect(sleepers()).toHaveLength(1);
    expect(await generations()).toEqual([expect.objectContaining({ number: 1, current: true })]);

    // Another switch goes on from there, also back to the model before: nothing was stopped by an operator.
    await deployment.succeed('switch', '-P', manager, ...deployment.modelOptions(), deployment.model);
    expect(await states()).toEqual({ nginx: 'running', webapp1: 'running', webapp2: 'running' });
    expect(sleepers()).toEqual([]);
    expect(await results()).toEqual(['good', 'failed', 'good']);
  });
});

test('a generation that did not run when it was activated is passed over by a rollback, one of nix-env is not', async () => {
  if (account === undefined) throw new Error('there is no account to run as');
  const deployment = await createDeployment(account, 'webapps');
  try {
    const link = join(deployment.profilesDir, 'processes');
    const build = async (model: string, ...options: readonly string[]): Promise<string> =>
      (await deployment.succeed('build', '-P', 'sysvinit', '--no-out-link', ...options, model)).stdout.trim();
    const nixEnv = async (...args: readonly string[]): Promise<void> => {
      const { exitCode, stderr } = await deployment.run('nix-env', '--profile', link, ...args);
      if (exitCode !== 0) throw new Error(stderr);
    };
    // Another program made these two: nothing is known of them.
    await nixEnv('--set', await build(deployment.model, ...deployment.modelOptions({ webapp1: 'one' })));
    const broken = join(deployment.fixtures, 'broken', 'ends-at-once.nix');
    await nixEnv('--set', await build(broken, `--state-dir=${deployment.stateDir}`, '--force-disable-user-change'));
    await nixEnv('--switch-generation', '1');

    expect(await deployment.tool('generations', 'switch', '2')).toMatchObject({ exitCode: 7 });
    await deployment.succeed('switch', ...deployment.modelOptions({ webapp1: 'three' }), deployment.model);
    await rm(join(deployment.profilesDir, '.nix-processmgmt-ts', 'processes', 'history.json'));
    const { stderr } = await deployment.succeed('rollback');
    expect(stderr).toContain('passing over generation 2 (last activation: rolled back)');
    expect(stderr).toContain('going to generation 1');
    await deployment.succeed('undeploy');
  } finally {
    await deployment.dispose();
  }
});
