import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { isRoot } from '../support/is-root.js';
import { isAlive } from '../support/processes.js';
import { eventually } from '../support/waiting.js';
import { drive, startDriver, type Driving, type VariantOfTest } from './support/drive.js';
import { leftovers, machineOf, mountsOfMachines, type RunningMachine } from './support/running-machine.js';

const asRoot = isRoot ? describe : describe.skip;

/** A number of seconds that nobody else sleeps. */
const mark = `4321.${process.pid}`;

/** Runs until it is told something else, with a service in it. */
const lasting: VariantOfTest = {
  script: `machine.succeed("sleep ${mark} >&2 &")\nprint("at work", flush=True)\nmachine.succeed("sleep ${mark}")`,
};

const atWork = async (driving: Driving): Promise<RunningMachine> => {
  await eventually(async () => ((await driving.log()).includes('at work') ? true : undefined));
  return machineOf(driving.events());
};

const nothingIsLeftOf = async (machine: RunningMachine): Promise<void> => {
  await eventually(() => {
    const found = leftovers(machine, mark);
    if (found.length > 0) throw new Error(found.join('\n'));
    return true;
  }, 10);
};

/** The control group of a machine whose keeper was killed goes with a later machine, as soon as all in it have ended. */
const nothingIsLeftAfterOthers = (machine: RunningMachine): Promise<void> =>
  eventually(async () => {
    expect((await drive({ script: 'pass' })).exitCode).toBe(0);
    const found = leftovers(machine, mark);
    if (found.length > 0) throw new Error(found.join('\n'));
    return true;
  }, 10).then(() => undefined);

asRoot('after its driver, nothing is left of a machine (needs root)', () => {
  test.each([
    ['a script that passes', `machine.succeed("sleep ${mark} >&2 &")`, 0],
    ['a script that fails', `machine.succeed("sleep ${mark} >&2 &", "false")`, 1],
  ])('that ends with %s', async (_, script, exitCode) => {
    const mounts = mountsOfMachines();
    const result = await drive({ script });
    expect(result.exitCode).toBe(exitCode);
    // Not a moment later: it is gone when the driver is.
    expect(leftovers(machineOf(result.events), mark)).toEqual([]);
    expect(mountsOfMachines()).toEqual(mounts);
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('that is told to end by %s', async (signal) => {
    const driving = await startDriver(lasting);
    const machine = await atWork(driving);
    driving.child.kill(signal);
    const { exitCode, event } = await driving.done;
    expect(exitCode).toBe(1);
    expect(event('end')).toMatchObject({
      result: 'failed',
      reason: expect.stringMatching(/^(interrupted|told to end), in tests/),
    });
    expect(leftovers(machine, mark)).toEqual([]);
  });

  test('whose caller closes its standard input, as it does when it is killed', async () => {
    const driving = await startDriver(lasting);
    const machine = await atWork(driving);
    driving.child.stdin?.destroy();
    expect((await driving.done).event('end')).toMatchObject({
      reason: expect.stringMatching(/^told to end, in tests/),
    });
    expect(leftovers(machine, mark)).toEqual([]);
  });

  test('that is killed', async () => {
    const driving = await startDriver(lasting);
    const machine = await atWork(driving);
    driving.child.kill('SIGKILL');
    await driving.done;
    await nothingIsLeftOf(machine);
  });

  test('whose keeper is killed, which fails the test', async () => {
    const driving = await startDriver(lasting);
    const machine = await atWork(driving);
    process.kill(machine.keeper, 'SIGKILL');
    const { exitCode, event } = await driving.done;
    expect(exitCode).toBe(1);
    expect(event('failure')).toMatchObject({ message: expect.stringContaining('the machine has ended') });
    await nothingIsLeftAfterOthers(machine);
  });

  test('that is killed together with its keeper', async () => {
    const driving = await startDriver(lasting);
    const machine = await atWork(driving);
    process.kill(machine.keeper, 'SIGKILL');
    driving.child.kill('SIGKILL');
    await driving.done;
    await nothingIsLeftAfterOthers(machine);
  });

  test('whose first process is killed, which fails the test', async () => {
    const driving = await startDriver(lasting);
    const machine = await atWork(driving);
    process.kill(machine.init, 'SIGKILL');
    const { exitCode } = await driving.done;
    expect(exitCode).toBe(1);
    await nothingIsLeftOf(machine);
  });

  test('that has made temporary files', async () => {
    const before = await readdir('/run');
    await drive({ script: 'machine.succeed("mktemp >&2; mktemp -p /run >&2")' });
    expect(await readdir('/run')).toEqual(before);
  });
});

asRoot('a machine that is kept (needs root)', () => {
  test('can be entered as the driver says, and is taken away as it says', async () => {
    const result = await drive({
      script: `machine.succeed("echo left > /tmp/word; sleep ${mark} >&2 &")`,
      options: { keep: true },
    });
    const machine = machineOf(result.events);
    const kept = result.event('kept') as unknown as { enter: string; end: string };
    try {
      expect(result.log).toContain(kept.enter);
      expect(isAlive(machine.init)).toBe(true);
      const inside = spawn('sh', ['-c', kept.enter], { stdio: ['pipe', 'pipe', 'inherit'] });
      let text = '';
      inside.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
      inside.stdin.end('cat /tmp/word; hostname; pgrep -c sleep\n');
      await once(inside, 'close');
      expect(text).toBe('left\nmachine\n1\n');
    } finally {
      execFileSync('sh', ['-c', kept.end]);
    }
    await nothingIsLeftOf(machine);
  });
});

asRoot('at a prompt (needs root)', () => {
  test('machine is there, and a suite whose script was not run has not passed', async () => {
    const driving = await startDriver({ script: 'print("the script")', options: { interactive: true } });
    driving.child.stdin?.end('print(machine.succeed("hostname"))\ntest_script()\n');
    const { exitCode, event, log } = await driving.done;
    expect(log).toContain('machine\n');
    expect(log).toContain('the script\n');
    expect(exitCode).toBe(3);
    expect(event('end')).toMatchObject({ result: 'not-tried' });
    expect(leftovers(machineOf(driving.events()), mark)).toEqual([]);
  });
});

asRoot('the time that a machine takes (needs root)', () => {
  test('is below a tenth of a second for its start and its end, most of the time', async () => {
    const times: number[] = [];
    for (let round = 0; round < 9; round++) {
      const { boot, end } = (await drive({ script: 'pass' })).event('end')['seconds'] as Record<string, number>;
      times.push((boot ?? Infinity) + (end ?? Infinity));
    }
    const median = times.toSorted((a, b) => a - b)[4] ?? Infinity;
    // What else runs on the machine may take most of its processors.
    expect(median).toBeLessThan(0.3);
  });
});
