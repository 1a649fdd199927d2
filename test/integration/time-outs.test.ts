import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { accounts } from '../support/accounts.js';
import { createDeployment, type Deployment } from '../support/deployment.js';
import { sleeperOptions } from '../support/faults/sleepers.js';
import { writeService } from '../support/single-service.js';
import { findLeftovers, nothing } from '../support/leftovers.js';
import { processesThatMention } from '../support/processes.js';
import { eventually } from '../support/waiting.js';

const account = accounts.at(-1);

let deployment: Deployment;
beforeAll(async () => {
  if (account === undefined) throw new Error('there is no account to run as');
  deployment = await createDeployment(account, 'webapps');
});
afterAll(async () => {
  await deployment.dispose();
});

/** @param attributes of the instance, besides its process */
const deploy = async (properties: string, attributes: string, ...options: readonly string[]) => {
  const model = await writeService(deployment, `foregroundProcess = "/bin/sh"; ${properties}`, attributes);
  return deployment.tool('switch', '-P', 'sysvinit', ...sleeperOptions(deployment), ...options, model);
};
const sleepers = (seconds: number) =>
  processesThatMention(deployment.directory).filter(({ commandLine }) => commandLine.endsWith(`sleep ${seconds}`));

test('a script that does not come to an end is ended with what it has started, and the switch fails', async () => {
  const { exitCode, stderr } = await deploy(
    'args = [ "-c" "exec sleep 1000" ]; initialize = "sleep 2000";',
    '',
    '--start-timeout=2',
  );
  expect({ exitCode, stderr }).toEqual({
    exitCode: 7,
    stderr: expect.stringContaining('service did not start: its script took too long and was ended'),
  });
  await eventually(() => {
    expect([...sleepers(1000), ...sleepers(2000)]).toEqual([]);
    return true;
  }, 30);
});

test('a process that ignores SIGTERM is killed when the time to stop is over: its own, or the one that the user says', async () => {
  const deaf = (version: string) => `args = [ "-c" "trap : TERM; while :; do sleep 0.1; done" "${version}" ];`;
  expect(await deploy(deaf('one'), 'service.stopTimeout = 1;')).toMatchObject({ exitCode: 0 });
  // With the user's time, it would not end before the test does. The next generation says nothing.
  const changed = await deploy(deaf('two'), '', '--stop-timeout=1000');
  expect(changed).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('restarting service') });
  const begin = performance.now();
  const { stderr } = await deployment.succeed('stop', '--stop-timeout=1', 'service');
  expect(stderr).toContain('stopping service');
  const took = performance.now() - begin;
  expect(processesThatMention(deployment.directory)).toEqual([]);
  expect(took).toBeGreaterThan(1000);
  await deployment.succeed('undeploy');
  expect(await findLeftovers(deployment)).toEqual(nothing);
});
