import { expect, test } from '@jest/globals';
import type { ChangePolicy, Observation } from '../../src/backends/backend.js';
import type { ManagerName } from '../../src/model/process-model.js';
import { unitOf, type ProcessPlan } from '../../src/plan/activation-plan.js';
import { planActivation } from '../../src/plan/plan-activation.js';
import type { DeployedUnit } from '../../src/profile/manifest.js';
import { unitCalled } from '../support/instances.js';

const manager = 'systemd' as ManagerName;

const unit = (
  name: string,
  version: string,
  policy: Partial<ChangePolicy> = {},
  reloadProperties: DeployedUnit['reloadProperties'] = {},
  level = 0,
): DeployedUnit => ({
  ...unitCalled(name, { version }, level),
  changePolicy: { onChange: 'restart', onRemoval: 'stop', ...policy },
  reloadProperties,
});

const plan = (
  before: readonly DeployedUnit[],
  after: readonly DeployedUnit[],
  state: Observation['state'] = 'running',
): ProcessPlan =>
  planActivation(
    before.map((present) => ({
      manager,
      unit: present,
      observation: { state, pid: null, since: null, detail: null },
    })),
    { manager, units: after },
  );

const summary = ({ stages }: ProcessPlan): string[] =>
  stages.flatMap(({ action, steps }) => steps.map((step) => `${action} ${unitOf(step).name}`));

test('what says so is reloaded instead of restarted, with the same reasons', () => {
  const { stages } = plan([unit('a', '1')], [unit('a', '2', { onChange: 'reload' })]);
  expect(stages[0]).toMatchObject({ action: 'reload', steps: [{ reasons: ['version: 1 → 2'] }] });
});

test('what says so is stopped by its old definition before everything else, and started in its turn', () => {
  const before = unit('high', '1', {}, {}, 1);
  const result = plan(
    [before, unit('low', '1')],
    [unit('low', '2'), unit('high', '2', { onChange: 'stop-start' }, {}, 1)],
  );
  expect(summary(result)).toEqual(['stop high', 'restart low', 'start high']);
  expect(result.stages[0]?.steps.map(unitOf)).toEqual([before]);
});

test('what says so keeps running although it has changed, and the user is told how to restart it', () => {
  const result = plan([unit('a', '1')], [unit('a', '2', { onChange: 'leave' })]);
  expect(result).toMatchObject({ stages: [], unchanged: ['a'] });
  expect(result.notes.join()).toContain('nix-processmgmt-ts restart a');
});

test('what does not run is started by its new definition, whatever it says about changes', () => {
  expect(summary(plan([unit('a', '1')], [unit('a', '2', { onChange: 'reload' })], 'stopped'))).toEqual(['start a']);
});

test('a difference in reload properties alone is a reload that names it', () => {
  const { stages } = plan([unit('a', '1', {}, { trigger: 'old' })], [unit('a', '1', {}, { trigger: 'new' })]);
  expect(stages[0]).toMatchObject({ action: 'reload', steps: [{ reasons: ['trigger: old → new'] }] });
});

test('a difference in other properties as well is a restart', () => {
  const result = plan([unit('a', '1', {}, { trigger: 'old' })], [unit('a', '2', {}, { trigger: 'new' })]);
  expect(summary(result)).toEqual(['restart a']);
});

test('what does not run is not reloaded', () => {
  const result = plan([unit('a', '1', {}, { trigger: 'old' })], [unit('a', '1', {}, { trigger: 'new' })], 'stopped');
  expect(result.stages).toEqual([]);
});

test('what says so keeps running when it is no longer wanted, with a note', () => {
  const result = plan([unit('a', '1', { onRemoval: 'leave' }), unit('b', '1')], []);
  expect(summary(result)).toEqual(['stop b']);
  expect(result.notes.join()).toContain('a keeps running');
});
