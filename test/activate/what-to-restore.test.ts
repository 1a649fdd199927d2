import { expect, test } from '@jest/globals';
import { whatToRestore } from '../../src/activate/what-to-restore.js';
import type { Observation } from '../../src/backends/backend.js';
import type { ManagerName } from '../../src/model/process-model.js';
import type { PlanStep } from '../../src/plan/activation-plan.js';
import { planActivation, type ObservedUnit } from '../../src/plan/plan-activation.js';
import type { DeployedUnit } from '../../src/profile/manifest.js';
import { unitCalled } from '../support/instances.js';

const manager = 'sysvinit' as ManagerName;
const observed = (unit: DeployedUnit, state: Observation['state']): ObservedUnit => ({
  manager,
  unit,
  observation: { state, pid: null, since: null, detail: null },
});
const x = unitCalled('x');
const newX = { ...unitCalled('x', { version: 2 }), fingerprint: 'new' };
const start = (unit: DeployedUnit): PlanStep => ({ action: 'start', manager, level: 0, unit, reasons: [] });
const stop = (unit: DeployedUnit): PlanStep => ({ action: 'stop', manager, level: 0, unit, reasons: [] });

/** What is done to put things back, one step a line. */
const restoration = (
  before: Observation['state'],
  attempted: readonly PlanStep[],
  seen: readonly ObservedUnit[],
): readonly string[] => {
  const current = {
    manager,
    profile: {
      path: '/store/profile',
      profileName: 'processes',
      units: [x],
      data: {},
      directories: { stateDir: '/var', runtimeDir: '/run', logDir: '/log' },
      forceDisableUserChange: true,
    },
  };
  const { now, units } = whatToRestore({ current, present: [observed(x, before)] }, { attempted }, seen);
  return planActivation(now, { manager, units, restores: true }).stages.flatMap(({ action, steps }) =>
    steps.map(({ reasons }) => (action === 'restart' ? action : `${action}: ${reasons.join()}`)),
  );
};

test.each<[string, Observation['state'], readonly PlanStep[], readonly ObservedUnit[], readonly string[]]>([
  ['crashed, and runs again by its definition, is left alone', 'failed', [start(x)], [observed(x, 'running')], []],
  ['crashed, and crashed once more, is left alone', 'failed', [start(x)], [observed(x, 'failed')], []],
  ['crashed, and that nobody touched, is left alone', 'failed', [], [observed(x, 'failed')], []],
  [
    'crashed, and runs by another definition, gets its own',
    'failed',
    [start(newX)],
    [observed(newX, 'running')],
    ['restart'],
  ],
  [
    'crashed, and was stopped by the switch, is not left as if an operator had stopped it',
    'failed',
    [stop(x)],
    [],
    ['start: the switch has stopped it'],
  ],
  ['its manager had lost is left running', 'absent', [start(x)], [observed(x, 'running')], []],
  [
    'an operator had stopped is stopped again',
    'stopped',
    [start(newX)],
    [observed(newX, 'running')],
    ['stop: it did not run before the switch'],
  ],
  ['ran is started again', 'running', [stop(x)], [], ['start: the switch has stopped it']],
])('what %s', (_, before, attempted, seen, steps) => {
  expect(restoration(before, attempted, seen)).toEqual(steps);
});
