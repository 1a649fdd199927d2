import { rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { installStandIn } from '../backends/s6-rc/support/stand-in.js';
import { accounts, type Account } from '../support/accounts.js';
import { createDeployment, systemPath, type Deployment } from '../support/deployment.js';
import { runningSleepers, sleeperOptions, writeSleepers, type Sleepers } from '../support/faults/sleepers.js';
import { isRoot } from '../support/is-root.js';
import { pidsOf, statusOf } from '../support/status.js';
import { bootSystemd } from '../support/systemd-namespace.js';
import { makeTemporaryDirectory } from '../support/temporary-directory.js';
import { eventually } from '../support/waiting.js';

const [account] = accounts;
let deployment: Deployment;
let dispose: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const each of dispose.reverse()) await each();
  dispose = [];
});
const use = async (as: Account | undefined, env: Readonly<Record<string, string>> = {}): Promise<void> => {
  if (as === undefined) throw new Error('there is no account to run as');
  deployment = await createDeployment(as, 'webapps', env);
  dispose.push(() => deployment.dispose());
};

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

const stateOf = async (instance: string): Promise<string | undefined> =>
  (await statusOf(deployment)).get(instance)?.state;

/** Managers that start again what crashes, or that wait for others: what has failed there is still wanted. */
const grounds: Readonly<Record<string, { readonly needsRoot: boolean; readonly prepare: () => Promise<void> }>> = {
  's6-rc': {
    needsRoot: false,
    prepare: async () => {
      const place = await makeTemporaryDirectory();
      dispose.push(place.remove);
      const { bin, env } = installStandIn(place.path);
      await use(account, { ...env, PATH: [bin, systemPath].join(delimiter) });
    },
  },
  systemd: {
    // Namespaces and mounts are root's.
    needsRoot: true,
    prepare: async () => {
      const namespace = await bootSystemd();
      dispose.push(namespace.dispose);
      await use(account === undefined ? undefined : namespace.accountInside(account));
    },
  },
};

describe.each(Object.entries(grounds))('under %s', (manager, { needsRoot, prepare }) => {
  const testHere = needsRoot && !isRoot ? test.skip : test;

  testHere(
    'what had crashed before a switch that fails has still failed, and its dependent keeps running',
    async () => {
      await prepare();
      const broken = join(deployment.stateDir, 'broken');
      const crashing: Sleepers = { ...good, base: { version: '1', failsWith: broken } };
      expect(await deploy(manager, 'good', crashing)).toMatchObject({ exitCode: 0 });
      const before = await pidsOf(deployment);
      await writeFile(broken, '');
      await deployment.run('kill', '-KILL', String(before['base']));
      await eventually(async () => ((await stateOf('base')) === 'failed' ? true : undefined));

      const failed = await deploy(manager, 'bad', {
        ...crashing,
        bad: { version: '1', dependsOn: ['user'], fails: true },
      });
      expect({ exitCode: failed.exitCode, stderr: failed.stderr }).toEqual({
        exitCode: 7,
        stderr: expect.not.stringContaining('removed from the model'),
      });
      expect((await pidsOf(deployment))['user']).toBe(before['user']);
      expect(await stateOf('base')).toBe('failed');

      // Nobody has stopped it: the next switch starts it again.
      await rm(broken);
      const again = await deploy(manager, 'good', crashing);
      expect({ exitCode: again.exitCode, stderr: again.stderr }).toEqual({
        exitCode: 0,
        stderr: expect.not.stringContaining('stays stopped'),
      });
      expect(await stateOf('base')).toBe('running');
      expect((await pidsOf(deployment))['user']).toBe(before['user']);
    },
  );
});

test.each(['sysvinit', 'supervisord'])(
  'what had crashed before a switch (to %s) that fails is not taken for stopped, and what ran keeps running',
  async (manager) => {
    await use(account);
    expect(await deploy('sysvinit', 'good', good)).toMatchObject({ exitCode: 0 });
    await crash('base');
    const failed = await deploy(manager, 'bad', bad);
    expect({ exitCode: failed.exitCode, stderr: failed.stderr }).toEqual({
      exitCode: 7,
      stderr: expect.stringContaining('bad did not start'),
    });
    // Nobody has taken anything out of the model.
    expect(failed.stderr).not.toContain('removed from the model');
    const states = [...(await statusOf(deployment))].map(([instance, { state }]) => `${instance} ${state}`);
    expect(states.sort()).toEqual(['base running', 'user running']);
    expect(runningSleepers(deployment)).toEqual(['base 1', 'user 1']);
    // The next switch has nothing to find out.
    const again = await deploy('sysvinit', 'good', good);
    expect(again).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('nothing to do') });
    expect(again.stderr).not.toContain('stays stopped');
  },
);
