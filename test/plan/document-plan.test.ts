import { expect, test } from '@jest/globals';
import { tasksOf } from '../../src/activate/execution-tasks.js';
import type { Sessions } from '../../src/activate/sessions.js';
import type { CredentialPlan } from '../../src/credentials/plan-credentials.js';
import type { ManagerName } from '../../src/model/process-model.js';
import { documentedSteps, documentPlan, isIdle, type PlanFacts } from '../../src/plan/document-plan.js';
import { planActivation, type ObservedUnit } from '../../src/plan/plan-activation.js';
import { parsePlanDocument } from '../../src/plan/plan-document.js';
import { differencesFrom } from '../../src/plan/stale-plan.js';
import type { DeployedUnit } from '../../src/profile/manifest.js';
import { UsageError } from '../../src/system/errors.js';
import { fakeManager } from '../support/fake-session.js';
import { unitCalled } from '../support/instances.js';

const sysvinit = 'sysvinit' as ManagerName;
const supervisord = 'supervisord' as ManagerName;
const noAccounts: CredentialPlan = { preparations: [], removals: [], notes: [], retained: [] };

const seen = (unit: DeployedUnit, state: ObservedUnit['observation']['state'] = 'running'): ObservedUnit => ({
  manager: sysvinit,
  unit,
  observation: { state, pid: null, since: null, detail: null },
});

/** Neither orders processes itself, nor changes them when it learns of a profile. */
const sessions: Sessions = { of: () => fakeManager() };

/** A switch from what is present to some units under a manager (null: nothing is to run). */
const factsOf = (
  present: readonly ObservedUnit[],
  units: readonly DeployedUnit[],
  {
    target = sysvinit,
    accounts = noAccounts,
    ...rest
  }: Partial<PlanFacts> & {
    readonly target?: ManagerName | null;
    readonly accounts?: CredentialPlan;
  } = {},
): PlanFacts => {
  const plan = planActivation(present, target === null ? null : { manager: target, units });
  const profile = { path: '/nix/store/next', profileName: 'processes', units, data: {}, forceDisableUserChange: true };
  const directories = { stateDir: '/var', runtimeDir: '/run', logDir: '/log' };
  const from = [...new Set(present.map(({ manager }) => manager))];
  return {
    plan: { ...plan, accounts },
    tasks: tasksOf(
      plan,
      from,
      target === null ? null : { manager: target, profile: { ...profile, directories } },
      sessions,
      { waitForPorts: false },
    ),
    directories: [],
    next: { path: '/nix/store/next' },
    recorded: '/nix/store/before',
    boot: null,
    link: '/profiles/processes',
    model: null,
    manager: target ?? sysvinit,
    options: { oldProfile: null, manager: {}, repair: false, waitForPorts: false, keepGoing: false },
    current: { path: '/nix/store/before', manager: sysvinit },
    generation: 3,
    unfinished: null,
    present,
    conflicts: [],
    closure: { sizeBefore: 1, sizeAfter: 2, packages: [], files: { added: 0, removed: 0 } },
    ...rest,
  };
};

/** One word for each step: what is done to what, with its stage in front. */
const summary = (facts: PlanFacts): readonly string[] =>
  documentedSteps(facts).map((step) => {
    const object =
      step.kind === 'process'
        ? step.instance
        : step.kind === 'account'
          ? step.subject
          : step.kind === 'manager'
            ? step.manager
            : step.path;
    return `${step.stage} ${step.action} ${object}`;
  });

test('steps of every kind come in the order in which a switch takes them, those of a level in one stage', () => {
  const facts = factsOf([seen(unitCalled('old'))], [unitCalled('a'), unitCalled('b'), unitCalled('c', {}, 1)], {
    directories: [{ kind: 'create-directory', path: '/var/lib', mode: 0o755 }],
    accounts: {
      preparations: [{ kind: 'create-group', group: { name: 'webapp', gid: null }, reason: 'it does not exist' }],
      removals: [{ kind: 'remove-group', name: 'gone', reason: 'we made it' }],
      notes: [],
      retained: [],
    },
  });
  expect(summary(facts)).toEqual([
    '0 create-directory /var/lib',
    '1 create-group group "webapp"',
    '2 stop old',
    '3 install sysvinit',
    '4 start a',
    '4 start b',
    '5 start c',
    '6 record /nix/store/next',
    '7 remove-group group "gone"',
  ]);
});

test('a move takes leave of the old manager, and an undeployment installs nothing', () => {
  const units = [unitCalled('a')];
  const move = summary(factsOf([seen(unitCalled('a'))], units, { target: supervisord }));
  expect(move).toEqual([
    '0 install supervisord',
    '1 stop a',
    '2 start a',
    '3 release sysvinit',
    '4 record /nix/store/next',
  ]);
  const end = summary(factsOf([seen(unitCalled('a'))], units, { target: null }));
  expect(end).toEqual(['0 stop a', '1 release sysvinit', '2 record /nix/store/next']);
});

test('there is nothing to do only if neither processes, accounts, directories nor the profile change', () => {
  const same = { recorded: '/nix/store/next' };
  const unit = unitCalled('a');
  expect(documentedSteps(factsOf([seen(unit)], [unit], same))).toEqual([]);
  expect(isIdle(factsOf([seen(unit)], [unit]))).toBe(false);
  expect(isIdle(factsOf([seen(unit)], [unit], { ...same, unfinished: '/nix/store/other' }))).toBe(false);
  expect(isIdle(factsOf([seen(unit, 'failed')], [unit], same))).toBe(false);
  const removals: CredentialPlan['removals'] = [{ kind: 'remove-group', name: 'gone', reason: 'we made it' }];
  expect(isIdle(factsOf([seen(unit)], [unit], { ...same, accounts: { ...noAccounts, removals } }))).toBe(false);
});

test('every step says why, and conflicts say of whom', () => {
  const facts = factsOf([seen(unitCalled('a'))], [unitCalled('a'), unitCalled('b')], {
    directories: [
      { kind: 'create-directory', path: '/var/lib', mode: 0o755 },
      { kind: 'set-mode', path: '/var', mode: 0o755 },
    ],
    accounts: { ...noAccounts, removals: [{ kind: 'remove-group', name: 'gone', reason: 'we made it' }] },
    conflicts: [{ severity: 'error', kind: 'port', instances: ['a', 'b'], what: 'w', why: 'y', fix: 'f' }],
    boot: { action: 'enable', place: '/etc/crontab', reasons: ['you ask for it'] } as never,
  });
  expect(documentedSteps(facts).map(({ action, reasons }) => [action, ...reasons])).toEqual([
    ['create-directory', 'it does not exist'],
    ['set-mode', 'other users cannot use it as it is'],
    ['install', 'it learns of the new profile'],
    ['start', 'new'],
    ['record', 'it is what runs then'],
    ['remove-group', 'we made it'],
    ['enable', 'you ask for it'],
  ]);
  expect(documentPlan(facts).conflicts).toEqual(facts.conflicts);
  const { plan } = facts;
  const noted = { ...facts, plan: { ...plan, notes: ['one'], accounts: { ...plan.accounts, notes: ['two'] } } };
  expect(documentPlan(noted).notes).toEqual(['one', 'two']);
  const repaired = factsOf([seen(unitCalled('a'), 'failed')], [unitCalled('a')], { recorded: '/nix/store/next' });
  expect(documentedSteps(repaired).map(({ reasons }) => reasons[0])).toContain(
    'it is made sure that it knows the profile',
  );
});

test('a plan that was written is read as it was', () => {
  const document = documentPlan(factsOf([seen(unitCalled('old'))], [unitCalled('a', { command: 'x' })]));
  expect(parsePlanDocument(JSON.stringify(document), 'plan.json')).toEqual(document);
});

test.each([
  ['no JSON', 'hello', /not JSON/],
  ['another document', '{"formatVersion": 1}', /profile/],
  ['a later format', '{"formatVersion": 7}', /version 7, this program knows version 1/],
])('%s is refused as a plan', (_, text, why) => {
  try {
    parsePlanDocument(text, 'plan.json');
    throw new Error('it was taken for a plan');
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    expect((error as UsageError).why).toMatch(why);
  }
});

test('a plan is as right as before when nothing but reasons and notes have changed', () => {
  const made = documentPlan(factsOf([seen(unitCalled('a'), 'failed')], [unitCalled('a')]));
  const now = {
    ...made,
    notes: ['another'],
    steps: made.steps.map((step) => ({ ...step, reasons: ['exited at 12:00'] })),
  };
  expect(differencesFrom(made, now)).toEqual([]);
});

test('a process that was starting and runs by now makes no difference', () => {
  const [unit, wanted] = [unitCalled('a'), unitCalled('a', { v: '2' })];
  const made = documentPlan(factsOf([seen(unit, 'starting')], [wanted]));
  expect(differencesFrom(made, documentPlan(factsOf([seen(unit)], [wanted])))).toEqual([]);
});

test('what has changed since is named', () => {
  const units = [unitCalled('a', { v: '2' })];
  const made = documentPlan(factsOf([seen(unitCalled('a'))], units));
  expect(
    differencesFrom(
      made,
      documentPlan(
        factsOf([seen(unitCalled('a'), 'stopped')], units, { generation: 4, unfinished: '/nix/store/next' }),
      ),
    ),
  ).toEqual([
    'current generation: 3, /nix/store/before → 4, /nix/store/before',
    'unfinished switch: none → /nix/store/next',
    'a (sysvinit): running → stopped',
  ]);
  const account = { kind: 'create-group', group: { name: 'g', gid: null }, reason: 'it does not exist' } as const;
  const withAccount = factsOf([seen(unitCalled('a'))], units, { accounts: { ...noAccounts, preparations: [account] } });
  expect(differencesFrom(made, documentPlan(withAccount))).toEqual(['now needed: create-group group "g"']);
});
