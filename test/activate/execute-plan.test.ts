import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import { executePlan } from '../../src/activate/execute-plan.js';
import { createProcessWatch } from '../../src/activate/process-watch.js';
import { noJournal } from '../../src/activate/journal.js';
import type { ManagerSession } from '../../src/backends/backend.js';
import type { ManagerName } from '../../src/model/process-model.js';
import { planActivation } from '../../src/plan/plan-activation.js';
import type { DeployedUnit } from '../../src/profile/manifest.js';
import { fakeManager, type FakeManager } from '../support/fake-session.js';
import { unitCalled } from '../support/instances.js';

const name = 'systemd' as ManagerName;

const execute = async (
  manager: FakeManager,
  session: ManagerSession,
  before: readonly DeployedUnit[],
  after: readonly DeployedUnit[],
): Promise<readonly string[]> => {
  const present = before.map((unit) => ({
    manager: name,
    unit,
    observation: { state: 'running', pid: null, since: null, detail: null } as const,
  }));
  const profile = {
    path: '/store/profile',
    profileName: 'processes',
    units: after,
    data: {},
    directories: { stateDir: '/var', runtimeDir: '/run', logDir: '/log' },
    forceDisableUserChange: true,
  };
  await executePlan(
    planActivation(present, { manager: name, units: after }),
    [name],
    { manager: name, profile },
    {
      sessions: { of: () => session },
      watch: createProcessWatch({ of: () => session }, { settle: 0, waitForPorts: false }, () =>
        Promise.reject(new Error('nothing has to be run')),
      ),
      signal: new AbortController().signal,
      journal: noJournal,
      log: pino({ level: 'silent' }),
    },
  );
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
