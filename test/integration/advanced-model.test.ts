import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { accounts } from '../support/accounts.js';
import { createDeployment, type Deployment } from '../support/deployment.js';
import { findLeftovers, nothing } from '../support/leftovers.js';
import { statusOf } from '../support/status.js';
import { eventually } from '../support/waiting.js';

const instances = ['nginx', 'nginx2', 'webapp1', 'webapp2', 'webapp3', 'webapp4'];
const managers = ['sysvinit', 'supervisord'];
const cases = accounts.flatMap((account) => managers.map((manager) => ({ account, manager })));

// Foreground-only and daemon-only programs, overrides that are functions, values that need care, two proxies.
describe.each(cases)('the larger model under $manager as $account.name', ({ account, manager }) => {
  let deployment: Deployment;
  const says = async (proxy: number, host: string): Promise<string | undefined> => {
    const { body } = await eventually(async () => {
      const page = await deployment.page(proxy, host);
      return page.status === 502 ? undefined : page;
    });
    return /<p>(.*?)<\/p>/.exec(body)?.[1];
  };

  beforeAll(async () => {
    deployment = await createDeployment(account, 'webapps-advanced');
  });
  afterAll(async () => {
    await deployment.dispose();
  });

  test('every instance runs, whether it can run in the foreground, as a daemon, or as either', async () => {
    const options = manager === 'sysvinit' ? ['--runlevel', '5'] : [];
    await deployment.succeed('switch', '-P', manager, ...options, ...deployment.modelOptions(), deployment.model);
    const rows = await statusOf(deployment);
    expect([...rows.keys()].sort()).toEqual(instances);
    expect([...rows.values()].filter(({ state }) => state !== 'running')).toEqual([]);
  });

  test('both proxies forward by host name, each to its own web applications', async () => {
    expect(await says(15_180, 'webapp1.local')).toBe('Hello from webapp1');
    expect(await says(15_180, 'webapp2.local')).toBe('Hello from webapp2');
    expect(await says(15_180, 'webapp3.local')).toBe('Hello from webapp3');
    expect(await says(15_181, 'webapp3.local')).toBe('Hello from webapp3');
    expect((await deployment.page(15_181, 'webapp1.local')).status).toBe(404);
  });

  test('a value with quotes, percent, dollar and backslash arrives as it was written', async () => {
    expect(await says(15_181, 'webapp4.local')).toBe(`100% of webapp4; it's "$quoted" \\ here`);
  });

  test('logs show what a program in the foreground printed', async () => {
    await deployment.page(15_102);
    const { stdout } = await deployment.succeed('logs', '-n', '1', 'webapp2');
    expect(stdout).toMatch(/(GET|listening).*\n$/);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
  });

  test('undeploy leaves no process, PID file or socket', async () => {
    await deployment.succeed('undeploy');
    expect(await findLeftovers(deployment)).toEqual(nothing);
  });
});
