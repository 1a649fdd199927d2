import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import { executeTasks } from '../../src/activate/execute-tasks.js';
import { tasksOf, type Task } from '../../src/activate/execution-tasks.js';
import { createProcessWatch } from '../../src/activate/process-watch.js';
import { noJournal } from '../../src/activate/journal.js';
import type { LeftoverWatch } from '../../src/activate/leftovers.js';
import type { ManagedProfile } from '../../src/activate/sessions.js';
import type { ManagerSession } from '../../src/backends/backend.js';
import type { ManagerName } from '../../src/model/process-model.js';
import type { ProcessPlan } from '../../src/plan/activation-plan.js';
import { planActivation } from '../../src/plan/plan-activation.js';
import type { DeployedUnit } from '../../src/profile/manifest.js';
import { fakeManager, type FakeManager } from '../support/fake-session.js';
import { unitCalled } from '../support/instances.js';

const name = 'systemd' as ManagerName;

const planFor = (before: readonly DeployedUnit[], after: readonly DeployedUnit[]): ProcessPlan => {
  const present = before.map((unit) => ({
    manager: name,
    unit,
    observation: { state: 'running', pid: null, since: null, detail: null } as const,
  }));
  return planActivation(present, { manager: name, units: after });
};

const deployed = (units: readonly DeployedUnit[]): ManagedProfile => ({
  manager: name,
  profile: {
    path: '/store/profile',
    profileName: 'processes',
    units,
    data: {},
    directories: { stateDir: '/var', runtimeDir: '/run', logDir: '/log' },
    forceDisableUserChange: true,
  },
});

const tasksFor = (
  session: ManagerSession,
  before: readonly DeployedUnit[],
  after: readonly DeployedUnit[],
  keepsLevels = false,
): readonly Task[] =>
  tasksOf(planFor(before, after), [name], deployed(after), { of: () => session }, { waitForPorts: false, keepsLevels });

const execute = async (
  manager: FakeManager,
  tasks: readonly Task[],
  session: ManagerSession,
): Promise<readonly string[]> => {
  await executeTasks(tasks, {
    sessions: { of: () => session },
    watch: createProcessWatch({ of: () => session }, { settle: 0, waitForPorts: false }, () =>
      Promise.reject(new Error('nothing has to be run')),
    ),
    signal: new AbortController().signal,
    journal: noJournal,
    log: pino({ level: 'silent' }),
  });
  return manager.calls;
};

const before = [
  unitCalled('a', { version: 1 }),
  unitCalled('b', { version: 1 }, 1),
  unitCalled('old', {}, 1),
  unitCalled('older'),
];
const after = [
  unitCalled('new'),
  unitCalled('a', { version: 2 }),
  unitCalled('b', { version: 2 }, 1),
  unitCalled('newer', {}, 1),
];

test('a manager without an order of its own gets one level at a time', async () => {
  const manager = fakeManager(before);
  expect(await execute(manager, tasksFor(manager, before, after), manager)).toEqual([
    ...['stop old', 'stop older', 'install'],
    ...['start new', 'restart a', 'restart b', 'start newer'],
    'finish',
  ]);
});

test('a manager that orders its units itself gets all levels at once, what is replaced before what is new', async () => {
  const manager = fakeManager(before);
  const session = { ...manager, ordersItself: true };
  expect(await execute(manager, tasksFor(session, before, after), session)).toEqual([
    ...['stop old older', 'install', 'restart a b', 'start new newer', 'finish'],
  ]);
});

test('what keeps going takes one level at a time', async () => {
  const manager = fakeManager(before);
  const session = { ...manager, ordersItself: true };
  expect(await execute(manager, tasksFor(session, before, after, true), session)).toEqual([
    ...['stop old', 'stop older', 'install'],
    ...['start new', 'restart a', 'restart b', 'start newer', 'finish'],
  ]);
});

test('just what is asked for is done', async () => {
  const manager = fakeManager(before);
  const tasks = tasksFor(manager, before, after).filter(({ kind }) => kind === 'processes');
  expect(await execute(manager, tasks.slice(1, 3), manager)).toEqual(['stop older', 'start new']);
});

test('what processes leave behind is looked for before they end, and cleared once they have', async () => {
  const calls: string[] = [];
  const names = (units: readonly DeployedUnit[]): string => units.map(({ name }) => name).join(' ');
  const leftovers: LeftoverWatch = {
    look: async (_, units) => void calls.push(`look ${names(units)}`),
    clear: async (_, units, replaced) =>
      void calls.push(`clear ${names(units)}${replaced === true ? ' (replaced)' : ''}`),
    clearAfterInstall: async () => void calls.push('clear after install'),
    clearBeforeStart: async (_, units) => void calls.push(`clear before ${names(units)}`),
  };
  const manager = fakeManager([...before]);
  const session: ManagerSession = {
    ...manager,
    stop: async (units) =>
      units.map(({ instance }) => ({ instance, ok: instance !== 'older', detail: 'it does not end' })),
    restart: async (changes, afterStop) => {
      await afterStop?.(changes.map((change) => change.before));
      return manager.restart(changes);
    },
  };
  const run = (tasks: readonly Task[], excuse?: () => string | null) =>
    executeTasks(tasks, {
      ...{ sessions: { of: () => session }, leftovers, signal: new AbortController().signal, journal: noJournal },
      watch: createProcessWatch({ of: () => session }, { settle: 0, waitForPorts: false }, () =>
        Promise.reject(new Error()),
      ),
      ...(excuse === undefined ? {} : { excuse }),
      log: pino({ level: 'silent' }),
    });
  const both = [unitCalled('older'), unitCalled('old')];
  // A stop that fails always matters.
  const stopped = await run(tasksFor(session, both, []), () => 'it does not matter');
  expect(stopped.failures.map(({ detail }) => detail)).toEqual(['it does not end']);
  expect(calls).toEqual(['look older old', 'clear old']);
  calls.length = 0;
  await run(tasksFor(session, [unitCalled('a', { v: 1 })], [unitCalled('a', { v: 2 }), unitCalled('b')]));
  expect(calls).toEqual([
    ...['clear after install', 'look a', 'clear a', 'clear a (replaced)', 'look ', 'clear before b', 'clear '],
  ]);
});

test('a start that fails can be excused by its model or by its caller, with a reason that is told', async () => {
  const broken = unitCalled('a');
  const manager = fakeManager([], [broken.fingerprint]);
  const warnings: string[] = [];
  const execute = async (unit: DeployedUnit, excuse?: () => string | null) => {
    warnings.length = 0;
    const { failures, tolerated } = await executeTasks(tasksFor(manager, [], [unit]), {
      ...{ sessions: { of: () => manager }, signal: new AbortController().signal, journal: noJournal },
      watch: createProcessWatch({ of: () => manager }, { settle: 0, waitForPorts: false }, () =>
        Promise.reject(new Error()),
      ),
      ...(excuse === undefined ? {} : { excuse }),
      log: pino(
        { level: 'warn' },
        { write: (line: string) => warnings.push((JSON.parse(line) as { msg: string }).msg) },
      ),
    });
    return [failures.length, tolerated.length];
  };
  expect(await execute(broken)).toEqual([1, 0]);
  expect(warnings).toEqual([]);
  expect(await execute(broken, () => null)).toEqual([1, 0]);
  expect(await execute(broken, () => 'It was down before')).toEqual([0, 1]);
  expect(warnings[0]).toContain('It was down before: everything else goes on');
  expect(await execute({ ...broken, critical: false })).toEqual([0, 1]);
  expect(warnings[0]).toContain('not critical');
});
