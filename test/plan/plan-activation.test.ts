import { expect, test } from '@jest/globals';
import type { Observation } from '../../src/backends/backend.js';
import type { ManagerName } from '../../src/model/process-model.js';
import { unitOf, type ProcessPlan } from '../../src/plan/activation-plan.js';
import { planActivation, type ObservedUnit } from '../../src/plan/plan-activation.js';
import type { DeployedUnit } from '../../src/profile/manifest.js';
import { unitCalled } from '../support/instances.js';

const sysvinit = 'sysvinit' as ManagerName;
const supervisord = 'supervisord' as ManagerName;

const seen = (unit: DeployedUnit, state: Observation['state'] = 'running', manager = sysvinit): ObservedUnit => ({
  manager,
  unit,
  observation: { state, pid: null, since: null, detail: null },
});

const want = (...units: DeployedUnit[]) => ({ manager: sysvinit, units });

/** One line per stage: "start sysvinit 0: a b". */
const summary = ({ stages }: ProcessPlan): string[] =>
  stages.map(
    ({ action, manager, level, steps }) =>
      `${action} ${manager} ${level}: ${steps.map((step) => unitOf(step).name).join(' ')}`,
  );

test('everything new is started level by level', () => {
  const plan = planActivation([], want(unitCalled('a'), unitCalled('b'), unitCalled('c', {}, 1)));
  expect(summary(plan)).toEqual(['start sysvinit 0: a b', 'start sysvinit 1: c']);
});

test('what runs and did not change is not touched', () => {
  const plan = planActivation([seen(unitCalled('a'))], want(unitCalled('a')));
  expect(plan.stages).toEqual([]);
  expect(plan.unchanged).toEqual(['a']);
});

test('what changed restarts, and the reason names the property down to its innermost attribute', () => {
  const plan = planActivation(
    [seen(unitCalled('a', { environment: { PORT: '5000', HOME: '/' } })), seen(unitCalled('b', {}, 1))],
    want(unitCalled('a', { environment: { PORT: '5001', HOME: '/' } }), unitCalled('b', {}, 1)),
  );
  expect(summary(plan)).toEqual(['restart sysvinit 0: a']);
  expect(plan.stages[0]?.steps[0]?.reasons).toEqual(['environment.PORT: 5000 → 5001']);
});

test('what is obsolete stops first, the highest level first', () => {
  const plan = planActivation(
    [seen(unitCalled('low')), seen(unitCalled('high', {}, 2)), seen(unitCalled('kept'))],
    want(unitCalled('kept'), unitCalled('new')),
  );
  expect(summary(plan)).toEqual(['stop sysvinit 2: high', 'stop sysvinit 0: low', 'start sysvinit 0: new']);
});

test('an undeployment stops everything that the manager knows', () => {
  const plan = planActivation(
    [seen(unitCalled('a')), seen(unitCalled('b', {}, 1)), seen(unitCalled('c'), 'absent')],
    null,
  );
  expect(summary(plan)).toEqual(['stop sysvinit 1: b', 'stop sysvinit 0: a']);
});

test('what has failed starts again, what somebody stopped stays stopped', () => {
  const plan = planActivation(
    [seen(unitCalled('crashed'), 'failed'), seen(unitCalled('stopped'), 'stopped')],
    want(unitCalled('crashed'), unitCalled('stopped')),
  );
  expect(summary(plan)).toEqual(['start sysvinit 0: crashed']);
  expect(plan.notes.join()).toContain('stopped stays stopped');
});

test('what somebody stopped starts when its definition changed', () => {
  const plan = planActivation([seen(unitCalled('a', { v: '1' }), 'stopped')], want(unitCalled('a', { v: '2' })));
  expect(summary(plan)).toEqual(['start sysvinit 0: a']);
});

test('a move stops under the old manager and starts under the new one', () => {
  const plan = planActivation(
    [seen(unitCalled('a'), 'running', supervisord), seen(unitCalled('b', {}, 1), 'running', supervisord)],
    want(unitCalled('a'), unitCalled('b', {}, 1)),
  );
  expect(summary(plan)).toEqual([
    'stop supervisord 0: a',
    'start sysvinit 0: a',
    'stop supervisord 1: b',
    'start sysvinit 1: b',
  ]);
  expect(plan.stages[0]?.steps[0]?.reasons).toEqual(['it moves to sysvinit']);
});

test('a unit that its manager does not want now is not started', () => {
  const plan = planActivation([], { ...want(unitCalled('a')), isWanted: () => false });
  expect(plan.stages).toEqual([]);
  expect(plan.notes).toHaveLength(1);
});

test('a repair starts what somebody has stopped, but not what has nothing to do', () => {
  const [stopped, done] = [unitCalled('stopped'), unitCalled('done')];
  const present = [
    seen(stopped, 'stopped'),
    { ...seen(done), observation: { state: 'stopped', pid: null, since: null, detail: null, rests: true } as const },
  ];
  const plan = planActivation(present, { ...want(stopped, done), startsStopped: true });
  expect(summary(plan)).toEqual(['start sysvinit 0: stopped']);
  expect(planActivation(present, want(stopped, done)).stages).toEqual([]);
});

test('what is extra stops, and the reason says so', () => {
  const plan = planActivation([{ ...seen(unitCalled('left')), extra: 'nobody deployed it' }], want(unitCalled('a')));
  expect(summary(plan)).toEqual(['stop sysvinit 0: left', 'start sysvinit 0: a']);
  expect(plan.stages[0]?.steps[0]?.reasons).toEqual(['nobody deployed it']);
});
