import { describe, expect, jest, test } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { pino } from 'pino';
import { awaitedReadiness } from '../../src/activate/awaited-readiness.js';
import { believedPids } from '../../src/activate/believed-pids.js';
import { bringBack } from '../../src/activate/bring-back.js';
import { tasksOf, type Task } from '../../src/activate/execution-tasks.js';
import { noJournal } from '../../src/activate/journal.js';
import { lastLines, markLog } from '../../src/activate/last-lines.js';
import { movesAtOnce } from '../../src/activate/moves-at-once.js';
import { createProcessWatch } from '../../src/activate/process-watch.js';
import { releaseRoom, reserveRoom } from '../../src/activate/reserved-room.js';
import type { ManagedProfile } from '../../src/activate/sessions.js';
import { spareDependents, withDependents } from '../../src/activate/spare-dependents.js';
import type { ManagerSession, Observation } from '../../src/backends/backend.js';
import type { InstanceName, ManagerName } from '../../src/model/process-model.js';
import type { Readiness } from '../../src/model/readiness.js';
import type { PlanStage, PlanStep } from '../../src/plan/activation-plan.js';
import type { DeployedUnit } from '../../src/profile/manifest.js';
import { ActivationError } from '../../src/system/errors.js';
import { fakeManager } from '../support/fake-session.js';
import { unitCalled } from '../support/instances.js';
import { makeTemporaryDirectory } from '../support/temporary-directory.js';

const one = 'one' as ManagerName;
const two = 'two' as ManagerName;
const run = () => Promise.reject(new Error('nothing is run'));
const readiness = (probe: Readiness['probe']): Readiness => ({ probe, timeout: 60, interval: 1 });

const managed = (manager: ManagerName, units: readonly DeployedUnit[] = []): ManagedProfile => ({
  manager,
  profile: {
    path: '/store/profile',
    profileName: 'processes',
    units,
    data: {},
    directories: { stateDir: '/var', runtimeDir: '/run', logDir: '/log' },
    forceDisableUserChange: true,
  },
});

const start = (unit: DeployedUnit, manager = one): PlanStep => ({
  ...{ action: 'start', manager, level: unit.level, unit, reasons: [] },
});
const stageOf = (action: 'start' | 'stop', manager: ManagerName, ...units: readonly DeployedUnit[]): PlanStage => ({
  action,
  manager,
  level: units[0]?.level ?? 0,
  steps: units.map((unit) => ({ ...start(unit, manager), action }) as PlanStep),
});

describe('what the tool itself waits for', () => {
  const session = fakeManager();
  const withPort = { ...unitCalled('a'), port: 80 };
  const path = readiness({ kind: 'path', path: '/ready' });

  test.each<[string, DeployedUnit, ManagerSession, boolean, Readiness['probe'] | null]>([
    ['nothing, where nothing says when it is ready', unitCalled('a'), session, true, null],
    ['its port, where that is asked for', withPort, session, true, { kind: 'port', port: 80, host: '127.0.0.1' }],
    ['not its port, where that is not asked for', withPort, session, false, null],
    ['what the model says', { ...withPort, readiness: path }, session, true, path.probe],
    [
      'nothing, where the process tells its manager',
      { ...withPort, readiness: readiness({ kind: 'notify', descriptor: 3 }) },
      session,
      true,
      null,
    ],
    [
      'nothing, where the manager waits',
      { ...withPort, readiness: path },
      { ...session, awaitsReadiness: () => true },
      true,
      null,
    ],
    [
      'what the manager does not wait for',
      { ...withPort, readiness: path },
      { ...session, awaitsReadiness: () => false },
      true,
      path.probe,
    ],
  ])('is %s', (_, unit, of, waitForPorts, probe) => {
    const awaited = awaitedReadiness(unit, of, waitForPorts);
    if (probe === null) expect(awaited).toBeNull();
    else expect(awaited?.probe).toMatchObject(probe.kind === 'port' ? { kind: 'port', port: 80 } : probe);
  });
});

test('a PID counts when a process lives that started when its manager says', async () => {
  const seen = (pid: number | null, since: number | null): Observation => ({
    ...{ state: 'running', pid, since, detail: null },
  });
  const since = Date.now() - process.uptime() * 1000;
  const found = await believedPids(
    new Map<InstanceName, Observation>([
      ['own' as InstanceName, seen(process.pid, null)],
      ['same' as InstanceName, seen(process.pid, since)],
      ['earlier' as InstanceName, seen(process.pid, since - 60_000)],
      ['later' as InstanceName, seen(process.pid, since + 60_000)],
      ['gone' as InstanceName, seen(2 ** 22 + 1, null)],
      ['none' as InstanceName, seen(null, null)],
    ]),
    { run },
  );
  expect([...found]).toEqual([
    ['own', process.pid],
    ['same', process.pid],
  ]);
});

describe('processes whose manager was lost', () => {
  const settings = (session: ManagerSession, warnings: string[]) => {
    const sessions = { of: () => session };
    return {
      ...{ sessions, journal: noJournal, signal: new AbortController().signal },
      watch: createProcessWatch(sessions, { settle: 0, waitForPorts: false }, run),
      log: pino(
        { level: 'warn' },
        { write: (line: string) => warnings.push((JSON.parse(line) as { msg: string }).msg) },
      ),
    };
  };
  const units = [unitCalled('a'), unitCalled('b'), unitCalled('c')];
  const bring = async (session: ManagerSession, spared: readonly DeployedUnit[] = []) => {
    const warnings: string[] = [];
    const with_ = settings(session, warnings);
    const { started, failures } = await bringBack(
      { deployed: managed(one, units), sessions: with_.sessions },
      spared,
      with_,
    );
    return { started: [...started], failures: failures.length, warnings };
  };
  const nothing = { started: [], failures: 0, warnings: [] };
  const lost: ManagerSession['loss'] = () => 'it has ended';
  const failed = (manager: ManagerSession): ManagerSession => ({
    ...manager,
    observe: async (some) =>
      new Map(
        [...(await manager.observe(some))].map(([instance, seen]) => [
          instance,
          seen.state === 'stopped' ? { ...seen, state: 'failed' } : seen,
        ]),
      ),
  });

  test('run again, all that should and nothing that somebody wants stopped', async () => {
    const manager = fakeManager();
    const session = { ...failed(manager), loss: lost, isWanted: (unit: DeployedUnit) => unit.instance !== 'c' };
    expect(await bring(session, [unitCalled('b')])).toEqual({
      ...{ started: ['a'], failures: 0, warnings: ['it has ended; bringing back all that should run'] },
    });
    expect(manager.calls).toEqual(['install', 'start a', 'finish']);
  });

  test('are all wanted where the manager does not say', async () => {
    const manager = fakeManager([], [unitCalled('b', {}).fingerprint]);
    const broken = { ...unitCalled('b'), fingerprint: 'broken' };
    expect(broken.fingerprint).not.toBe(units[0]?.fingerprint);
    expect(await bring({ ...failed(manager), loss: lost })).toMatchObject({ started: ['a', 'b', 'c'], failures: 3 });
  });

  test('are left alone where nothing is missing', async () => {
    const manager = fakeManager();
    expect(await bring(manager)).toEqual(nothing);
    expect(await bring({ ...manager, loss: () => null })).toEqual(nothing);
    expect(manager.calls).toEqual([]);
  });

  test('wait for whoever starts the manager, unless somebody only wants them stopped', async () => {
    const requireReturn = jest.fn();
    const manager = { ...fakeManager(), loss: lost, requireReturn };
    expect(await bring(manager, [unitCalled('a')])).toEqual(nothing);
    expect(requireReturn).not.toHaveBeenCalled();
    expect(await bring(manager)).toEqual(nothing);
    expect(requireReturn).toHaveBeenCalledTimes(1);
  });

  test('say what the manager throws', async () => {
    const error = new ActivationError({ what: 'no' });
    const session = { ...failed(fakeManager()), loss: lost, install: () => Promise.reject(error) };
    await expect(bring(session)).rejects.toBe(error);
  });
});

describe('tasks', () => {
  const words = (tasks: readonly Task[]): readonly string[] =>
    tasks.map((task) => {
      if (task.kind === 'leave') return `leave ${task.manager}`;
      if (task.kind !== 'processes') return `${task.kind} ${task.to.manager}`;
      const { action, manager, steps } = task.stage;
      return `${action} ${manager} ${steps.map((step) => ('unit' in step ? step.unit.name : '')).join(' ')}`;
    });
  const tasks = (
    stages: readonly PlanStage[],
    sessions: Readonly<Record<string, ManagerSession>>,
    settings: {
      readonly before?: number;
      readonly from?: readonly ManagerName[];
      readonly to?: ManagedProfile | null;
      readonly keepsLevels?: boolean;
    } = {},
  ): readonly string[] =>
    words(
      tasksOf(
        { stages, stagesBeforeInstall: settings.before ?? 0 },
        settings.from ?? [one],
        settings.to === undefined ? managed(one) : settings.to,
        { of: (manager) => sessions[manager] ?? fakeManager() },
        { waitForPorts: false, keepsLevels: settings.keepsLevels === true },
      ),
    );
  const a = unitCalled('a');
  const b = unitCalled('b', {}, 1);
  const ordering = { ...fakeManager(), ordersItself: true };

  test('of a manager that orders its units itself are one for each action, restarts before starts', () => {
    const stages = [stageOf('start', one, a), stageOf('start', one, b)];
    expect(tasks(stages, {})).toEqual(['install one', 'start one a', 'start one b', 'finish one']);
    expect(tasks(stages, { one: ordering })).toEqual(['install one', 'start one a b', 'finish one']);
    expect(tasks(stages, { one: ordering }, { keepsLevels: true })).toEqual(tasks(stages, {}));
    const stops = [stageOf('stop', one, b), stageOf('stop', one, a)];
    expect(tasks([...stops, ...stages], { one: ordering }, { before: 2 })).toEqual([
      ...['stop one b a', 'install one', 'start one a b', 'finish one'],
    ]);
    expect(tasks([...stages, ...stops], { one: ordering })).toEqual([
      ...['install one', 'stop one b a', 'start one a b', 'finish one'],
    ]);
  });

  test('keep the levels where a dependent has to wait for something that the manager does not know', () => {
    const waiting = { ...a, readiness: readiness({ kind: 'path', path: '/ready' }) };
    expect(tasks([stageOf('start', one, waiting), stageOf('start', one, b)], { one: ordering })).toEqual([
      ...['install one', 'start one a', 'start one b', 'finish one'],
    ]);
    expect(tasks([stageOf('stop', one, b), stageOf('stop', one, waiting)], { one: ordering })).toEqual([
      ...['install one', 'stop one b a', 'finish one'],
    ]);
  });

  test('of a move leave the old manager at the end, or before the new one is told when it changes processes then', () => {
    const stages = [
      stageOf('stop', one, a),
      stageOf('start', two, a),
      stageOf('stop', one, b),
      stageOf('start', two, b),
    ];
    const moved = ['stop one a', 'start two a', 'stop one b', 'start two b'];
    const settings = { to: managed(two), from: [one, two] };
    expect(tasks(stages, { one: ordering, two: ordering }, settings)).toEqual([
      ...['install two', ...moved, 'leave one', 'finish two'],
    ]);
    expect(tasks(stages, { one: { ...ordering, changesAtInstall: true } }, settings)).toEqual([
      ...['leave one', 'install two', ...moved, 'finish two'],
    ]);
  });

  test('of an undeployment have every manager forget everything', () => {
    expect(tasks([stageOf('stop', one, a)], {}, { to: null, before: 1 })).toEqual(['stop one a', 'leave one']);
  });
});

test('a move is made at once when a manager acts when it is told, or stops nothing that others need', () => {
  const plain = fakeManager();
  const at = (session: ManagerSession) =>
    movesAtOnce([one, two], { of: (manager) => (manager === two ? session : plain) });
  expect(at(plain)).toBe(false);
  expect(at({ ...plain, changesAtInstall: true })).toBe(true);
  expect(at({ ...plain, keepsDependencies: true })).toBe(true);
});

test('what depends on what failed is spared, with all that depends on that', () => {
  const needing = (name: string, ...needed: readonly string[]) => ({
    ...unitCalled(name),
    dependencies: needed as InstanceName[],
  });
  const units = [unitCalled('a'), needing('b', 'a'), needing('c', 'b'), unitCalled('d'), needing('e', 'd', 'a')];
  expect([...withDependents(units, ['a' as InstanceName])]).toEqual(['a', 'b', 'c', 'e']);
  expect([...withDependents(units, [])]).toEqual([]);

  const [a, b] = [unitCalled('a'), unitCalled('b')];
  const task = { kind: 'processes', stage: stageOf('start', one, a, b) } as const;
  const spare = (affected: readonly string[], obsolete: boolean) => {
    const { task: rest, spared } = spareDependents(task, new Set(affected as InstanceName[]), () => obsolete);
    const namesOf = (steps: readonly PlanStep[]) => steps.map((step) => ('unit' in step ? step.unit.name : ''));
    return [rest?.kind === 'processes' ? namesOf(rest.stage.steps) : rest, namesOf(spared)];
  };
  expect(spare([], false)).toEqual([['a', 'b'], []]);
  expect(spare(['a'], false)).toEqual([['b'], ['a']]);
  expect(spare(['a', 'b'], false)).toEqual([null, ['a', 'b']]);
  expect(spare(['a'], true)).toEqual([['a', 'b'], []]);
  const to = managed(one);
  const none = new Set<InstanceName>();
  expect(spareDependents({ kind: 'leave', manager: one }, none, () => false)).toEqual({ task: null, spared: [] });
  expect(spareDependents({ kind: 'finish', to }, none, () => false)).toEqual({ task: null, spared: [] });
  const install = { kind: 'install', to } as const;
  expect(spareDependents(install, none, () => false)).toEqual({ task: install, spared: [] });
});

test('room is taken in four files, and given back', async () => {
  const { path, remove } = await makeTemporaryDirectory();
  reserveRoom(path);
  expect(readdirSync(path)).toHaveLength(4);
  releaseRoom(path);
  expect(readdirSync(path)).toEqual([]);
  releaseRoom(path);
  await remove();
});

describe('the last lines of a log that a command tells', () => {
  const lines = async (answer: Partial<Awaited<ReturnType<Parameters<typeof lastLines>[2]>>>) => {
    const source = { kind: 'command', command: () => ['log'] as const } as const;
    return lastLines(source, await markLog(source), () =>
      Promise.resolve({ exitCode: 0, stdout: '', stderr: '', timedOut: false, ...answer } as never),
    );
  };

  test('are those of both streams that say anything, ten at most', async () => {
    expect(await lines({ stdout: 'one\n\n', stderr: '  \ntwo\n' })).toEqual(['one', 'two']);
    const many = Array.from({ length: 12 }, (_, index) => `line ${index}`);
    expect(await lines({ stdout: many.join('\n') })).toEqual(many.slice(2));
  });

  test('are none where the command fails or is not there', async () => {
    expect(await lines({ stdout: 'no log', exitCode: 1 })).toEqual([]);
    const source = { kind: 'command', command: () => ['log'] as const } as const;
    const failing = (error: Error) => lastLines(source, new Map(), () => Promise.reject(error));
    expect(await failing(new ActivationError({ what: 'there is no log' }))).toEqual([]);
    await expect(failing(new Error('a bug'))).rejects.toThrow('a bug');
  });
});
