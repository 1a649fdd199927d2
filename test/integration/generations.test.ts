import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { accounts } from '../support/accounts.js';
import { createDeployment, type Deployment } from '../support/deployment.js';
import { findLeftovers, nothing } from '../support/leftovers.js';
import { statusOf } from '../support/status.js';
import { eventually } from '../support/waiting.js';

// The tests of one account are one story: each goes on where the one before has ended.
describe.each(accounts)('generations of the web applications as $name', (account) => {
  let deployment: Deployment;
  const deploy = (manager: string, greeting: string) =>
    deployment.succeed('switch', '-P', manager, ...deployment.modelOptions({ webapp1: greeting }), deployment.model);
  const greeting = async (): Promise<string | undefined> => {
    const { body } = await eventually(async () => {
      const page = await deployment.page(15_080, 'webapp1.local');
      return page.status === 200 ? page : undefined;
    });
    return /<p>(.*?)<\/p>/.exec(body)?.[1];
  };
  const managers = async (): Promise<readonly string[]> => [
    ...new Set([...(await statusOf(deployment)).values()].map(({ manager }) => manager)),
  ];
  const generations = async (): Promise<unknown> =>
    JSON.parse((await deployment.tool('generations', 'list', '--json')).stdout);
  /** All that runs belongs to this manager, and the first web application says this. */
  const expectRunning = async (manager: string, words: string): Promise<void> => {
    expect(await managers()).toEqual([manager]);
    expect(await greeting()).toBe(words);
    const rows = [...(await statusOf(deployment)).values()];
    expect(rows.map(({ state }) => state)).toEqual(['running', 'running', 'running']);
  };

  beforeAll(async () => {
    deployment = await createDeployment(account, 'webapps');
  });
  afterAll(async () => {
    await deployment.dispose();
  });

  test('a switch to another manager moves everything', async () => {
    await deploy('sysvinit', 'one');
    await expectRunning('sysvinit', 'one');
    await deploy('supervisord', 'two');
    await expectRunning('supervisord', 'two');
    await deploy('sysvinit', 'three');
    await expectRunning('sysvinit', 'three');
  });

  test('rollback goes to the generation before, manager included, and further back each time', async () => {
    await deployment.succeed('rollback');
    await expectRunning('supervisord', 'two');
    await deployment.succeed('rollback');
    await expectRunning('sysvinit', 'one');
    expect(await deployment.tool('rollback')).toMatchObject({ exitCode: 2 });
    await expectRunning('sysvinit', 'one');
  });

  test('the list shows every generation, and which one is current', async () => {
    expect(await generations()).toEqual([
      expect.objectContaining({ number: 1, manager: 'sysvinit', processes: 3, current: true }),
      expect.objectContaining({ number: 2, manager: 'supervisord', processes: 3, current: false }),
      expect.objectContaining({ number: 3, manager: 'sysvinit', processes: 3, current: false }),
    ]);
  });

  test('generations switch deploys that generation, and rollback comes back from it', async () => {
    await deployment.succeed('generations', 'switch', '3');
    await expectRunning('sysvinit', 'three');
    await deployment.succeed('rollback');
    await expectRunning('sysvinit', 'one');
  });

  test('generations that are not current can be deleted', async () => {
    await deployment.succeed('generations', 'delete', '2');
    expect(await generations()).toEqual([
      expect.objectContaining({ number: 1, current: true }),
      expect.objectContaining({ number: 3, current: false }),
    ]);
    await deployment.succeed('generations', 'delete', 'old');
    expect(await generations()).toEqual([expect.objectContaining({ number: 1, current: true })]);
  });

  test('a profile that build made can be deployed in place of a model', async () => {
    const built = await deployment.succeed(
      'build',
      '-P',
      'supervisord',
      '--no-out-link',
      ...deployment.modelOptions({ webapp1: 'built before' }),
      deployment.model,
    );
    expect(built.stdout).toMatch(/^\/\S+\n$/);
    await deployment.succeed('switch', built.stdout.trim());
    await expectRunning('supervisord', 'built before');
  });

  test('after an undeployment rollback brings everything back', async () => {
    await deployment.succeed('undeploy');
    expect(await findLeftovers(deployment)).toEqual(nothing);
    await deployment.succeed('rollback');
    await expectRunning('supervisord', 'built before');
    await deployment.succeed('undeploy');
    expect(await findLeftovers(deployment)).toEqual(nothing);
  });
});
