import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { managersAnywhere } from '../contract/anywhere.js';
import { accounts } from '../support/accounts.js';
import { createDeployment, type Deployment } from '../support/deployment.js';
import { statusOf } from '../support/status.js';
import { eventually } from '../support/waiting.js';

jest.setTimeout(240_000);

const account = accounts.at(-1);

describe.each([...managersAnywhere])('readiness under %s', (manager) => {
  let deployment: Deployment;
  const switchTo = (parameters: string): readonly string[] => [
    ...['switch', '-P', manager, `--state-dir=${deployment.stateDir}`, '--force-disable-user-change'],
    ...['--host-packages', `--extra-params=${parameters}`],
    join(deployment.fixtures, 'readiness', 'processes.nix'),
  ];
  const pids = async (): Promise<Readonly<Record<string, number | null>>> =>
    Object.fromEntries([...(await statusOf(deployment))].map(([instance, { pid }]) => [instance, pid]));
  const states = async (): Promise<ReadonlySet<string>> =>
    new Set([...(await statusOf(deployment)).values()].map(({ state }) => state));

  beforeEach(async () => {
    if (account === undefined) throw new Error('there is no account to run as');
    deployment = await createDeployment(account, 'webapps');
  });
  afterEach(async () => {
    await deployment.dispose();
  });

  test('a process that is not ready in time fails the switch, is named with its log, and leaves the others alone', async () => {
    // The client ends at once unless it is started after the database was ready.
    await deployment.succeed(...switchTo('{ }'));
    expect([...(await states())]).toEqual(['running']);
    const before = await pids();
    expect(Object.keys(before)).toHaveLength(10);

    const { exitCode, stderr } = await deployment.tool(...switchTo('{ late = true; }'));
    expect({ exitCode, stderr }).toEqual({ exitCode: 7, stderr: expect.stringContaining('idle4b did not start') });
    expect(stderr).toContain('it was not ready within 2 s: there is no');
    expect(stderr).toContain('it takes its time');
    expect(stderr).not.toMatch(/idle[1-8] did not/);
    expect(await pids()).toEqual(before);
    expect(JSON.parse((await deployment.succeed('generations', 'list', '--json')).stdout)).toEqual([
      expect.objectContaining({ number: 1, current: true }),
    ]);

    // One that is not critical is only warned of.
    const tolerant = await deployment.tool(...switchTo('{ late = true; lateIsCritical = false; }'));
    expect(tolerant).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('not critical') });
    expect(await pids()).toMatchObject(before);
  });

  if (manager !== 'disnix') {
    test('a process that ends within the settle time fails the switch', async () => {
      const { exitCode, stderr } = await deployment.tool(...switchTo('{ quits = true; }'), '--settle=6');
      expect({ exitCode, stderr }).toEqual({ exitCode: 7, stderr: expect.stringContaining('quitter did not start') });
      expect(stderr).toContain('it did not stay up');
      expect(stderr).toContain('it had enough');
      expect(stderr).not.toMatch(/(idle[1-8]|database|client) did not/);
    });
  }
  // Of the others, README.md says that nobody waits without this tool.
  if (manager === 'sysvinit' || manager === 'supervisord') {
    test('without us, dependents wait as well', async () => {
      await deployment.succeed(...switchTo('{ }'));
      if (manager === 'sysvinit') {
        // As init does at boot: one script after the other.
        await deployment.succeed('stop', 'client', 'database');
        rmSync(join(deployment.runtimeDir, 'database.ready'), { force: true });
        await deployment.succeed('run-activity', 'start');
      } else {
        // As supervisord does when it starts: everything at once.
        await deployment.succeed('stop', 'client', 'database');
        rmSync(join(deployment.runtimeDir, 'database.ready'), { force: true });
        const configuration = join(deployment.runtimeDir, 'nix-processmgmt-ts/processes/supervisord.conf');
        const { exitCode, stdout, stderr } = await deployment.run(
          'supervisorctl',
          ...['-c', configuration, 'start', 'client', 'database'],
        );
        expect({ exitCode, stdout, stderr }).toMatchObject({ exitCode: 0 });
      }
      await eventually(async () => {
        expect([...(await states())]).toEqual(['running']);
        return true;
      }, 30);
    });
  }
});
