import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { managersAnywhere } from '../contract/anywhere.js';
import { continueJournal, createJournal, readJournal } from '../../src/activate/journal.js';
import { openProcessIdentities } from '../../src/state/process-identity.js';
import type { RunResult } from '../../src/system/ports.js';
import { createRun } from '../../src/system/run.js';
import { accounts } from '../support/accounts.js';
import { createDeployment, type Deployment } from '../support/deployment.js';
import { runningSleepers, sleeperOptions, writeSleepers } from '../support/faults/sleepers.js';
import { processesThatMention } from '../support/processes.js';
import { mountSmallDisks, mountSmallDisksUnder, type SmallDisks } from '../support/small-disks.js';
import { bootSystemd, type SystemdNamespace } from '../support/systemd-namespace.js';
import { canThrowAway } from '../support/throw-away-root.js';
import { eventually } from '../support/waiting.js';

const root = accounts.find(({ uid }) => uid === 0);
let deployment: Deployment;
let disks: SmallDisks;
/** Has the tests of a block work on small disks, which `mount` mounts. */
const useSmallDisks = (mount: (directories: readonly string[]) => Promise<SmallDisks>): void => {
  beforeAll(async () => {
    if (!canThrowAway || root === undefined) return;
    deployment = await createDeployment(root, 'webapps');
    disks = await mount([deployment.profilesDir, deployment.stateDir]);
  });
  afterAll(async () => {
    if (!canThrowAway) return;
    await deployment.dispose();
    await disks.stop();
  });
};
afterEach(async () => {
  if (!canThrowAway) return;
  await disks.makeWritable();
  disks.clear();
  await succeed('undeploy');
  expect(processesThatMention(deployment.directory)).toEqual([]);
});

const tool = (...args: readonly string[]): Promise<RunResult> => {
  const [file = '', ...words] = [...disks.enter, ...deployment.toolWords, ...args];
  return deployment.run(file, ...words);
};
const succeed = async (...args: readonly string[]): Promise<RunResult> => {
  const result = await tool(...args);
  expect(result).toMatchObject({ exitCode: 0 });
  return result;
};
const deploy = async (manager: string, version = '1'): Promise<readonly string[]> => {
  const model = await writeSleepers(deployment, 'processes', {
    base: { version: '1' },
    user: { version, dependsOn: ['base'] },
  });
  return ['switch', '-P', manager, ...sleeperOptions(deployment), model];
};
const stateOfProfile = (): string => disks.inside(join(deployment.profilesDir, '.nix-processmgmt-ts', 'processes'));
const pids = (): readonly number[] =>
  processesThatMention(deployment.directory)
    .filter(({ commandLine }) => commandLine === 'sleep 100000')
    .map(({ pid }) => pid)
    .sort();
const name = '(needs root: mounts file systems)';

/** What has to work whatever the disk is like. */
const handleServices = async (reason: string): Promise<void> => {
  const warnings = ({ stderr }: RunResult): readonly string[] =>
    stderr.split('\n').filter((line) => line.startsWith('warning: '));
  const expectRunning = (sleepers: readonly string[]): Promise<unknown> =>
    eventually(() => {
      expect(runningSleepers(deployment)).toEqual(sleepers);
      return true;
    }, 5);
  const stopped = await succeed('stop', 'user');
  expect(stopped.stderr).toContain(`(${reason}): going on without`);
  expect(warnings(stopped).filter((line) => line.includes('cannot be locked in'))).toHaveLength(1);
  await expectRunning(['base 1']);
  expect(await tool('status')).toMatchObject({ exitCode: 3, stdout: expect.stringContaining('stopped') });
  const started = await succeed('start', 'user');
  await expectRunning(['base 1', 'user 1']);
  const before = pids();
  const restarted = await succeed('restart', 'base');
  // Each once, however often it is tried.
  for (const lines of [stopped, started, restarted].map(warnings)) expect(new Set(lines).size).toBe(lines.length);
  await expectRunning(['base 1', 'user 1']);
  expect(pids()).not.toEqual(before);
  await succeed('status');
  await succeed('logs', 'base');
};

const testFullDisk = (manager: string): void => {
  (canThrowAway ? test : test.skip)(
    `a full disk keeps nobody from what is asked of single services under ${manager}, and a switch does nothing ${name}`,
    async () => {
      await succeed(...(await deploy(manager)));
      disks.fill();
      await handleServices('No space is left on the device');
      const next = await deploy(manager, '2');
      const before = pids();
      const refused = { exitCode: 6, stderr: expect.stringMatching(/No space is left[^]*fix: Free some space/) };
      expect(await tool(...next)).toMatchObject(refused);
      // Room for the lock, and for the first of the records.
      for (const blocks of manager === 'sysvinit' ? [1, 2, 5] : [2]) {
        disks.clear();
        disks.fill(blocks);
        expect(await tool(...next)).toMatchObject(refused);
      }
      expect(pids()).toEqual(before);
      const left = readdirSync(stateOfProfile());
      expect(left.filter((file) => file.startsWith('lock') || file === 'unfinished')).toEqual([]);
      disks.clear();
      await succeed('status');
      await succeed(...next);
      await eventually(() => {
        expect(runningSleepers(deployment)).toEqual(['base 1', 'user 2']);
        return true;
      }, 5);
    },
  );
};

describe('on disks of this machine', () => {
  useSmallDisks(mountSmallDisks);
  for (const manager of managersAnywhere) testFullDisk(manager);

  (canThrowAway ? test : test.skip)(`a disk that has no room for another file is a full one ${name}`, async () => {
    await succeed(...(await deploy('sysvinit')));
    disks.useUpFiles();
    await handleServices('No space is left on the device');
    await succeed('run-activity', 'status');
  });

  (canThrowAway ? test : test.skip)(
    `a read-only profile directory keeps nobody from single services, but a command that has the lock does ${name}`,
    async () => {
      await succeed(...(await deploy('sysvinit')));
      const lock = join(stateOfProfile(), 'lock');
      const { own } = await openProcessIdentities(createRun(process.env));
      writeFileSync(
        lock,
        JSON.stringify({ token: 'ours', command: 'test', since: new Date().toISOString(), process: own }),
      );
      // Not that of the state: nothing can be started there.
      await disks.makeReadOnly([deployment.profilesDir]);
      expect(await tool('stop', 'user')).toMatchObject({ exitCode: 9, stderr: expect.stringContaining('"test"') });
      expect(runningSleepers(deployment)).toEqual(['base 1', 'user 1']);
      await disks.makeWritable();
      rmSync(lock);
      await disks.makeReadOnly([deployment.profilesDir]);
      await handleServices('The file system is mounted read-only');
      const before = pids();
      expect(await tool(...(await deploy('sysvinit', '2')))).toMatchObject({
        exitCode: 6,
        stderr: expect.stringContaining('mounted read-only'),
      });
      expect(pids()).toEqual(before);
      // With what it has written before, a service can be stopped also where nothing can be written any more.
      await disks.makeReadOnly([deployment.stateDir]);
      expect(await succeed('stop', 'user')).toMatchObject({ stderr: expect.stringContaining('its PID file stays') });
      expect(runningSleepers(deployment)).toEqual(['base 1']);
    },
  );

  for (const manager of managersAnywhere) {
    (canThrowAway ? test : test.skip)(
      `what could not start again on a read-only disk is not stopped for a restart or a switch under ${manager} ${name}`,
      async () => {
        await succeed(...(await deploy(manager)));
        const before = await eventually(() => (pids().length === 2 ? pids() : undefined), 10);
        await disks.makeReadOnly([deployment.stateDir]);
        const refused = {
          exitCode: 6,
          stderr: expect.stringMatching(/"(base|user)" would not start: .* cannot be written[^]*mounted read-only/),
        };
        expect(await tool('restart', 'base')).toMatchObject(refused);
        expect(await tool(...(await deploy(manager, '2')))).toMatchObject(refused);
        const script = { sysvinit: 'etc/rc.d/init.d/base', disnix: 'libexec/process/base' }[manager];
        if (script !== undefined) {
          const [file, ...words] = [...disks.enter, join(deployment.profilesDir, 'processes', script), 'restart'];
          const { exitCode, stderr } = await deployment.run(file, ...words);
          expect(exitCode).not.toBe(0);
          expect(stderr).toContain('left as it is: it could not start again');
        }
        expect(pids()).toEqual(before);
        // What only ends something is done.
        await succeed('stop', 'user');
        expect(runningSleepers(deployment)).toEqual(['base 1']);
        expect(await tool('start', 'user')).toMatchObject(refused);
      },
    );
  }

  (canThrowAway ? test : test.skip)(
    `a journal that cannot be told what was started says nothing any more ${name}`,
    async () => {
      await succeed(...(await deploy('sysvinit')));
      const directory = disks.inside(join(deployment.profilesDir, 'journals'));
      mkdirSync(directory);
      const file = join(directory, 'journal');
      const { own } = await openProcessIdentities(createRun(process.env));
      const since = new Date().toISOString();
      const padding = Array.from({ length: 200 }, (_, number) => ({
        ...{ manager: 'sysvinit', name: `a${number}`, profile: '/store/one', certain: true },
      }));
      const header = {
        ...{ format: 1 as const, command: 'switch', since, process: own, to: '/store/two', reaching: ['/store/two'] },
        ...{ arrival: null, running: padding },
      };
      await (await createJournal(file, header)).close();
      const units = padding.map(({ name: unit }) => ({ instance: unit, name: unit, profile: '/store/one' }));
      const told: boolean[] = [];
      const go = async (action: 'stop' | 'restart'): Promise<void> => {
        const journal = await continueJournal(file, (_error, misleads) => told.push(misleads));
        // More than what is left of its last block.
        await journal.during({ action, manager: 'sysvinit', units }, false, async () => []);
        await journal.close();
      };
      disks.fill();
      await go('stop');
      expect((await readJournal(file))?.header).toEqual(header);
      await go('restart');
      expect(await readJournal(file)).toBeNull();
      expect(told).toEqual([false, false]);
      rmSync(directory, { recursive: true });
    },
  );
});

describe('on disks of a machine with systemd', () => {
  let namespace: SystemdNamespace;
  useSmallDisks(async (directories) => {
    namespace = await bootSystemd();
    const disks = await mountSmallDisksUnder(namespace, directories);
    return { ...disks, stop: namespace.dispose };
  });
  testFullDisk('systemd');

  (canThrowAway ? test : test.skip)(
    `a daemon that could not write its PID file again is not stopped for a restart under systemd ${name}`,
    async () => {
      const model = join(deployment.directory, 'daemon.nix');
      writeFileSync(
        model,
        `{ pkgs, stateDir, runtimeDir, logDir, tmpDir, forceDisableUserChange, processManager }:
let
  create = import ./nix-processmgmt/nixproc/create-managed-process/universal/create-managed-process-universal.nix {
    inherit pkgs stateDir runtimeDir logDir tmpDir forceDisableUserChange processManager;
  };
in
{
  daemon.pkg = create {
    instanceName = "daemon";
    daemon = "/bin/sh";
    daemonArgs = [ "-c" "sleep 100000 & echo $! >\${runtimeDir}/daemon.pid" ];
    pidFile = "\${runtimeDir}/daemon.pid";
    environment.PLACE = "${deployment.directory}";
  };
}
`,
      );
      await succeed('switch', '-P', 'systemd', ...sleeperOptions(deployment), model);
      const before = pids();
      expect(before).toHaveLength(1);
      await disks.makeReadOnly([deployment.stateDir]);
      expect(await tool('restart', 'daemon')).toMatchObject({
        exitCode: 6,
        stderr: expect.stringContaining('"daemon" would not start: '),
      });
      expect(pids()).toEqual(before);
    },
  );
});
