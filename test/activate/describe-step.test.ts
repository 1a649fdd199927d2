import { expect, test } from '@jest/globals';
import { describeStep } from '../../src/activate/describe-step.js';
import type { Observation } from '../../src/backends/backend.js';
import type { ManagerName } from '../../src/model/process-model.js';
import { planActivation, type ObservedUnit } from '../../src/plan/plan-activation.js';
import type { DeployedUnit } from '../../src/profile/manifest.js';
import { unitCalled } from '../support/instances.js';

const sysvinit = 'sysvinit' as ManagerName;
const seen = (
  unit: DeployedUnit,
  state: Observation['state'] = 'running',
  rest: Partial<ObservedUnit> = {},
): ObservedUnit => ({
  ...{ manager: sysvinit, unit, observation: { state, pid: null, since: null, detail: null } },
  ...rest,
});
/** What the log says of a switch. */
const lines = (
  present: readonly ObservedUnit[],
  units: readonly DeployedUnit[],
  manager = sysvinit,
): readonly string[] =>
  planActivation(present, { manager, units }).stages.flatMap(({ steps }) => steps.map(describeStep));

test('what is new starts, what is not in the model any more stops', () => {
  expect(lines([seen(unitCalled('nginx'))], [unitCalled('website')])).toEqual([
    ...['stopping nginx (removed from the model)', 'starting website (new)'],
  ]);
});

test('of what has changed the properties are named, three of them', () => {
  const changed = (before: object, after: object, rest: Partial<ObservedUnit> = {}) =>
    lines([seen(unitCalled('a', { ...before }), 'running', rest)], [unitCalled('a', { ...after })]);
  expect(changed({ environment: { MESSAGE: 'secret' } }, { environment: { MESSAGE: 'other' } })).toEqual([
    'restarting a (environment.MESSAGE changed)',
  ]);
  expect(changed({}, { a: 1, b: 2, c: 3 })).toEqual(['restarting a (a, b, c changed)']);
  expect(changed({}, { a: 1, b: 2, c: 3, d: 4, e: 5 })).toEqual(['restarting a (a, b, c and 2 more changed)']);
  // Words of a manager, or of what is wrong on the machine, stay as they are.
  expect(changed({ a: 1 }, { a: 2 }, { doubt: 'its file was replaced' })).toEqual([
    'restarting a (its file was replaced)',
  ]);
  expect(changed({ a: 1 }, { a: 2 }, { differences: ['X: 1 → 2', 'Y: 3 → 4'] })).toEqual([
    'restarting a (X: 1 → 2; Y: 3 → 4)',
  ]);
});

test('a reload names what it is for, and a move where it goes', () => {
  const unit = (reload: number): DeployedUnit => ({
    ...unitCalled('a'),
    reloadProperties: { 'X-Reload-Triggers': reload },
  });
  expect(lines([seen(unit(1))], [unit(2)])).toEqual(['reloading a (X-Reload-Triggers changed)']);
  expect(lines([seen(unitCalled('a'))], [unitCalled('a')], 'systemd' as ManagerName)).toEqual([
    ...['stopping a (it moves to systemd)', 'starting a (it moves from sysvinit)'],
  ]);
});
