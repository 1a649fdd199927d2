import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createMachine, sleeper, type Machine } from '../backends/systemd/support/machine.js';
import { accounts } from '../support/accounts.js';
import { isRoot } from '../support/is-root.js';
import { eventually } from '../support/waiting.js';

const [root] = accounts;

// A systemd needs namespaces and mounts, which are root's.
const describeAsRoot = isRoot ? describe : describe.skip;

describeAsRoot("a user's own systemd that does not answer, or cannot be reached any more", () => {
  let machine: Machine;
  let init: string;
  const commands = (): readonly (readonly string[])[] => [
    ['status'],
    ['start', 'one'],
    ['stop', 'one'],
    ['restart', 'one'],
    ['switch', ...options(), join(machine.deployment.directory, 'processes.nix')],
    ['undeploy'],
  ];
  const options = (): readonly string[] => [
    ...['-P', 'systemd', '--host-packages', '--force-disable-user-change'],
    `--state-dir=${machine.deployment.stateDir}`,
  ];
  beforeAll(async () => {
    if (root === undefined) throw new Error('nobody can run the tests');
    machine = await createMachine('user', root);
    const processes = await machine.namespace.mustRun('ps', '-e', '-o', 'pid=,args=');
    init = /^\s*(\d+) \S*systemd --user/m.exec(processes)?.[1] ?? '';
    await machine.mustDeploy({ one: sleeper('one') });
  });
  afterAll(async () => {
    await machine.dispose();
  });

  test.each([
    { how: 'stopped', begin: 'kill -STOP', end: 'kill -CONT', words: /did not answer within 2 s/ },
    {
      how: 'without its sockets',
      // It is whom systemctl talks to, with or without a bus.
      begin: 'cd "/run/user/$(stat -c %u "/proc/$0")" && mv systemd/private hidden; mv bus hidden-bus; true',
      end: 'cd "/run/user/$(stat -c %u "/proc/$0")" && mv hidden systemd/private; mv hidden-bus bus; true',
      words: /Your own systemd \(systemd --user\) cannot be reached/,
    },
  ])('is named by every command when it is $how, and nothing is taken for gone', async ({ begin, end, words }) => {
    const shell = (commands: string) =>
      machine.namespace.mustRun('sh', '-c', commands.startsWith('kill') ? `${commands} "$0"` : commands, init);
    const before = await machine.pids('one');
    await shell(begin);
    try {
      for (const command of commands()) {
        const { exitCode, stderr } = await machine.deployment.tool(...command, '--answer-timeout=2');
        expect({ command: command[0], exitCode, stderr }).toEqual({
          command: command[0],
          exitCode: 8,
          stderr: expect.stringMatching(words),
        });
      }
    } finally {
      await shell(end);
    }
    expect(await machine.states()).toEqual({ one: 'running' });
    expect(await machine.pids('one')).toEqual(before);
  });
});

describeAsRoot('a systemd that is stopped, and so neither answers nor refuses', () => {
  let machine: Machine;
  let init: number;
  beforeAll(async () => {
    if (root === undefined) throw new Error('nobody can run the tests');
    machine = await createMachine('system', root);
    init = machine.namespace.init();
    await machine.mustDeploy({ one: sleeper('one') });
  });
  afterAll(async () => {
    await machine.dispose();
  });

  const whileStopped = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    process.kill(init, 'SIGSTOP');
    try {
      return await work();
    } finally {
      process.kill(init, 'SIGCONT');
    }
  };
  const deploymentWords = (command: string) => [
    ...[command, '-P', 'systemd', '--host-packages', `--state-dir=${machine.deployment.stateDir}`],
    join(machine.deployment.directory, 'processes.nix'),
  ];
  const slow = (name: string): string => sleeper(name, 'initialize = "sleep 6";');
  const begins = (name: string) =>
    eventually(async () =>
      (await machine.loadedUnits())[`nix-process-${name}.service`] === 'activating' ? true : undefined,
    );

  test('is named by every command, in time, and nothing is taken for gone', async () => {
    await machine.writeModel({ one: sleeper('one'), two: sleeper('two') });
    const commands = [
      ['status'],
      deploymentWords('plan'),
      ['stop', 'one', '--wait-lock=60'],
      [...deploymentWords('switch'), '--wait-lock=60'],
      ['undeploy', '--wait-lock=60'],
    ];
    const answers = await whileStopped(() =>
      Promise.all(commands.map((command) => machine.deployment.tool(...command, '--answer-timeout=2'))),
    );
    for (const { exitCode, stderr } of answers) {
      expect({ exitCode, stderr }).toEqual({
        exitCode: 8,
        stderr: expect.stringMatching(/systemd did not answer within 2 s[^]*systemctl is-system-running/),
      });
    }
    expect(await machine.states()).toEqual({ one: 'running' });
  });

  test('in the middle of a start is noticed; the switch can be finished when it answers again', async () => {
    await machine.writeModel({ one: sleeper('one'), late: slow('late') });
    const switching = machine.deployment.tool(...deploymentWords('switch'), '--answer-timeout=2');
    await begins('late');
    const { exitCode, stderr } = await whileStopped(() => switching);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 6,
      stderr: expect.stringMatching(/could not be put back[^]*systemd did not answer within 2 s/),
    });
    expect(await machine.deployment.tool('resume')).toMatchObject({ exitCode: 0 });
    expect(await machine.states()).toEqual({ one: 'running', late: 'running' });
  });

  test('keeps nobody from ending a switch with two signals', async () => {
    await machine.writeModel({ one: sleeper('one'), later: slow('later') });
    const { pid, ended } = machine.deployment.start(...deploymentWords('switch'));
    await begins('later');
    // nsenter passes no signal on.
    const [tool = ''] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
    const begin = performance.now();
    const exitCode = await whileStopped(async () => {
      process.kill(Number(tool), 'SIGTERM');
      process.kill(Number(tool), 'SIGINT');
      return ended;
    });
    expect(performance.now() - begin).toBeLessThan(10_000);
    expect(exitCode).toBe(10);
    expect(await machine.deployment.tool('abort')).toMatchObject({ exitCode: 0 });
    expect(await machine.states()).toEqual({ one: 'running', late: 'running' });
  });
});
