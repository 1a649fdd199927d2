import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import { executePlan } from '../../src/activate/execute-plan.js';
import { changesOf } from '../../src/activate/prepare-activation.js';
import { createProcessWatch } from '../../src/activate/process-watch.js';
import { noJournal } from '../../src/activate/journal.js';
import type { ManagedProfile } from '../../src/activate/sessions.js';
import type { ManagerSession } from '../../src/backends/backend.js';
import type { ManagerName } from '../../src/model/process-model.js';
import { unitOf, type ProcessPlan } from '../../src/plan/activation-plan.js';
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

const execute = async (
  manager: FakeManager,
  session: ManagerSession,
  before: readonly DeployedUnit[],
  after: readonly DeployedUnit[],
  keepGoing = false,
): Promise<readonly string[]> => {
  await executePlan(planFor(before, after), [name], deployed(after), {
    sessions: { of: () => session },
    watch: createProcessWatch({ of: () => session }, { settle: 0, waitForPorts: false }, () =>
      Promise.reject(new Error('nothing has to be run')),
    ),
    signal: new AbortController().signal,
    journal: noJournal,
    keepGoing,
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
  expect(await execute(manager, manager, before, after)).toEqual([
    ...['stop old', 'stop older', 'install'],
    ...['start new', 'restart a', 'restart b', 'start newer'],
    'finish',
  ]);
});

test('a manager that orders its units itself gets all levels at once, what is replaced before what is new', async () => {
  const manager = fakeManager(before);
  expect(await execute(manager, { ...manager, ordersItself: true }, before, after)).toEqual([
    ...['stop old older', 'install', 'restart a b', 'start new newer', 'finish'],
  ]);
});

test('what keeps going takes one level at a time, and its plan says so', async () => {
  const manager = fakeManager(before);
  const session = { ...manager, ordersItself: true };
  const steps = ['start new', 'restart a', 'restart b', 'start newer'];
  expect(await execute(manager, session, before, after, true)).toEqual([
    ...['stop old', 'stop older', 'install', ...steps, 'finish'],
  ]);
  const { tasks } = changesOf(
    { path: '/store/profile' },
    {
      plan: { ...planFor(before, after), accounts: { preparations: [], removals: [], notes: [], retained: [] } },
      directories: [],
      leaving: [name],
      target: deployed(after),
      sessions: { of: () => session },
      taskSettings: { waitForPorts: false, keepsLevels: true },
      recorded: null,
      unfinished: null,
    },
  );
  const planned = tasks.flatMap((task) =>
    task.kind === 'processes' ? task.stage.steps.map((step) => `${step.action} ${unitOf(step).name}`) : [],
  );
  expect(planned).toEqual(['stop old', 'stop older', ...steps]);
});
