import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { managersAnywhere } from '../contract/anywhere.js';
import { accounts } from '../support/accounts.js';
import { createDeployment, type Deployment } from '../support/deployment.js';
import { findLeftovers, nothing } from '../support/leftovers.js';
import { switchAsPlanned } from '../support/plans.js';
import { pidsOf } from '../support/status.js';
import { eventually } from '../support/waiting.js';

const proxy = 15_080;
const [manager = ''] = managersAnywhere;

// What the commands show, with a real web server; what each manager does is in test/contract. The tests of one account are
// one story: each goes on where the one before has ended.
describe.each(accounts)('the web applications as $name', (account) => {
  let deployment: Deployment;

  beforeAll(async () => {
    deployment = await createDeployment(account, 'webapps');
    await switchAsPlanned(deployment, '-P', manager, ...deployment.modelOptions(), deployment.model);
  });
  afterAll(async () => {
    await deployment.dispose();
  });

  test('the proxy answers for each virtual host, and for no other', async () => {
    const first = await eventually(() => deployment.page(proxy, 'webapp1.local'));
    const second = await deployment.page(proxy, 'webapp2.local');
    const other = await deployment.page(proxy, 'webapp3.local');
    expect(first.body).toContain('Hello from the first web application');
    expect(first.body).toContain(`port: ${deployment.portOf(15_000)}<`);
    expect(second.body).toContain('Hello from the second web application');
    expect(other.status).toBe(404);
  });

  test('status is a table, and its exit code says that all is well', async () => {
    const { stdout } = await deployment.succeed('status');
    expect(stdout).toMatch(/^INSTANCE +MANAGER +STATE +PID +SINCE\n/);
    const [, since = ''] = /^webapp1 +\S+ +running +\d+ +(\S+)$/m.exec(stdout) ?? [];
    expect(Math.abs(Date.now() - Date.parse(since))).toBeLessThan(60_000);
  });

  test('plan says what a change would do and why, and changes nothing', async () => {
    const before = await pidsOf(deployment);
    const options = deployment.modelOptions({ webapp2: 'Changed' });
    const { exitCode, stdout } = await deployment.tool('plan', ...options, deployment.model);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^restart +webapp2 /m);
    expect(stdout).not.toMatch(/^\w+ +(webapp1|nginx) /m);
    expect(await pidsOf(deployment)).toEqual(before);
  });

  test('start leaves alone what runs', async () => {
    const before = await pidsOf(deployment);
    await deployment.succeed('start', 'webapp1', 'webapp2');
    expect(await pidsOf(deployment)).toEqual(before);
  });

  test('a stopped instance does not answer any more', async () => {
    await deployment.succeed('stop', 'webapp2');
    await expect(deployment.page(15_001)).rejects.toThrow('ECONNREFUSED');
  });

  test('an unknown name is an error that lists the known ones', async () => {
    const { exitCode, stderr } = await deployment.tool('restart', 'webapp9');
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/"webapp9"[^]*webapp1, webapp2, nginx/);
  });

  test('undeploy leaves no process, PID file or socket', async () => {
    expect((await deployment.succeed('undeploy')).stdout).toBe('');
    expect(await findLeftovers(deployment)).toEqual(nothing);
  });
});
