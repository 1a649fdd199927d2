import { describe, expect, test } from '@jest/globals';
import { movedState } from '../../src/plan/moved-state.js';
import { parsePlanDocument, type PlanDocument } from '../../src/plan/plan-document.js';
import { runningOrder } from '../../src/plan/running-order.js';
import { differencesFrom } from '../../src/plan/stale-plan.js';
import type { InstanceName } from '../../src/model/process-model.js';
import type { Manifest } from '../../src/profile/manifest.js';
import { unitCalled } from '../support/instances.js';

const document: PlanDocument = {
  formatVersion: 1,
  profile: { link: '/profiles/processes', path: '/store/next' },
  manager: 'sysvinit',
  model: null,
  options: { oldProfile: null, manager: {}, repair: false, waitForPorts: false, keepGoing: false },
  basis: { current: null, generation: null, unfinished: null, states: [] },
  ...{ steps: [], unchanged: [], conflicts: [], notes: [] },
  closure: { sizeBefore: 0, sizeAfter: 0, packages: [], files: { added: 0, removed: 0 } },
};
const step = { number: 1, stage: 0, reasons: [] };
const processStep = (instance: string) =>
  ({ ...step, kind: 'process', action: 'start', instance, name: instance, manager: 'sysvinit', level: 0 }) as const;
const steps: PlanDocument['steps'] = [
  ...(['create-directory', 'create-link', 'set-mode'] as const).map(
    (action) => ({ ...step, kind: 'directory', action, path: '/var' }) as const,
  ),
  ...(
    ['create-group', 'create-user', 'modify-user', 'create-home', 'remove-user', 'remove-group', 'forget'] as const
  ).map((action) => ({ ...step, kind: 'account', action, subject: 'user "a"' }) as const),
  ...(['stop', 'reload', 'restart', 'start'] as const).map((action) => ({ ...processStep('a'), action })),
  ...(['release', 'install'] as const).map(
    (action) => ({ ...step, kind: 'manager', action, manager: 'sysvinit' }) as const,
  ),
  { ...step, kind: 'profile', action: 'record', path: '/store/next' },
  ...(['enable', 'disable'] as const).map(
    (action) => ({ ...step, kind: 'boot', action, path: '/etc/crontab' }) as const,
  ),
];

describe('a plan document', () => {
  test('may hold everything that the format knows', () => {
    const conflict = { instances: ['a'], what: 'w', why: 'y', fix: 'f' };
    const full: PlanDocument = {
      ...document,
      steps,
      basis: {
        ...document.basis,
        states: (['running', 'starting', 'stopped', 'failed', 'absent'] as const).map((state) => ({
          ...{ instance: 'a', name: 'a', manager: 'sysvinit', state },
        })),
      },
      conflicts: (
        ['port', 'pid-file', 'socket', 'directory', 'name', 'program', 'self', 'file', 'account'] as const
      ).flatMap((kind) => (['error', 'warning'] as const).map((severity) => ({ ...conflict, severity, kind }))),
      closure: {
        ...document.closure,
        packages: (['added', 'removed', 'upgraded', 'rebuilt'] as const).map((change) => ({
          ...{ name: 'p', change, before: [], after: ['1'], sizeBefore: 0, sizeAfter: 1 },
        })),
      },
    };
    expect(parsePlanDocument(JSON.stringify(full), 'plan.json')).toEqual(full);
  });

  test('of before an option was there has its default', () => {
    const { oldProfile, manager } = document.options;
    const text = JSON.stringify({ ...document, options: { oldProfile, manager } });
    expect(parsePlanDocument(text, 'plan.json').options).toEqual(document.options);
  });
});

describe('a plan is out of date', () => {
  const changed = (some: Partial<PlanDocument>, from: Partial<PlanDocument> = {}) =>
    differencesFrom({ ...document, ...from }, { ...document, ...some });
  const basis = (some: Partial<PlanDocument['basis']>) => ({ basis: { ...document.basis, ...some } });

  test('when what it was made from is another', () => {
    expect(changed({})).toEqual([]);
    expect(changed({ manager: null })).toEqual(['manager: sysvinit → none']);
    expect(changed({ profile: { link: '/profiles/processes', path: '/store/other' } })).toEqual([
      'profile: /store/next → /store/other',
    ]);
    expect(changed(basis({ unfinished: '/store/x' }))).toEqual(['unfinished switch: none → /store/x']);
    const current = { path: '/store/now', manager: 'sysvinit' };
    expect(changed(basis({ current, generation: 3 }))).toEqual(['current generation: none → 3, /store/now']);
    expect(changed(basis({ current }))).toEqual(['current generation: none → /store/now']);
  });

  test('when the state of a process is another, but who starts will soon be up', () => {
    const state = (name: string, of: PlanDocument['basis']['states'][number]['state']) => ({
      ...{ instance: name, name, manager: 'sysvinit', state: of },
    });
    expect(changed(basis({ states: [state('a', 'running')] }), basis({ states: [state('a', 'starting')] }))).toEqual(
      [],
    );
    expect(
      changed(
        basis({ states: [state('b', 'failed'), state('a', 'stopped')] }),
        basis({ states: [state('a', 'running')] }),
      ),
    ).toEqual(['a (sysvinit): running → stopped', 'b (sysvinit): unknown → failed']);
  });

  test('when other steps are needed, whatever their reasons are, or the same in another order', () => {
    expect(changed({ steps }, { steps: steps.map((some) => ({ ...some, reasons: ['another'] })) })).toEqual([]);
    const [directory, account, manager, boot] = [steps[0], steps[3], steps[14], steps[17]];
    if (directory === undefined || account === undefined || manager === undefined || boot === undefined)
      throw new Error();
    expect(changed({ steps: [directory, account, manager] }, { steps: [boot, processStep('a')] })).toEqual([
      ...['now needed: create-directory /var', 'now needed: create-group user "a"', 'now needed: release sysvinit'],
      ...['no longer needed: enable /etc/crontab', 'no longer needed: start a (sysvinit)'],
    ]);
    expect(
      changed({ steps: [processStep('a'), processStep('b')] }, { steps: [processStep('b'), processStep('a')] }),
    ).toEqual(['the steps have another order']);
  });
});

describe('the order of what runs', () => {
  const needing = (name: string, level: number, ...dependencies: readonly string[]) => ({
    ...unitCalled(name, {}, level),
    dependencies: dependencies as InstanceName[],
  });

  test('follows dependencies of several generations, also in circles', () => {
    const units = [needing('a', 0), needing('b', 0, 'a'), needing('c', 0, 'b', 'gone'), needing('b', 5)];
    const { levelOf } = runningOrder(units);
    expect(units.map(levelOf)).toEqual([0, 5, 6, 5]);
    expect(levelOf(needing('stranger', 7))).toBe(7);
    const circle = [needing('x', 0, 'y'), needing('y', 0, 'x')];
    const order = runningOrder(circle);
    expect(circle.map(order.levelOf).sort()).toEqual([1, 1].map((_, index) => index));
  });

  test('tells which of some an instance depends on, but for itself', () => {
    const { among } = runningOrder([
      needing('a', 0, 'c'),
      needing('b', 1, 'a'),
      needing('c', 2, 'b', 'd'),
      needing('d', 0),
    ]);
    const some = new Set(['a', 'd', 'b'] as InstanceName[]);
    expect(among('c' as InstanceName, some)).toEqual(['a', 'b', 'd']);
    expect(among('a' as InstanceName, some)).toEqual(['b', 'd']);
    expect(among('d' as InstanceName, some)).toEqual([]);
    expect(among('nobody' as InstanceName, some)).toEqual([]);
  });
});

test('state has moved when a directory or who makes it is another, unless that was only assumed', () => {
  const manifest = { directories: { stateDir: '/var' }, forceDisableUserChange: false } as unknown as Manifest;
  const moved = { ...manifest, directories: { ...manifest.directories, stateDir: '/home' } };
  expect(movedState(manifest, manifest)).toEqual([]);
  expect(movedState(manifest, moved).join()).toContain('stateDir');
  expect(movedState(manifest, { ...manifest, forceDisableUserChange: true }).join()).toContain(
    'forceDisableUserChange',
  );
  expect(movedState({ ...manifest, isForeign: true }, moved)).toEqual([]);
  expect(movedState(manifest, { ...moved, isForeign: true })).toEqual([]);
});
