import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as z from '../../src/system/schema.js';
import { accounts } from '../support/accounts.js';
import { createDeployment, type Deployment } from '../support/deployment.js';
import { findLeftovers, nothing } from '../support/leftovers.js';
import { statusOf } from '../support/status.js';
import { eventually } from '../support/waiting.js';

// The tests of one account are one story: each goes on where the one before has ended.
describe.each(accounts)('generations of the web applications as $name', (account) => {
  let deployment: Deployment;
  const deploy = (manager: string, greeting: string) =>
    deployment.succeed(
      ...['switch', '-P', manager, '-m', `say ${greeting}`],
      ...deployment.modelOptions({ webapp1: greeting }),
      deployment.model,
    );
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

  test('the list shows every generation, which one is current, and what is remembered of how it came about', async () => {
    const common = { processes: 3, pinned: false, result: 'good', tool: expect.stringMatching(/^\d+\.\d+\.\d+/) };
    const model = { path: deployment.model, revision: null };
    const all = ['nginx', 'webapp1', 'webapp2'];
    expect(await generations()).toEqual([
      expect.objectContaining({ ...common, number: 1, manager: 'sysvinit', current: true, message: 'say one', model }),
      expect.objectContaining({ ...common, number: 2, manager: 'supervisord', current: false, message: 'say two' }),
      expect.objectContaining({ ...common, number: 3, manager: 'sysvinit', current: false, message: 'say three' }),
    ]);
    const [first] = z
      .array(z.object({ by: z.object({ user: z.string() }), steps: z.record(z.string(), z.unknown()) }))
      .parse(await generations());
    expect(first?.by.user).toMatch(account.uid === 0 ? /^root$/ : /./);
    expect({ ...first?.steps, start: [...z.array(z.string()).parse(first?.steps['start'])].sort() }).toEqual({
      start: all,
      stop: [],
      restart: [],
      reload: [],
      untouched: 0,
    });
    expect((await deployment.succeed('generations')).stdout).toMatch(/^2 .* supervisord +3 +good .* say two$/m);
  });

  test('every deployment is remembered, with where it came from and what it led to', async () => {
    const log = z
      .array(
        z.object({ command: z.string(), from: z.nullable(z.number()), generation: z.number(), result: z.string() }),
      )
      .parse(JSON.parse((await deployment.succeed('generations', 'log', '--json')).stdout));
    expect(log).toEqual([
      { command: 'switch', from: null, generation: 1, result: 'good' },
      { command: 'switch', from: 1, generation: 2, result: 'good' },
      { command: 'switch', from: 2, generation: 3, result: 'good' },
      { command: 'rollback', from: 3, generation: 2, result: 'good' },
      { command: 'rollback', from: 2, generation: 1, result: 'good' },
    ]);
  });

  test('diff tells in what two generations differ, down to the value', async () => {
    const { stdout } = await deployment.succeed('generations', 'diff', '1', '3');
    expect(stdout).toMatch(/^changed webapp1\n {10}.*one.* → .*three/m);
    expect(stdout).toMatch(/^2 unchanged\.$/m);
    const move = JSON.parse((await deployment.succeed('generations', 'diff', '--json', '1', '2')).stdout) as unknown;
    expect(move).toMatchObject({ before: 1, after: 2, settings: ['manager: sysvinit → supervisord'], changed: [] });
    const moved = (await deployment.succeed('generations', 'diff', '1', '2')).stdout;
    expect(moved).toMatch(/^moved {3}webapp1\nmoved {3}webapp2\nmoved {3}nginx\n.*not compared/m);
    expect(moved).not.toContain('unchanged');
    expect(moved).toMatch(/^Store: \S+ \S+ → /m);
    expect(await deployment.tool('generations', 'diff', '1', '7')).toMatchObject({ exitCode: 2 });
  });

  test('generations switch deploys that generation, and rollback comes back from it', async () => {
    await deployment.succeed('generations', 'switch', '3');
    await expectRunning('sysvinit', 'three');
    await deployment.succeed('rollback');
    await expectRunning('sysvinit', 'one');
  });

  test('a pinned generation is not deleted until it is unpinned', async () => {
    await deployment.succeed('generations', 'pin', '2');
    await deployment.succeed('generations', 'delete', '+1');
    expect(await deployment.tool('generations', 'delete', '2')).toMatchObject({ exitCode: 2 });
    expect(await deployment.tool('generations', 'delete', 'all')).toMatchObject({ exitCode: 2 });
    expect(await generations()).toEqual([
      expect.objectContaining({ number: 1, pinned: false }),
      expect.objectContaining({ number: 2, pinned: true }),
      expect.objectContaining({ number: 3, pinned: false }),
    ]);
    await deployment.succeed('generations', 'unpin', '2');
  });

  test('generations that are not current can be deleted, and what is remembered goes with them', async () => {
    await deployment.succeed('generations', 'delete', '2');
    expect(await generations()).toEqual([
      expect.objectContaining({ number: 1, current: true }),
      expect.objectContaining({ number: 3, current: false }),
    ]);
    await deployment.succeed('generations', 'delete', 'old');
    expect(await generations()).toEqual([
      expect.objectContaining({ number: 1, current: true, message: 'say one', result: 'good' }),
    ]);
    expect((await deployment.succeed('generations', 'log')).stdout).not.toMatch(/say (two|three)/);
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
