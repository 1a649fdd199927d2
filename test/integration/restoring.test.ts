import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { accounts } from '../support/accounts.js';
import { createDeployment, type Deployment } from '../support/deployment.js';
import { runningSleepers, sleeperOptions, writeSleepers, type Sleepers } from '../support/faults/sleepers.js';
import { pidsOf, statusOf } from '../support/status.js';
import { eventually } from '../support/waiting.js';

const [account] = accounts;
let deployment: Deployment;
beforeEach(async () => {
  if (account === undefined) throw new Error('there is no account to run as');
  deployment = await createDeployment(account, 'webapps');
});
afterEach(() => deployment.dispose());

const deploy = async (manager: string, name: string, sleepers: Sleepers) => {
  const model = await writeSleepers(deployment, name, sleepers);
  return deployment.tool('switch', '-P', manager, ...sleeperOptions(deployment), model);
};
const good: Sleepers = { base: { version: '1' }, user: { version: '1', dependsOn: ['base'] } };
const bad: Sleepers = { ...good, bad: { version: '1', dependsOn: ['user'], fails: true } };

/** Ends a process that its manager does not watch. */
const crash = async (instance: string): Promise<void> => {
  const pid = (await pidsOf(deployment))[instance] ?? null;
  if (pid === null) throw new Error(`${instance} does not run`);
  process.kill(pid, 'SIGKILL');
  await eventually(async () => ((await statusOf(deployment)).get(instance)?.state === 'failed' ? true : undefined));
};

test.each(['sysvinit', 'supervisord'])(
  'what had crashed before a switch (to %s) that fails is not taken for stopped, and what ran keeps running',
  async (manager) => {
    expect(await deploy('sysvinit', 'good', good)).toMatchObject({ exitCode: 0 });
    await crash('base');
    const failed = await deploy(manager, 'bad', bad);
    expect({ exitCode: failed.exitCode, stderr: failed.stderr }).toEqual({
      exitCode: 7,
      stderr: expect.stringContaining('bad did not start'),
    });
    // Nobody has taken anything out of the model.
    expect(failed.stderr).not.toContain('it is no longer in the model');
    const states = [...(await statusOf(deployment))].map(([instance, { state }]) => `${instance} ${state}`);
    expect(states.sort()).toEqual(['base running', 'user running']);
    expect(runningSleepers(deployment)).toEqual(['base 1', 'user 1']);
    // The next switch has nothing to find out.
    const again = await deploy('sysvinit', 'good', good);
    expect(again).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('nothing to do') });
    expect(again.stderr).not.toContain('stays stopped');
  },
);
