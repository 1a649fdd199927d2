import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { installStandIn } from '../backends/s6-rc/support/stand-in.js';
import { accounts } from '../support/accounts.js';
import { createDeployment, systemPath, type Deployment } from '../support/deployment.js';
import { sleeperOptions } from '../support/faults/sleepers.js';
import { isRoot } from '../support/is-root.js';
import { isAlive, processesThatMention } from '../support/processes.js';
import { bootSystemd, type SystemdNamespace } from '../support/systemd-namespace.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.js';
import { eventually } from '../support/waiting.js';

jest.setTimeout(120_000);

// A namespace needs mounts, which are root's.
const describeAsRoot = isRoot ? describe : describe.skip;

const [account] = accounts;

describeAsRoot('where systemd is the first process', () => {
  let namespace: SystemdNamespace;
  let standIn: TemporaryDirectory;
  let environment: Readonly<Record<string, string>>;
  let deployment: Deployment;
  beforeAll(async () => {
    namespace = await bootSystemd();
    await namespace.mustRun('cp', '/usr/bin/systemd-run', systemdRun);
    standIn = await makeTemporaryDirectory();
    const { bin, env } = installStandIn(standIn.path);
    environment = { ...env, PATH: `${bin}:${systemPath}` };
  });
  afterAll(async () => {
    await namespace.dispose();
    await standIn.remove();
  });

  /** All units that commands of a test are called in: what a login session is for an operator. */
  const login = 'np-login.slice';

  /** A copy: one of the tests takes the other one away. */
  const systemdRun = '/run/run-as-login';

  const prepare = async (): Promise<void> => {
    if (account === undefined) throw new Error('there is no account to run as');
    deployment = await createDeployment(
      { ...account, prefix: [...namespace.enter, systemdRun, '--scope', '--quiet', `--slice=${login}`, '--'] },
      'webapps',
      environment,
    );
  };

  /** An instance that starts a process of which nothing tells whose it is: not its parent, its session or its environment. */
  const deploy = async (
    manager: string,
    version: number,
    attributes = '',
    ...options: readonly string[]
  ): Promise<string> => {
    const model = join(deployment.directory, 'processes.nix');
    await writeFile(
      model,
      `{ pkgs, stateDir, runtimeDir, logDir, tmpDir, forceDisableUserChange, processManager }:
let
  create = import ./nix-processmgmt/nixproc/create-managed-process/universal/create-managed-process-universal.nix {
    inherit pkgs stateDir runtimeDir logDir tmpDir forceDisableUserChange processManager;
  };
in
{
  service = {
    pkg = create {
      instanceName = "service";
      foregroundProcess = "/bin/sh";
      environment.PLACE = "${deployment.directory}";
      args = [
        "-c"
        ''
          : version ${version}
          ( /usr/bin/env -i /usr/bin/setsid /usr/bin/sleep 10${version}5 >>${deployment.directory}/open 2>&1 & )
          exec /usr/bin/sleep 10${version}3
        ''
      ];
    };
    ${attributes}
  };
}
`,
    );
    const result = await deployment.tool('switch', '-P', manager, ...sleeperOptions(deployment), ...options, model);
    if (result.exitCode !== 0) throw new Error(result.stderr);
    return result.stderr;
  };
  /** PIDs by command line, without the directories. */
  const sleepers = (): Readonly<Record<string, number>> =>
    Object.fromEntries(
      processesThatMention(deployment.directory)
        .map(({ pid, commandLine }) => [commandLine.replace('/usr/bin/', ''), pid] as const)
        .filter(([command]) => /^sleep 10\d\d$/.test(command)),
    );
  const groupOf = (pid: number | undefined): string => readFileSync(`/proc/${pid ?? 0}/cgroup`, 'utf8');
  const scope = async (): Promise<string> =>
    (await namespace.mustRun('systemctl', 'list-units', '--plain', '--no-legend', 'nixproc-*.scope')).split(' ')[0] ??
    '';

  const managers = ['sysvinit', 'supervisord', 's6-rc', 'disnix'];
  describe.each(managers)('an instance under %s', (manager) => {
    beforeAll(prepare);
    afterAll(() => deployment.dispose());

    test('outlives the login session that it was started from', async () => {
      await deploy(manager, 1);
      const before = await eventually(() => (Object.keys(sleepers()).length === 2 ? sleepers() : undefined), 10);
      for (const pid of Object.values(before)) {
        expect(groupOf(pid)).toMatch(
          /\/system\.slice\/nixproc-.*\.scope\/nixproc\.instances\/.*\/state\/run\/service\/start-\d+$/m,
        );
      }
      await namespace.mustRun('systemctl', 'stop', login);
      expect(sleepers()).toEqual(before);
      expect(Object.values(before).every(isAlive)).toBe(true);
      expect((await deployment.tool('status')).exitCode).toBe(0);
    });

    test('is told what it has left behind, though nothing of that says whose it is', async () => {
      expect(await deploy(manager, 2)).toMatch(/service left behind: process \d+ \(\/usr\/bin\/sleep 1015\)/);
      const { stdout } = await deployment.tool('status');
      expect(stdout).toMatch(/it has left behind process \d+ \(\/usr\/bin\/sleep 1015\)/);
      expect(stdout).not.toContain('sleep 1025');
      await deploy(manager, 3, 'leftovers = "end";');
      const { stderr } = await deployment.tool('undeploy');
      expect(stderr).toMatch(/ended now: .*sleep 1035/);
      expect(sleepers()).toEqual({});
      // Of the deployment nothing is left.
      await eventually(async () => ((await scope()) === '' ? true : undefined), 10);
    });

    // One of each kind: scripts that enter the scope themselves, and a supervisor that is in it.
    if (manager === 's6-rc' || manager === 'disnix') return;

    test('ends with the scope of its deployment, and comes back in another one', async () => {
      await deploy(manager, 1);
      await eventually(() => ('sleep 1013' in sleepers() ? true : undefined), 10);
      const name = await scope();
      expect(await namespace.mustRun('systemctl', 'show', '--property=Delegate', name)).toBe('Delegate=yes\n');
      await namespace.mustRun('systemctl', 'stop', name);
      expect(sleepers()).toEqual({});
      await deployment.succeed('start', 'service');
      await eventually(() => ('sleep 1013' in sleepers() ? true : undefined), 10);
      expect(await scope()).toBe(name);
      await deployment.succeed('undeploy');
    });
  });

  test('a unit starts the deployment at boot when that is asked for, and goes with it', async () => {
    await prepare();
    try {
      const [unit = ''] = /nixproc-\S+\.service/.exec(await deploy('supervisord', 1, '', '--enable-at-boot')) ?? [];
      expect(await namespace.mustRun('systemctl', 'is-enabled', unit)).toBe('enabled\n');
      expect(await namespace.mustRun('systemd-analyze', 'verify', `/etc/systemd/system/${unit}`)).toBe('');
      // As after a reboot: nothing of it runs.
      await namespace.mustRun('systemctl', 'stop', await scope());
      expect(sleepers()).toEqual({});
      await namespace.mustRun('systemctl', 'start', unit);
      await eventually(() => ('sleep 1013' in sleepers() ? true : undefined), 20);
      await namespace.mustRun('systemctl', 'stop', unit);
      expect(sleepers()).not.toHaveProperty('sleep 1013');
      expect(await namespace.mustRun('systemctl', 'show', '--property=Result', unit)).toBe('Result=success\n');
      await deployment.succeed('undeploy');
      expect(await namespace.mustRun('systemctl', 'show', '--property=LoadState', unit)).toBe('LoadState=not-found\n');
    } finally {
      await deployment.dispose();
    }
  });

  test('what systemd refuses a scope is started all the same, with its variable', async () => {
    await prepare();
    try {
      await namespace.mustRun('mount', '--bind', '/bin/false', '/usr/bin/systemd-run');
      await deploy('sysvinit', 1);
      const { 'sleep 1013': pid = 0 } = await eventually(
        () => ('sleep 1013' in sleepers() ? sleepers() : undefined),
        10,
      );
      expect(groupOf(pid)).toContain(login);
      expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).toContain(
        `\0NIXPROC_INSTANCE=${deployment.runtimeDir}/service\0`,
      );
    } finally {
      await deployment.dispose();
    }
  });
});
