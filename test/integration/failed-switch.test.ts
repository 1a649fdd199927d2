import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
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
  });
});
