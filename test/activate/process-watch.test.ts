import { expect, test } from '@jest/globals';
import { existsSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { executeTasks, type Execution } from '../../src/activate/execute-tasks.js';
import { tasksOf } from '../../src/activate/execution-tasks.js';
import { noJournal } from '../../src/activate/journal.js';
import { createProcessWatch, type WatchSettings } from '../../src/activate/process-watch.js';
import type { ManagerSession, Observation } from '../../src/backends/backend.js';
import type { ManagerName } from '../../src/model/process-model.js';
import type { Readiness } from '../../src/model/readiness.js';
import { planActivation } from '../../src/plan/plan-activation.js';
import type { DeployedUnit } from '../../src/profile/manifest.js';
import { createRun } from '../../src/system/run.js';
import { fakeManager } from '../support/fake-session.js';
import { unitCalled } from '../support/instances.js';
import { makeTemporaryDirectory } from '../support/temporary-directory.js';

const name = 'fake' as ManagerName;
const run = createRun({ PATH: '/usr/bin:/bin' });

const execute = (
  session: ManagerSession,
  units: readonly DeployedUnit[],
  settings: Partial<WatchSettings> = {},
  signal = new AbortController().signal,
  tell?: (line: string) => void,
): Promise<Execution> => {
  const profile = {
    path: '/store/profile',
    profileName: 'processes',
    units,
    data: {},
    directories: { stateDir: '/var', runtimeDir: '/run', logDir: '/log' },
    forceDisableUserChange: true,
  };
  const sessions = { of: () => session };
  const watch = createProcessWatch(sessions, { settle: 0, waitForPorts: false, ...settings }, run, tell);
  const plan = planActivation([], { manager: name, units });
  const tasks = tasksOf(plan, [], { manager: name, profile }, sessions, { waitForPorts: watch.waitForPorts });
  return executeTasks(tasks, { sessions, watch, signal, journal: noJournal, log: pino({ level: 'silent' }) });
};

const details = ({ failures }: Execution): readonly (readonly [string, string | null])[] =>
  failures.map(({ step, detail }) => [step.action === 'restart' ? '' : step.unit.instance, detail]);

const when = (probe: Readiness['probe'], timeout = 60): { readonly readiness: Readiness } => ({
  readiness: { probe, timeout, interval: 0.01 },
});
const onceThereIs = (path: string, timeout?: number): ReturnType<typeof when> => when({ kind: 'path', path }, timeout);

/** The manager, whose processes are in this state from the nth look on. */
const turning = (
  manager: ManagerSession,
  unit: string,
  nth: number,
  observation: Partial<Observation>,
): ManagerSession => {
  let looks = 0;
  return {
    ...manager,
    observe: async (units) => {
      looks += 1;
      const seen = new Map(await manager.observe(units));
      for (const [instance, before] of seen) {
        if (instance === unit && looks >= nth) seen.set(instance, { ...before, ...observation });
      }
      return seen;
    },
  };
};

test('dependents start when what they depend on is ready', async () => {
  const { path, remove } = await makeTemporaryDirectory();
  const file = join(path, 'ready');
  const manager = fakeManager();
  const wasReady: boolean[] = [];
  const slow: ManagerSession = {
    ...manager,
    start: async (units) => {
      wasReady.push(existsSync(file));
      if (units.some(({ instance }) => instance === 'a')) {
        setTimeout(() => {
          writeFileSync(file, '');
        }, 300);
      }
      return manager.start(units);
    },
  };
  const units = [{ ...unitCalled('a'), ...onceThereIs(file) }, unitCalled('b', {}, 1)];
  expect((await execute(slow, units)).failures).toEqual([]);
  expect(manager.calls).toEqual(['install', 'start a', 'start b', 'finish']);
  expect(wasReady).toEqual([false, true]);
  await remove();
});

test('a process that does not get ready fails, its dependents are not started, and its log is shown', async () => {
  const { path, remove } = await makeTemporaryDirectory();
  const log = join(path, 'log');
  await writeFile(log, 'from before\n');
  const manager = fakeManager();
  const logging: ManagerSession = {
    ...manager,
    logs: () => ({ kind: 'files', paths: [log] }),
    start: async (units) => {
      const lines = Array.from({ length: 12 }, (_, index) => `line ${index}`);
      await writeFile(log, `from before\n${lines.join('\n')}\n`);
      return manager.start(units);
    },
  };
  const execution = await execute(logging, [
    { ...unitCalled('a'), ...onceThereIs('/no/such/thing', 0.1) },
    unitCalled('b', {}, 1),
  ]);
  expect(details(execution)).toEqual([['a', 'it was not ready within 0.1 s: there is no /no/such/thing']]);
  expect(execution.failures[0]?.log).toEqual(Array.from({ length: 10 }, (_, index) => `line ${index + 2}`));
  expect(manager.calls).toEqual(['install', 'start a']);
  await remove();
});

test('the last lines are asked for where a command tells them', async () => {
  const manager = fakeManager([], [unitCalled('a').fingerprint]);
  const session: ManagerSession = {
    ...manager,
    logs: () => ({ kind: 'command', command: ({ lines }) => ['/bin/sh', '-c', `echo ${lines} lines at most`] }),
  };
  const { failures } = await execute(session, [unitCalled('a')]);
  expect(failures[0]?.log).toEqual(['10 lines at most']);
});

test('a process that ends before it is ready is not waited for', async () => {
  const manager = turning(fakeManager(), 'a', 1, { state: 'failed', detail: 'exit status 1' });
  const execution = await execute(manager, [{ ...unitCalled('a'), ...onceThereIs('/no/such/thing', 86_000) }]);
  expect(details(execution)).toEqual([['a', 'it ended before it was ready: exit status 1']]);
});

test('a manager that waits for readiness itself is not second-guessed, and gets all levels at once', async () => {
  const manager = fakeManager();
  const units = [{ ...unitCalled('a'), ...onceThereIs('/no/such/thing', 0.1) }, unitCalled('b', {}, 1)];
  const session: ManagerSession = { ...manager, ordersItself: true, awaitsReadiness: () => true };
  expect((await execute(session, units)).failures).toEqual([]);
  expect(manager.calls).toEqual(['install', 'start a b', 'finish']);
});

test('a manager that orders its units gets one level at a time where it does not know what to wait for', async () => {
  const manager = fakeManager();
  const units = [{ ...unitCalled('a'), ...onceThereIs('/proc') }, unitCalled('b', {}, 1)];
  await execute({ ...manager, ordersItself: true }, units);
  expect(manager.calls).toEqual(['install', 'start a', 'start b', 'finish']);
});

test('the port of an instance is waited for when that is asked for, and only then', async () => {
  // tcpmux: no machine has it any more.
  const unit = { ...unitCalled('a'), port: 1 };
  expect((await execute(fakeManager(), [unit])).failures).toEqual([]);
  const controller = new AbortController();
  const waiting = execute(fakeManager(), [unit], { waitForPorts: true }, controller.signal);
  setTimeout(() => {
    controller.abort();
  }, 300);
  expect(await waiting).toMatchObject({ interrupted: true, failures: [] });
});

test('a process that ends within the settle time fails, also one of a level before', async () => {
  // The looks: after level 0, after level 1, after the settle time.
  const manager = turning(fakeManager(), 'a', 3, { state: 'failed', detail: 'exit status 1' });
  const execution = await execute(manager, [unitCalled('a'), unitCalled('b', {}, 1)], { settle: 0.1 });
  expect(details(execution)).toEqual([['a', 'it did not stay up: exit status 1']]);
});

test('a process that ends early in the settle time fails the switch at once', async () => {
  const manager = turning(fakeManager(), 'a', 3, { state: 'failed', detail: 'exit status 1' });
  const since = performance.now();
  expect(details(await execute(manager, [unitCalled('a')], { settle: 60 }))).toEqual([
    ['a', 'it did not stay up: exit status 1'],
  ]);
  expect(performance.now() - since).toBeLessThan(30_000);
});

test('one that is not critical and ends early does not, and what ends later is found', async () => {
  const early = turning(fakeManager(), 'a', 2, { state: 'failed', detail: 'exit status 1' });
  const execution = await execute(
    turning(early, 'b', 3, { state: 'failed', detail: 'exit status 2' }),
    [{ ...unitCalled('a'), critical: false }, unitCalled('b')],
    { settle: 1.5 },
  );
  expect(execution.tolerated.map(({ detail }) => detail)).toEqual(['it did not stay up: exit status 1']);
  expect(details(execution)).toEqual([['b', 'it did not stay up: exit status 2']]);
});

test('a process that ends while others start keeps their dependents from being started', async () => {
  const fake = fakeManager();
  const manager = turning(fake, 'a', 2, { state: 'failed', detail: 'exit status 1' });
  const execution = await execute(manager, [unitCalled('a'), unitCalled('b', {}, 1), unitCalled('c', {}, 2)], {
    settle: 0.1,
  });
  expect(details(execution)).toEqual([['a', 'it did not stay up: exit status 1']]);
  expect(fake.calls).toEqual(['install', 'start a', 'start b']);
});

test('a process that its manager has to start again has not stayed up', async () => {
  const up = turning(fakeManager(), 'a', 1, { pid: 10 });
  const execution = await execute(turning(up, 'a', 2, { pid: 11 }), [unitCalled('a')], { settle: 0.1 });
  expect(details(execution)).toEqual([
    ['a', 'it did not stay up: process 10 ended, and its manager started process 11'],
  ]);
});

test('a process that ends in good order has not failed', async () => {
  const manager = turning(fakeManager(), 'a', 2, { state: 'stopped' });
  expect((await execute(manager, [unitCalled('a')], { settle: 0.1 })).failures).toEqual([]);
});

test('without a settle time nothing is looked at', async () => {
  const manager = turning(fakeManager(), 'a', 1, { state: 'failed' });
  expect((await execute(manager, [unitCalled('a')])).failures).toEqual([]);
});

test('the failure of a process that is not critical is told, and everything else goes on', async () => {
  const manager = fakeManager([], [unitCalled('a').fingerprint]);
  const execution = await execute(
    manager,
    [
      { ...unitCalled('a'), critical: false },
      { ...unitCalled('slow', { slow: true }), critical: false, ...onceThereIs('/no/such/thing', 0.1) },
      unitCalled('b', { b: true }, 1),
    ],
    { settle: 0.1 },
  );
  expect(execution.failures).toEqual([]);
  expect(execution.tolerated.map(({ detail }) => detail)).toEqual([
    'it exited with status 1',
    'it was not ready within 0.1 s: there is no /no/such/thing',
  ]);
  expect(manager.calls).toEqual(['install', 'start a slow', 'start b', 'finish']);
});

test('a manager whose starts only say that there is a process is watched for as long as it wants, at all of them at once', async () => {
  const dies = (leastSettle: number): ManagerSession => ({
    ...turning(fakeManager(), 'one', 2, { state: 'failed', detail: 'exit code 7' }),
    leastSettle,
  });
  const units = [unitCalled('one'), unitCalled('two', {}, 1)];
  expect(details(await execute(dies(0.05), units))).toEqual([['one', 'it did not stay up: exit code 7']]);
  expect(details(await execute(dies(0), units))).toEqual([]);
});

test('the settle time counts from the last start, as long as whoever wants most of it, and only of what is watched', async () => {
  const looked: number[] = [];
  const manager = fakeManager();
  const session: ManagerSession = {
    ...manager,
    leastSettle: 0.3,
    observe: (units) => {
      looked.push(performance.now());
      return manager.observe(units);
    },
    start: async (units) => {
      await new Promise((resolve) => setTimeout(resolve, 200));
      return manager.start(units);
    },
  };
  const units = [unitCalled('a'), unitCalled('b', {}, 1)];
  // The looks: after each level, and when the settle time is over.
  const since = performance.now();
  await execute(session, units, { settle: 0.1 });
  expect(looked).toHaveLength(3);
  expect((looked[2] ?? 0) - (looked[1] ?? 0)).toBeGreaterThanOrEqual(290);
  expect(performance.now() - since).toBeLessThan(2000);
  looked.length = 0;
  await execute({ ...session, leastSettle: 0 }, units, { settle: 0.05 });
  expect((looked[2] ?? 0) - (looked[1] ?? 0)).toBeLessThan(290);
});

test('a process that is not ready in time, and has ended as well, fails once', async () => {
  const manager = turning(fakeManager(), 'a', 1, { state: 'failed', detail: 'exit status 1' });
  const unit = { ...unitCalled('a'), ...onceThereIs('/no/such/thing', 0.1) };
  expect(details(await execute(manager, [unit], { settle: 0.1 }))).toEqual([
    ['a', 'it was not ready within 0.1 s: there is no /no/such/thing'],
  ]);
});

test('a process that its manager could not start is not waited for', async () => {
  const manager = fakeManager([], [unitCalled('a').fingerprint]);
  const unit = { ...unitCalled('a'), ...onceThereIs('/no/such/thing', 0.1) };
  expect(details(await execute(manager, [unit], { settle: 0.1 }))).toEqual([['a', 'it exited with status 1']]);
});

test('what is waited for is told when that takes seconds, and what is ready is not', async () => {
  const lines: string[] = [];
  const slow = { ...unitCalled('db'), port: 5432, ...when({ kind: 'port', host: 'localhost', port: 1 }, 4) };
  const ready = { ...unitCalled('cache'), ...onceThereIs('/proc', 60) };
  await execute(fakeManager(), [slow, ready], {}, undefined, (line) => void lines.push(line));
  expect(lines).toEqual(['waiting for db: port 1 (3 of 4 s)']);
});

test('once a signal has come, nobody is asked any more whether what was started stays up', async () => {
  const controller = new AbortController();
  const manager = fakeManager();
  let looks = 0;
  const session: ManagerSession = {
    ...manager,
    observe: (units) => {
      looks += 1;
      return manager.observe(units);
    },
    start: (units) => {
      controller.abort();
      return manager.start(units);
    },
  };
  expect(await execute(session, [unitCalled('a')], { settle: 60 }, controller.signal)).toMatchObject({
    interrupted: true,
  });
  expect(looks).toBe(0);
});
