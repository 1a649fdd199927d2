import { mkdirSync, chownSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { StandInServer } from '../backends/synit/support/stand-in-server.js';
import { accounts } from '../support/accounts.js';
import { createDeployment, type Deployment } from '../support/deployment.js';
import { findLeftovers, nothing } from '../support/leftovers.js';
import { switchAsPlanned } from '../support/plans.js';
import { pidsOf, statusOf } from '../support/status.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.js';
import { eventually } from '../support/waiting.js';

const proxy = 15_080;

// syndicate-server is not in Debian: the files are real, and so are the processes, but not who reads the one and starts
// the other. The tests of one account are one story: each goes on where the one before has ended.
describe.each(accounts)("a deployment of $name's under a stand-in for Synit", (account) => {
  let place: TemporaryDirectory;
  let services: string;
  let server: StandInServer;
  let deployment: Deployment;
  const deploy = (messages: Readonly<Record<string, string>> = {}) =>
    switchAsPlanned(deployment, '-P', 'synit', ...deployment.modelOptions(messages), deployment.model);

  beforeAll(async () => {
    place = await makeTemporaryDirectory();
    services = join(place.path, 'services');
    mkdirSync(services);
    chownSync(services, account.uid, account.gid);
    server = new StandInServer(services, { uid: account.uid, gid: account.gid });
    deployment = await createDeployment(account, 'webapps', { SYNIT_TARGET_DIR: services });
  });
  afterAll(async () => {
    await server.close();
    await deployment.dispose();
    await place.remove();
  });

  test('a switch starts every instance', async () => {
    await deploy();
    expect(readdirSync(services).sort()).toEqual(['nginx.pr', 'webapp1.pr', 'webapp2.pr']);
    for (const { state } of (await statusOf(deployment)).values()) expect(state).toBe('running');
    const { body } = await eventually(() => deployment.page(proxy, 'webapp1.local'));
    expect(body).toContain('Hello from the first web application');
  });

  test('a second switch does nothing and says so', async () => {
    const before = await pidsOf(deployment);
    expect((await deploy()).stderr).toContain('nothing to do');
    expect(await pidsOf(deployment)).toEqual(before);
  });

  test('after a change every other instance keeps its process', async () => {
    const before = await pidsOf(deployment);
    await deploy({ webapp2: 'Changed' });
    const after = await pidsOf(deployment);
    expect(Object.keys(after).filter((instance) => after[instance] !== before[instance])).toEqual(['webapp2']);
    const { body } = await eventually(() => deployment.page(proxy, 'webapp2.local'));
    expect(body).toContain('Changed');
  });

  test('a rollback runs what ran before', async () => {
    await deployment.succeed('rollback');
    const { body } = await eventually(() => deployment.page(proxy, 'webapp2.local'));
    expect(body).toContain('Hello from the second web application');
  });

  test('a log is what the process printed', async () => {
    const { stdout } = await deployment.succeed('logs', 'webapp1');
    expect(stdout).not.toBe('');
  });

  test('an undeployment leaves nothing', async () => {
    await deployment.succeed('undeploy');
    expect(readdirSync(services)).toEqual([]);
    expect(await findLeftovers(deployment)).toEqual(nothing);
  });
});
