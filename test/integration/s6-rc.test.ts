import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { installStandIn } from '../backends/s6-rc/support/stand-in.js';
import { accounts, type Account } from '../support/accounts.js';
import { createDeployment, type Deployment } from '../support/deployment.js';
import { findLeftovers, nothing } from '../support/leftovers.js';
import { switchAsPlanned } from '../support/plans.js';
import { isAlive } from '../support/processes.js';
import { pidsOf, statusOf } from '../support/status.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.js';
import { eventually } from '../support/waiting.js';

const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const proxy = 15_080;

/** The directory of s6-rc on this machine; null where there is none, as on Debian 12. */
const directoryOfS6rc = ((): string | null => {
  const isThere = (directory: string): boolean => {
    try {
      accessSync(join(directory, 's6-rc-compile'), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  };
  return [...(process.env['PATH'] ?? '').split(delimiter), ...systemPath.split(delimiter)].find(isThere) ?? null;
})();

/** Where programs of s6-rc are found, and what they need to know. */
type Programs = (directory: string) => Readonly<Record<string, string>>;

const real: Programs = () => ({ PATH: [directoryOfS6rc, systemPath].join(delimiter) });
const standIn: Programs = (directory) => {
  const { bin, env } = installStandIn(directory);
  return { ...env, PATH: [bin, systemPath].join(delimiter) };
};

// The tests of one account are one story: each goes on where the one before has ended.
const tellStory = (account: Account, programs: Programs): void => {
  let directory: TemporaryDirectory;
  let deployment: Deployment;
  const deploy = (messages: Readonly<Record<string, string>> = {}) =>
    switchAsPlanned(deployment, '-P', 's6-rc', ...deployment.modelOptions(messages), deployment.model);
  /** Does something, and tells which instances have another process afterwards. */
  const restartedBy = async (action: () => Promise<unknown>): Promise<readonly string[]> => {
    const before = await pidsOf(deployment);
    await action();
    const after = await pidsOf(deployment);
    return Object.keys(after).filter((instance) => after[instance] !== before[instance]);
  };

  beforeAll(async () => {
    directory = await makeTemporaryDirectory();
    deployment = await createDeployment(account, 'webapps', programs(directory.path));
  });
  afterAll(async () => {
    await deployment.dispose();
    await directory.remove();
  });

  test('a switch starts every instance', async () => {
    expect((await deploy()).stdout).toBe('');
    for (const { state, pid } of (await statusOf(deployment)).values()) {
      expect({ state, alive: pid !== null && isAlive(pid) }).toEqual({ state: 'running', alive: true });
    }
    const { body } = await eventually(() => deployment.page(proxy, 'webapp1.local'));
    expect(body).toContain('Hello from the first web application');
  });

  test('a second switch does nothing and says so', async () => {
    const restarted = await restartedBy(async () => {
      expect((await deploy()).stderr).toContain('nothing to do');
    });
    expect(restarted).toEqual([]);
  });

  test('after a change of one environment every other instance keeps its process, dependents too', async () => {
    expect(await restartedBy(() => deploy({ webapp2: 'Changed' }))).toEqual(['webapp2']);
    const { body } = await eventually(() => deployment.page(proxy, 'webapp2.local'));
    expect(body).toContain('Changed');
  });

  test('a rollback brings back what ran before, with a restart of what had changed', async () => {
    expect(await restartedBy(() => deployment.succeed('rollback'))).toEqual(['webapp2']);
    const { body } = await eventually(() => deployment.page(proxy, 'webapp2.local'));
    expect(body).toContain('Hello from the second web application');
  });

  test('a process that was killed is started again', async () => {
    const { webapp1 } = await pidsOf(deployment);
    // PID 0 would be everything in our own process group.
    if (typeof webapp1 !== 'number') throw new Error('webapp1 has no process');
    process.kill(webapp1, 'SIGKILL');
    await eventually(async () => {
      const row = (await statusOf(deployment)).get('webapp1');
      return row?.state === 'running' && row.pid !== webapp1 ? true : undefined;
    });
  });

  test('restart gives an instance another process, and only that one; reload none', async () => {
    expect(await restartedBy(() => deployment.succeed('restart', 'webapp1'))).toEqual(['webapp1']);
    expect(await restartedBy(() => deployment.succeed('reload', 'nginx'))).toEqual([]);
  });

  test('what depends on a stopped instance is stopped with it, and both can be started again', async () => {
    await deployment.succeed('stop', 'webapp2');
    const states = await statusOf(deployment);
    expect(['webapp1', 'webapp2', 'nginx'].map((name) => states.get(name)?.state)).toEqual([
      'running',
      'stopped',
      'stopped',
    ]);
    await deployment.succeed('start', 'nginx');
    await deployment.succeed('status');
  });

  test('logs are what an instance has printed', async () => {
    const { stdout } = await deployment.succeed('logs', 'webapp1');
    expect(stdout).toContain(`listening on port ${deployment.portOf(15_000)}`);
  });

  test('a move to another manager and back loses nothing', async () => {
    const moved = ['switch', '-P', 'supervisord', ...deployment.modelOptions(), deployment.model];
    await deployment.succeed(...moved);
    expect((await statusOf(deployment)).get('nginx')).toMatchObject({ manager: 'supervisord', state: 'running' });
    await deploy();
    expect((await statusOf(deployment)).get('nginx')).toMatchObject({ manager: 's6-rc', state: 'running' });
  });

  test('undeploy leaves no process, PID file or socket', async () => {
    await deployment.succeed('undeploy');
    expect(await findLeftovers(deployment)).toEqual(nothing);
    expect(await deployment.tool('status')).toMatchObject({ exitCode: 4 });
  });
};

const describeWithS6rc = directoryOfS6rc === null ? describe.skip : describe;

describe.each(accounts)('the web applications under s6-rc as $name', (account) => {
  describeWithS6rc('with s6-rc itself', () => {
    tellStory(account, real);
  });

  describe('with stand-ins for the programs of s6-rc', () => {
    tellStory(account, standIn);
  });
});

test('without s6-rc a switch changes nothing, and says what is missing', async () => {
  const [account] = accounts.slice(-1);
  if (account === undefined) throw new Error('nobody can run the tests');
  // Debian's own s6 and execline are there, and everything that a build needs.
  const deployment = await createDeployment(account, 'webapps', { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' });
  try {
    const { exitCode, stderr } = await deployment.tool(
      ...['switch', '-P', 's6-rc', ...deployment.modelOptions(), deployment.model],
    );
    const isInstalledByTheSystem = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'].includes(directoryOfS6rc ?? '');
    expect(exitCode).toBe(isInstalledByTheSystem ? 0 : 8);
    if (!isInstalledByTheSystem) expect(stderr).toContain('The program s6-rc was not found');
  } finally {
    await deployment.dispose();
  }
});
