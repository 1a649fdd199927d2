import { expect, test } from '@jest/globals';
import { afterUnfinishedSwitch } from '../../src/activate/unfinished-switch.js';
import type { Observation } from '../../src/backends/backend.js';
import type { ManagerName } from '../../src/model/process-model.js';
import { planActivation, type ObservedUnit } from '../../src/plan/plan-activation.js';
import { unitOf } from '../../src/plan/activation-plan.js';
import type { DeployedUnit } from '../../src/profile/manifest.js';
import { unitCalled } from '../support/instances.js';

const sysvinit = 'sysvinit' as ManagerName;
const supervisord = 'supervisord' as ManagerName;

const seen = (unit: DeployedUnit, state: Observation['state'], manager = sysvinit): ObservedUnit => ({
  manager,
  unit,
  observation: { state, pid: null, since: null, detail: null },
});

const stepsTo = (present: readonly ObservedUnit[], ...units: DeployedUnit[]): string[] =>
  planActivation(present, { manager: sysvinit, units }).stages.flatMap(({ action, manager, steps }) =>
    steps.map((step) => `${action} ${unitOf(step).name} ${manager}`),
  );

const a1 = unitCalled('a', { version: 1 });
const a2 = unitCalled('a', { version: 2 });
const b = unitCalled('b');

test('a process that may run in either version restarts, whichever is wanted', () => {
  const present = afterUnfinishedSwitch([seen(a1, 'running')], [seen(a2, 'running')]);
  expect(stepsTo(present, a1)).toEqual(['restart a sysvinit']);
  expect(stepsTo(present, a2)).toEqual(['restart a sysvinit']);
});

test('what the switch stopped is started again, though an operator could have stopped it', () => {
  expect(stepsTo([seen(b, 'stopped')], b)).toEqual([]);
  expect(stepsTo(afterUnfinishedSwitch([seen(b, 'stopped')], []), b)).toEqual(['start b sysvinit']);
});

test('what runs and is the same in both is not touched', () => {
  expect(stepsTo(afterUnfinishedSwitch([seen(b, 'running')], [seen(b, 'running')]), b)).toEqual([]);
});

test('what the switch had started is stopped when it is not wanted, and kept when it is', () => {
  const present = afterUnfinishedSwitch([seen(a1, 'running')], [seen(a1, 'running'), seen(b, 'running')]);
  expect(stepsTo(present, a1)).toEqual(['stop b sysvinit']);
  expect(stepsTo(present, a1, b)).toEqual([]);
});

test('what the switch had not started yet is new', () => {
  expect(stepsTo(afterUnfinishedSwitch([], [seen(b, 'stopped')]), b)).toEqual(['start b sysvinit']);
});

test('a move that did not finish never leaves a process running twice', () => {
  const present = afterUnfinishedSwitch(
    [seen(a1, 'stopped', supervisord), seen(b, 'running', supervisord)],
    [seen(a1, 'running'), seen(b, 'absent')],
  );
  expect(stepsTo(present, a1, b)).toEqual(['stop a supervisord', 'stop b supervisord', 'start b sysvinit']);
});

test('a process that the old manager still runs is not taken for one of the new manager, whose PID file it writes', () => {
  const present = afterUnfinishedSwitch([seen(b, 'running', supervisord)], [seen(b, 'running')]);
  expect(stepsTo(present, b)).toEqual(['stop b supervisord', 'start b sysvinit']);
});
