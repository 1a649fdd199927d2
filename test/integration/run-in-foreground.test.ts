import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { accounts } from '../support/accounts.js';
import { createDeployment, type Deployment } from '../support/deployment.js';
import { findLeftovers, nothing } from '../support/leftovers.js';
import { isAlive, killProcessesThatMention } from '../support/processes.js';
import { eventually } from '../support/waiting.js';

const account = accounts.at(-1);

describe.each(['sysvinit', 'supervisord'])('run under %s', (manager) => {
  let deployment: Deployment;
  beforeEach(async () => {
    if (account === undefined) throw new Error('there is no account to run as');
    deployment = await createDeployment(account, 'webapps');
    await deployment.succeed('switch', '-P', manager, ...deployment.modelOptions(), deployment.model);
    // As after a power cut: there is a generation, nothing runs, and PID files and sockets of before lie about.
    killProcessesThatMention(deployment.directory);
  });
  afterEach(async () => {
    await deployment.dispose();
  });

  test('starts the current generation, and stops all of it when it is told to end', async () => {
    const { pid, ended } = deployment.start('run');
    const page = await eventually(async () => {
      const answer = await deployment.page(15_080, 'webapp2.local');
      return answer.status === 200 ? answer : undefined;
    });
    expect(page.body).toContain('Hello from the second web application');
    expect(isAlive(pid)).toBe(true);
    process.kill(pid, 'SIGTERM');
    expect(await ended).toBe(0);
    expect(await findLeftovers(deployment)).toEqual(nothing);
  });
});
