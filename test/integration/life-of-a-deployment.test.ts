import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { accounts } from '../support/accounts.js';
import { createDeployment, type Deployment } from '../support/deployment.js';
import { findLeftovers, nothing } from '../support/leftovers.js';
import { switchAsPlanned } from '../support/plans.js';
import { isAlive } from '../support/processes.js';
import { pidsOf, statusOf } from '../support/status.js';
import { eventually } from '../support/waiting.js';

const proxy = 15_080;
const managers = ['sysvinit', 'supervisord', 'disnix'];
const cases = accounts.flatMap((account) => managers.map((manager) => ({ account, manager })));

// The tests of one account and manager are one story: each goes on where the one before has ended.
describe.each(cases)('the web applications under $manager as $account.name', ({ account, manager }) => {
  let deployment: Deployment;
  const deploy = (messages: Readonly<Record<string, string>> = {}) =>
    switchAsPlanned(deployment, '-P', manager, ...deployment.modelOptions(messages), deployment.model);
  /** Does something, and tells which instances have another process afterwards. */
  const restartedBy = async (action: () => Promise<unknown>): Promise<readonly string[]> => {
    const before = await pidsOf(deployment);
    await action();
    const after = await pidsOf(deployment);
    return Object.keys(after).filter((instance) => after[instance] !== before[instance]);
  };

  beforeAll(async () => {
    deployment = await createDeployment(account, 'webapps');
  });
  afterAll(async () => {
    await deployment.dispose();
  });

  test('a switch starts every instance', async () => {
    expect((await deploy()).stdout).toBe('');
    const rows = await statusOf(deployment);
    expect([...rows.keys()].sort()).toEqual(['nginx', 'webapp1', 'webapp2']);
    for (const { state, pid, manager: by, since } of rows.values()) {
      expect({ state, by, alive: pid !== null && isAlive(pid) }).toEqual({
        state: 'running',
        by: manager,
        alive: true,
      });
      expect(Math.abs(Date.now() - Date.parse(since ?? ''))).toBeLessThan(60_000);
    }
  });

  test('the proxy answers for each virtual host, and for no other', async () => {
    const first = await deployment.page(proxy, 'webapp1.local');
    const second = await deployment.page(proxy, 'webapp2.local');
    const other = await deployment.page(proxy, 'webapp3.local');
    expect(first.body).toContain('Hello from the first web application');
    expect(first.body).toContain(`port: ${deployment.portOf(15_000)}<`);
    expect(second.body).toContain('Hello from the second web application');
    expect(other.status).toBe(404);
  });

  test('status is a table, and its exit code says that all is well', async () => {
    const { stdout } = await deployment.succeed('status');
    expect(stdout).toMatch(new RegExp(`^webapp1 +${manager} +running +\\d+ `, 'm'));
  });

  test('a second switch does nothing and says so', async () => {
    const restarted = await restartedBy(async () => {
      expect((await deploy()).stderr).toContain('nothing to do');
    });
    expect(restarted).toEqual([]);
  });

  test('plan says what a change would do and why, and changes nothing', async () => {
    const restarted = await restartedBy(async () => {
      const messages = { webapp2: 'Changed' };
      const { exitCode, stdout } = await deployment.tool(
        'plan',
        ...deployment.modelOptions(messages),
        deployment.model,
      );
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(/^restart +webapp2 /m);
      expect(stdout).not.toMatch(/^\w+ +(webapp1|nginx) /m);
    });
    expect(restarted).toEqual([]);
  });

  test('after a change of one environment every other instance keeps its process', async () => {
    const restarted = await restartedBy(() => deploy({ webapp2: 'Changed' }));
    expect(restarted).toEqual(['webapp2']);
    const { body } = await eventually(() => deployment.page(proxy, 'webapp2.local'));
    expect(body).toContain('Changed');
  });

  test('status tells the truth about a process that was killed', async () => {
    const { webapp1 } = await pidsOf(deployment);
    // PID 0 would be everything in our own process group.
    if (typeof webapp1 !== 'number') throw new Error('webapp1 has no process');
    process.kill(webapp1, 'SIGKILL');
    // supervisord starts it again; a sysvinit script leaves it down.
    const row = await eventually(async () => {
      const found = (await statusOf(deployment)).get('webapp1');
      return found?.pid === webapp1 || (manager === 'supervisord' && found?.state !== 'running') ? undefined : found;
    });
    if (manager === 'supervisord') {
      expect(isAlive(row.pid ?? 0)).toBe(true);
    } else {
      expect({ state: row.state, pid: row.pid }).toEqual({ state: 'failed', pid: null });
      expect((await deployment.tool('status')).exitCode).toBe(3);
    }
  });

  test('start brings it back, and leaves what runs alone', async () => {
    const before = await pidsOf(deployment);
    await deployment.succeed('start', 'webapp1', 'webapp2');
    const after = await pidsOf(deployment);
    expect(after['webapp2']).toBe(before['webapp2']);
    await deployment.succeed('status');
    const { body } = await eventually(() => deployment.page(proxy, 'webapp1.local'));
    expect(body).toContain('first');
  });

  test('restart gives an instance another process, and only that one', async () => {
    const restarted = await restartedBy(async () => {
      await deployment.succeed('restart', 'webapp1');
    });
    expect(restarted).toEqual(['webapp1']);
  });

  test('reload keeps the process', async () => {
    const restarted = await restartedBy(async () => {
      await deployment.succeed('reload', 'nginx');
    });
    expect(restarted).toEqual([]);
  });

  test('a stopped instance is reported as stopped, and can be started again', async () => {
    await deployment.succeed('stop', 'webapp2');
    expect((await statusOf(deployment)).get('webapp2')).toMatchObject({ state: 'stopped', pid: null });
    await expect(deployment.page(15_001)).rejects.toThrow('ECONNREFUSED');
    await deployment.succeed('start', 'webapp2');
    await deployment.succeed('status');
  });

  test('an unknown name is an error that lists the known ones', async () => {
    const { exitCode, stderr } = await deployment.tool('restart', 'webapp9');
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/"webapp9"[^]*webapp1, webapp2, nginx/);
  });

  test('undeploy leaves no process, PID file or socket', async () => {
    expect((await deployment.succeed('undeploy')).stdout).toBe('');
    expect(await findLeftovers(deployment)).toEqual(nothing);
    expect(await deployment.tool('status')).toMatchObject({ exitCode: 4 });
  });

  test('a second undeploy does nothing and says so', async () => {
    expect((await deployment.succeed('undeploy')).stderr).toContain('nothing to do');
  });
});
