import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { accounts } from '../support/accounts.js';
import { createDeployment, type Deployment } from '../support/deployment.js';
import { randomFrom, seed } from '../support/faults/sample.js';
import { findLeftovers, nothing } from '../support/leftovers.js';
import { processesThatMention } from '../support/processes.js';
import { pidsOf, statusOf } from '../support/status.js';
import { eventually } from '../support/waiting.js';

const account = accounts.at(-1);

/**
 * Milliseconds from the beginning of a switch until it is killed, in the middle of a step; all of it takes about a second.
 * (test/faults kills it between the steps.)
 */
const moments = [Math.floor(randomFrom(seed)() * 200)];

describe.each([
  ['sysvinit', 'supervisord'],
  ['supervisord', 'sysvinit'],
])('a switch from %s to %s that is killed', (from, to) => {
  let deployment: Deployment;
  const options = (message: string) => [...deployment.modelOptions({ webapp1: message }), deployment.model];
  const webapps = () =>
    processesThatMention(deployment.directory).filter(({ commandLine }) => /\/bin\/webapp( -D)?$/.test(commandLine));

  beforeEach(async () => {
    if (account === undefined) throw new Error('there is no account to run as');
    deployment = await createDeployment(account, 'webapps');
    await deployment.succeed('switch', '-P', from, ...options('before'));
  });
  afterEach(async () => {
    await deployment.dispose();
  });

  test.each(moments)('%i ms after it began is finished by the next one, and nothing runs twice', async (moment) => {
    // It has not ended by then, however fast the machine is: it looks for a while whether everything stays up.
    const { pid, ended } = deployment.start('switch', '-P', to, '--settle', '30', ...options('after'));
    await eventually(() =>
      lstat(join(deployment.profilesDir, '.nix-processmgmt-ts', 'processes', 'unfinished', 'journal')),
    );
    await new Promise((resolve) => setTimeout(resolve, moment));
    process.kill(pid, 'SIGKILL');
    await ended;
    expect((await deployment.succeed('generations', 'log')).stdout).toMatch(/ interrupted [^\n]*\n$/);

    const { stderr } = await deployment.succeed('switch', '-P', to, ...options('after'));
    expect(stderr).toContain('did not finish');
    const states = [...(await statusOf(deployment))].map(([, { state, manager }]) => `${state} under ${manager}`);
    expect(states).toEqual(Array(3).fill(`running under ${to}`));
    expect(webapps()).toHaveLength(2);
    const page = await eventually(() => deployment.page(15_080, 'webapp1.local'));
    expect(page.body).toContain('after');

    // All is said and done: another switch touches nothing.
    const pids = await pidsOf(deployment);
    expect((await deployment.succeed('switch', '-P', to, ...options('after'))).stderr).toContain('nothing to do');
    expect(await pidsOf(deployment)).toEqual(pids);
    await deployment.succeed('undeploy');
    expect(await findLeftovers(deployment)).toEqual(nothing);
  });
});
