import { expect, test } from '@jest/globals';
import type { ManagerName } from '../../src/model/process-model.js';
import { unitOf } from '../../src/plan/activation-plan.js';
import { planActivation, type ObservedUnit, type WantedUnits } from '../../src/plan/plan-activation.js';
import type { DeployedUnit } from '../../src/profile/manifest.js';
import { unitCalled } from '../support/instances.js';

const sysvinit = 'sysvinit' as ManagerName;
const supervisord = 'supervisord' as ManagerName;

const running = (unit: DeployedUnit, manager = sysvinit): ObservedUnit => ({
  manager,
  unit,
  observation: { state: 'running', pid: 1, since: null, detail: null },
});
const onPort = (name: string, port: number, level = 0): DeployedUnit => ({
  ...unitCalled(name, { port }, level),
  port,
});

/** What is done before the units are made known and after, one stage a line. */
const order = (present: readonly ObservedUnit[], wanted: WantedUnits): readonly string[] => {
  const { stages, stagesBeforeInstall } = planActivation(present, wanted);
  const lines = stages.map(
    ({ action, manager, steps }) => `${action} ${steps.map((step) => unitOf(step).name).join(' ')} (${manager})`,
  );
  return [...lines.slice(0, stagesBeforeInstall), 'install', ...lines.slice(stagesBeforeInstall)];
};

const a = unitCalled('a');
const b = unitCalled('b', {}, 1);
const c = unitCalled('c', {}, 1);

test('a move goes from level to level, and what does not move with it stops before', () => {
  expect(order([running(a), running(b), running(c)], { manager: supervisord, units: [a, b] })).toEqual([
    'stop c (sysvinit)',
    'install',
    ...['stop a (sysvinit)', 'start a (supervisord)'],
    ...['stop b (sysvinit)', 'start b (supervisord)'],
  ]);
});

test('what is at another level in the new model is stopped when it is its turn there', () => {
  const later = unitCalled('a', {}, 1);
  expect(order([running(a), running(c)], { manager: supervisord, units: [unitCalled('c'), later] })).toEqual([
    'install',
    ...['stop c (sysvinit)', 'start c (supervisord)'],
    ...['stop a (sysvinit)', 'start a (supervisord)'],
  ]);
});

test('a move that is made at once stops everything, dependents first, before the units are made known', () => {
  expect(order([running(a), running(b)], { manager: supervisord, units: [a, b], movesAtOnce: true })).toEqual([
    ...['stop b (sysvinit)', 'stop a (sysvinit)'],
    'install',
    ...['start a (supervisord)', 'start b (supervisord)'],
  ]);
});

test('in a move, a process whose port another one takes is stopped in time', () => {
  expect(
    order([running(onPort('old', 80, 1)), running(onPort('web', 81))], {
      manager: supervisord,
      units: [onPort('web', 80), onPort('old', 82, 1)],
    }),
  ).toEqual([
    'stop old (sysvinit)',
    'install',
    ...['stop web (sysvinit)', 'start web (supervisord)'],
    'start old (supervisord)',
  ]);
});

test('processes that exchange their ports are both stopped before one starts', () => {
  expect(
    order([running(onPort('x', 80)), running(onPort('y', 81, 1))], {
      manager: sysvinit,
      units: [onPort('x', 81), onPort('y', 80, 1)],
    }),
  ).toEqual(['stop y (sysvinit)', 'stop x (sysvinit)', 'install', 'start x (sysvinit)', 'start y (sysvinit)']);
});

test('a process that keeps its port restarts in its turn, though another one claims the same', () => {
  expect(
    order([running(onPort('x', 80))], {
      manager: sysvinit,
      units: [{ ...unitCalled('x', { version: 2 }), port: 80 }, onPort('y', 80)],
    }),
  ).toEqual(['install', 'restart x (sysvinit)', 'start y (sysvinit)']);
});

const dependingOn = (unit: DeployedUnit, ...others: readonly DeployedUnit[]): DeployedUnit => ({
  ...unit,
  dependencies: others.map(({ instance }) => instance),
});
const db = unitCalled('db');
const app = dependingOn(unitCalled('app', {}, 1), db);
const changed = (unit: DeployedUnit): DeployedUnit => ({
  ...unitCalled(unit.name, { version: 2 }, 0),
  name: unit.name,
  instance: unit.instance,
});

test('what is replaced stops before what it depended on, though it does so no more', () => {
  expect(order([running(db), running(app)], { manager: sysvinit, units: [changed(app)] })).toEqual([
    ...['stop app (sysvinit)', 'stop db (sysvinit)'],
    'install',
    'start app (sysvinit)',
  ]);
});

test('so does what depended on it through something that stays', () => {
  const web = dependingOn(unitCalled('web', {}, 2), app);
  const stays = { ...app, dependencies: [], level: 0 };
  expect(order([running(db), running(app), running(web)], { manager: sysvinit, units: [stays, changed(web)] })).toEqual(
    [...['stop web (sysvinit)', 'stop db (sysvinit)'], 'install', 'start web (sysvinit)'],
  );
});

test('a process that moves stops before what it depended on and does not move with it', () => {
  const moved = { ...app, dependencies: [], level: 0 };
  expect(order([running(db), running(app)], { manager: supervisord, units: [moved] })).toEqual([
    ...['stop app (sysvinit)', 'stop db (sysvinit)'],
    'install',
    'start app (supervisord)',
  ]);
});

test('what moves at one level stops in the order of what runs', () => {
  const moved = { ...app, dependencies: [], level: 0 };
  expect(order([running(db), running(app)], { manager: supervisord, units: [db, moved] })).toEqual([
    'install',
    ...['stop app (sysvinit)', 'stop db (sysvinit)', 'start db app (supervisord)'],
  ]);
});

test('a dependency that turned round counts as it runs', () => {
  const units = [changed(app), dependingOn({ ...changed(db), level: 1 }, app)].map((unit) => ({
    ...unit,
    changePolicy: { onChange: 'stop-start', onRemoval: 'stop' } as const,
  }));
  expect(order([running(db), running(app)], { manager: sysvinit, units })).toEqual([
    ...['stop app (sysvinit)', 'stop db (sysvinit)'],
    'install',
    ...['start app (sysvinit)', 'start db (sysvinit)'],
  ]);
});

test('a circle in what runs, of two generations, is no endless loop', () => {
  const other = dependingOn(db, app);
  expect(order([running(other), running(app)], { manager: sysvinit, units: [] })).toEqual(
    expect.arrayContaining(['stop app (sysvinit)', 'stop db (sysvinit)']),
  );
});
