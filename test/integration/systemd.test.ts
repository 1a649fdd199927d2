import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createMachine, shellService, sleeper, type Machine, type Whose } from '../backends/systemd/support/machine.js';
import { accounts } from '../support/accounts.js';
import { isRoot } from '../support/is-root.js';
import { findLeftovers, nothing } from '../support/leftovers.js';
import { eventually } from '../support/waiting.js';

const [root] = accounts;
const cases: readonly Whose[] = ['system', 'user'];

// A systemd needs namespaces and mounts, which are root's.
const describeAsRoot = isRoot ? describe : describe.skip;

// The tests of one systemd are one story: each goes on where the one before has ended.
describeAsRoot.each(cases)("a deployment in a %s's systemd", (whose) => {
  let machine: Machine;
  beforeAll(async () => {
    if (root === undefined) throw new Error('nobody can run the tests');
    machine = await createMachine(whose, root);
  });
  afterAll(async () => {
    await machine.dispose();
  });

  const first = { a: sleeper('a'), b: sleeper('b', 'dependencies = [ a.pkg ];') };
  const reloads = async (): Promise<number> => {
    const { exitCode, stdout } = await machine.namespace.run('journalctl', '--output=cat', 'SYSLOG_IDENTIFIER=systemd');
    expect(exitCode).toBe(0);
    return stdout.split('\n').filter((line) => line.startsWith('Reloading.')).length;
  };

  test('a switch starts everything, in the right order, with one reload of systemd', async () => {
    const before = await reloads();
    const said = await machine.mustDeploy(first);
    expect(said).toContain('done: generation 1 with 2 processes under systemd');
    expect(await machine.states()).toEqual({ a: 'running', b: 'running' });
    expect((await reloads()) - before).toBe(1);
    const [a, b] = await Promise.all(
      ['a', 'b'].map((name) => machine.property(`nix-process-${name}.service`, 'ActiveEnterTimestampMonotonic')),
    );
    expect(Number(a)).toBeLessThan(Number(b));
    expect(await machine.property('nix-process-b.service', 'After')).toContain('nix-process-a.service');
  });

  test('the units are links into the store, wanted by a target that the machine wants', async () => {
    expect(await machine.unitFiles()).toEqual(
      [
        ...(whose === 'system' ? ['multi-user.target.wants'] : ['default.target.wants']),
        `${whose === 'system' ? 'multi-user' : 'default'}.target.wants/nix-processmgmt-processes.target`,
        'nix-process-a.service',
        'nix-process-b.service',
        'nix-processmgmt-processes.target',
        '.nix-processmgmt-processes.json',
      ].sort(),
    );
    expect(await machine.property('nix-process-a.service', 'UnitFileState')).toBe('linked');
    const dependencies = await machine.systemctl(
      'list-dependencies',
      '--plain',
      whose === 'system' ? 'multi-user.target' : 'default.target',
    );
    expect(dependencies).toContain('nix-process-a.service');
    expect(await machine.property('nix-processmgmt-processes.target', 'ActiveState')).toBe('active');
  });

  test('systemd-analyze finds nothing to say about the units', async () => {
    const files = (await machine.unitFiles()).filter((file) => /^nix-process-[^/]*$/.test(file));
    const { exitCode, stdout, stderr } = await machine.deployment.run(
      'systemd-analyze',
      ...[...(whose === 'user' ? ['--user'] : []), 'verify', '--man=no', '--recursive-errors=no'],
      ...files.map((file) => `${machine.unitDirectory}/${file}`),
    );
    expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  });

  test('an operator stops everything with the target, and starts it again with what the machine wants', async () => {
    await machine.systemctl('stop', 'nix-processmgmt-processes.target');
    expect(await machine.states()).toEqual({ a: 'stopped', b: 'stopped' });
    await machine.systemctl('isolate', whose === 'system' ? 'multi-user.target' : 'default.target');
    expect(await machine.states()).toEqual({ a: 'running', b: 'running' });
  });

  test('after a change of one the other keeps its process, and a new dependency alone restarts nothing', async () => {
    const [a, b] = await machine.pids('a', 'b');
    await machine.mustDeploy({
      a: sleeper('a', 'environment.X = 1;'),
      c: sleeper('c'),
      b: sleeper('b', 'dependencies = [ a.pkg c.pkg ];'),
    });
    const [newA, newB] = await machine.pids('a', 'b');
    expect(newA).not.toBe(a);
    expect(newB).toBe(b);
    expect(await machine.property('nix-process-b.service', 'Wants')).toContain('nix-process-c.service');
  });

  test('what an operator stopped stays stopped unless it changed', async () => {
    await machine.systemctl('stop', 'nix-process-a.service', 'nix-process-c.service');
    const said = await machine.mustDeploy({
      a: sleeper('a', 'environment.X = 1;'),
      c: sleeper('c', 'environment.X = 2;'),
    });
    expect(said).toContain('a stays stopped, as it was');
    expect(await machine.states()).toEqual({ a: 'stopped', c: 'running' });
    expect(await machine.loadedUnits()).not.toHaveProperty('nix-process-b.service');
  });

  test('what failed is started again, even when it has failed too often for systemd', async () => {
    const flag = `${machine.deployment.stateDir}/flag`;
    const flaky = shellService(
      'flaky',
      `test -e ${flag} || exit 3; exec sleep infinity`,
      'overrides.systemd.Unit.StartLimitBurst = 1;',
    );
    const { exitCode, stderr } = await machine.deploy({ flaky }, '--no-rollback');
    expect(exitCode).toBe(6);
    expect(stderr).toContain('flaky did not start: its process ended with exit status 3');
    await machine.namespace.mustRun('touch', flag);
    await machine.mustDeploy({ flaky });
    expect(await machine.states()).toEqual({ flaky: 'running' });
  });

  test('a failure is told with the last lines of the log, and what ran before runs again', async () => {
    await machine.mustDeploy(first);
    const before = await machine.pids('a', 'b');
    const { exitCode, stderr } = await machine.deploy({
      ...first,
      bad: shellService('bad', 'echo "the disk is made of cheese"; exit 3'),
      worse: shellService('worse', 'kill -9 $$'),
      unborn: 'create { name = "unborn"; foregroundProcess = "/nowhere/program"; }',
      uninitialized: sleeper('uninitialized', 'initialize = "exit 7";'),
      brief: shellService('brief', 'exit 0'),
      again: shellService('again', 'exit 3', 'overrides.systemd.Service = { Restart = "always"; RestartSec = 60; };'),
    });
    expect(exitCode).toBe(7);
    expect(stderr).toContain(
      'bad did not start: its process ended with exit status 3\n         the disk is made of cheese',
    );
    expect(stderr).toContain('worse did not start: its process was ended by SIGKILL');
    expect(stderr).toContain('unborn did not start: its program cannot be executed');
    expect(stderr).toContain(
      'uninitialized did not start: what is done before it starts (initialize, ExecStartPre) ended with exit status 7',
    );
    expect(stderr).toContain('brief did not start: it ended at once, with exit status 0');
    expect(await machine.pids('a', 'b')).toEqual(before);
    expect(Object.keys(await machine.loadedUnits())).toEqual([
      'nix-process-a.service',
      'nix-process-b.service',
      'nix-processmgmt-processes.target',
    ]);
  });

  test('status tells what has become of a process: it fails, and systemd starts it again and again', async () => {
    const flag = `${machine.deployment.stateDir}/crash`;
    await machine.mustDeploy({
      a: sleeper('a'),
      fragile: shellService('fragile', `while ! test -e ${flag}; do sleep 0.1; done; exit 3`),
      stubborn: shellService(
        'stubborn',
        `while ! test -e ${flag}; do sleep 0.1; done; exit 4`,
        'overrides.systemd.Service = { Restart = "always"; RestartSec = 60; };',
      ),
    });
    await machine.namespace.mustRun('touch', flag);
    const rows = await eventually(async () => {
      const { exitCode, stdout } = await machine.deployment.tool('status');
      return exitCode === 3 && (stdout.match(/failed/g) ?? []).length === 2 ? stdout : undefined;
    });
    expect(rows).toMatch(/^a +systemd +running +\d+ +\d{4}-/m);
    expect(rows).toMatch(/^fragile +systemd +failed +- +- +its process ended with exit status 3$/m);
    expect(rows).toMatch(
      /^stubborn +systemd +failed .*its process ended with exit status 4; systemd starts it again \(\d+ times so far\)$/m,
    );
  });

  test('a process that is stopped by the tool counts as stopped, whatever it ends with', async () => {
    await machine.mustDeploy({
      a: sleeper('a'),
      rude: shellService('rude', 'trap "exit 9" TERM; while true; do sleep 0.1; done'),
    });
    await machine.deployment.succeed('stop', 'rude');
    expect(await machine.states()).toEqual({ a: 'running', rude: 'stopped' });
  });

  test('undeploy leaves no unit, link or process', async () => {
    await machine.deployment.succeed('undeploy');
    expect(await machine.unitFiles()).toEqual([]);
    expect(await machine.loadedUnits()).toEqual({});
    expect(await findLeftovers(machine.deployment)).toEqual(nothing);
  });
});
