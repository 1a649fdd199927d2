import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startLaunchd, type RunningLaunchd } from '../backends/launchd/support/running-launchd.js';
import { accounts } from '../support/accounts.js';
import { createDeployment, type Deployment } from '../support/deployment.js';
import { switchAsPlanned } from '../support/plans.js';

// The tests of one account are one story: each goes on where the one before has ended.
describe.each(accounts)("what launchd is told about a deployment of $name's", (account) => {
  let launchd: RunningLaunchd;
  let deployment: Deployment;
  const deploy = (messages: Readonly<Record<string, string>> = {}) =>
    switchAsPlanned(deployment, '-P', 'launchd', ...deployment.modelOptions(messages), deployment.model);

  beforeAll(async () => {
    launchd = await startLaunchd(account);
    deployment = await createDeployment(account, 'webapps', launchd.environment);
  });
  afterAll(async () => {
    await deployment.dispose();
    launchd.end();
    await launchd.remove();
  });

  const file = (name: string): string => join(launchd.jobs, `org.nixos.${name}.plist`);
  const tried = (name: string): readonly string[] => [
    ...(account.uid === 0 ? [] : [`bootstrap gui/${account.uid} ${file(name)}`]),
    `bootstrap ${launchd.domain} ${file(name)}`,
  ];

  test('a switch loads every job, what others depend on first', async () => {
    await deploy();
    const made = launchd.calls();
    expect(made.slice(-tried('nginx').length)).toEqual(tried('nginx'));
    expect([...made].sort()).toEqual(['nginx', 'webapp1', 'webapp2'].flatMap(tried).sort());
  });

  test('a changed job is unloaded and loaded again, and no other', async () => {
    await deploy({ webapp2: 'Changed' });
    expect(launchd.calls()).toEqual([`bootout ${launchd.domain}/org.nixos.webapp2`, ...tried('webapp2')]);
    expect(readFileSync(file('webapp2'), 'utf8')).toContain('<string>Changed</string>');
  });

  test('an undeployment unloads dependents first', async () => {
    await deployment.succeed('undeploy');
    expect(launchd.calls()[0]).toBe(`bootout ${launchd.domain}/org.nixos.nginx`);
  });
});

test('without launchctl it says that launchd is not there', async () => {
  const [account] = accounts;
  if (account === undefined) throw new Error('nobody can run the tests');
  const deployment = await createDeployment(account, 'webapps');
  try {
    const options = [...deployment.modelOptions(), deployment.model];
    const { exitCode, stderr } = await deployment.tool('switch', '-P', 'launchd', ...options);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 8, stderr: expect.stringContaining('macOS') as unknown });
  } finally {
    await deployment.dispose();
  }
});
