import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { checkPrograms } from '../../src/activate/check-programs.js';
import { refuseConflicts } from '../../src/activate/find-conflicts.js';
import { findClosedPlaces } from '../../src/activate/find-closed-places.js';
import { conflictsOfObstacles, findObstacles, refuseObstacles } from '../../src/activate/find-obstacles.js';
import { findOwnEnd } from '../../src/activate/find-own-end.js';
import { accountConflicts } from '../../src/activate/prepare-accounts.js';
import type { LaunchedProgram, LogSource, ManagerSession } from '../../src/backends/backend.js';
import type { ManagerName } from '../../src/model/process-model.js';
import type { Conflict } from '../../src/plan/conflict.js';
import type { PlanStage } from '../../src/plan/activation-plan.js';
import type { DeployedUnit, ManifestDirectories } from '../../src/profile/manifest.js';
import { createRun } from '../../src/system/run.js';
import { fakeManager } from '../support/fake-session.js';
import { unitCalled } from '../support/instances.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.js';

const run = createRun({ PATH: '/usr/bin:/bin' });
let temporary: TemporaryDirectory;
beforeEach(async () => {
  temporary = await makeTemporaryDirectory();
});
afterEach(() => temporary.remove());

describe('a program', () => {
  const names = ['stateDir', 'runtimeDir', 'logDir', 'tmpDir', 'cacheDir', 'spoolDir', 'lockDir', 'libDir'] as const;
  const directories = Object.fromEntries(names.map((name) => [name, `/no/${name}`])) as Record<
    (typeof names)[number],
    string
  > satisfies ManifestDirectories;
  const store = (): string => join(temporary.path, 'store');
  const unit = (): DeployedUnit => ({ ...unitCalled('a'), profile: join(store(), 'profile') });
  const check = (launched: Partial<LaunchedProgram> | null, all: readonly DeployedUnit[] = []) =>
    checkPrograms(
      [unit()],
      { launches: () => Promise.resolve(launched === null ? null : { words: [], directory: null, ...launched }) },
      all,
      directories,
    );
  const file = (name: string, mode = 0o755): string => {
    const path = join(store(), name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, 'not a script\n', { mode });
    return path;
  };

  test('that can be executed is in the way of nothing, and where nothing tells what is launched, nothing is said', async () => {
    expect(await check({ words: [file('bin/a')], directory: '/' })).toEqual([]);
    expect(await check(null)).toEqual([]);
    expect(await checkPrograms([unit()], {}, [], directories)).toEqual([]);
  });

  test('of the store that is not there is an error that lists ten of those beside it', async () => {
    for (let number = 10; number < 20; number += 1) file(`bin/b${number}`);
    const missing = join(store(), 'bin', 'a');
    const [conflict, ...more] = await check({ words: [missing] });
    expect(more).toEqual([]);
    expect(conflict).toMatchObject({
      ...{ severity: 'error', kind: 'program', instances: ['a'], fix: 'Correct the path in the model' },
      what: `Process instance "a" cannot be started: its program ${missing} does not exist`,
      why: `There is no a in ${dirname(missing)}\nIn that directory: b10, b11, b12, b13, b14, b15, b16, b17, b18, b19`,
    });
    file('bin/b20');
    expect((await check({ words: [missing] }))[0]?.why).toMatch(/, b19, …$/);
    const alone = join(store(), 'nowhere', 'a');
    expect((await check({ words: [alone] }))[0]?.why).toBe(`There is no a in ${dirname(alone)}`);
    mkdirSync(dirname(alone));
    expect((await check({ words: [alone] }))[0]?.why).toBe(`There is no a in ${dirname(alone)}`);
  });

  test('elsewhere that is not there is a warning: the instance may make it', async () => {
    const missing = join(temporary.path, 'a');
    expect(await check({ words: [missing] })).toMatchObject([
      { severity: 'warning', why: expect.stringMatching(/\. Unless its initialize makes it, the start fails$/) },
    ]);
  });

  test('that is a link to what is gone names that', async () => {
    mkdirSync(store());
    symlinkSync('/no/such/program', join(store(), 'a'));
    expect(await check({ words: [join(store(), 'a')] })).toMatchObject([
      {
        why: 'It is a link to /no/such/program, which is gone',
        fix: 'Install /no/such/program again, or deploy the model anew, so that the program is looked for again',
      },
    ]);
  });

  test('that is a directory, or may be executed by nobody, says so', async () => {
    mkdirSync(join(store(), 'd'), { recursive: true });
    expect((await check({ words: [join(store(), 'd')] }))[0]?.what).toMatch(/ is a directory$/);
    expect(await check({ words: [file('a', 0o644)] })).toMatchObject([
      { what: expect.stringMatching(/ is not executable$/), why: 'Its mode is 0644: nobody may execute it' },
    ]);
    expect(await check({ words: [file('b', 0o654)] })).toEqual([]);
  });

  test('in a container is only looked for in the store', async () => {
    expect(await check({ words: ['/no/such/program'], isContained: true, directory: '/no/such' })).toEqual([]);
    expect(await check({ words: [join(store(), 'a')], isContained: true })).toHaveLength(1);
  });

  test('is to run in a directory that is there, or that the deployment makes', async () => {
    const words = [file('bin/a')];
    expect(await check({ words, directory: '/no/where' })).toMatchObject([
      {
        severity: 'warning',
        kind: 'directory',
        instances: ['a'],
        what: expect.stringContaining('/no/where, in which'),
      },
    ]);
    expect(await check({ words, directory: '/no/logDir' })).toEqual([]);
    const user = { name: 'u', uid: null, group: null, description: null, shell: null, attributes: {} };
    const withHome = (createHomeDir: boolean): DeployedUnit => ({
      ...unit(),
      credentials: { groups: [], users: [{ ...user, homeDir: '/no/home', createHomeDir }] },
    });
    expect(await check({ words, directory: '/no/home' }, [withHome(true)])).toEqual([]);
    expect(await check({ words, directory: '/no/home' }, [withHome(false)])).toHaveLength(1);
  });
});

describe('a file that cannot be written', () => {
  const error = (code: string): Error => Object.assign(new Error(code), { code, syscall: 'access' });
  /** Everything below /closed is in a file system that is mounted read-only; of that, /closed/new is not there. */
  const access = (path: unknown): void => {
    if (typeof path !== 'string') return;
    if (path.startsWith('/closed/new') || path.startsWith('/new')) throw error('ENOENT');
    if (path.startsWith('/closed')) throw error('EROFS');
    if (path.startsWith('/secret')) throw error('EACCES');
  };
  const find = (unit: Partial<DeployedUnit>, writtenAtStart: readonly string[] = []) =>
    findClosedPlaces([{ ...unitCalled('a'), ...unit }], { writtenAtStart: () => writtenAtStart }, access).map(
      ({ what }) => what,
    );
  const closed = (path: string): readonly string[] => [`"a" would not start: ${path} cannot be written`];

  test('keeps an instance from starting, whether it is there already or not', () => {
    expect(find({ pidFile: '/closed/a.pid' })).toEqual(closed('/closed/a.pid'));
    expect(find({ activation: { pidFile: '/closed/a.pid' } })).toEqual(closed('/closed/a.pid'));
    expect(find({}, ['/open/a', '/closed/new/a'])).toEqual(closed('/closed/new/a'));
    expect(findClosedPlaces([{ ...unitCalled('a'), pidFile: '/closed/a' }], {}, access)).toHaveLength(1);
  });

  test('does not, where it can be, or only another user may', () => {
    expect(find({ pidFile: '/open/a.pid' }, ['/new/a', '/secret/a'])).toEqual([]);
    expect(find({})).toEqual([]);
  });

  test('is not asked of the scripts of others', () => {
    expect(find({ pidFile: '/closed/a.pid', isLaidOut: true })).toEqual([]);
  });
});

describe('an obstacle', () => {
  const logsAt =
    (...paths: readonly string[]) =>
    (): LogSource => ({ kind: 'files', paths });

  test('is what somebody has put at the place of a log or a PID file, where others can write', async () => {
    const shared = join(temporary.path, 'shared');
    mkdirSync(shared);
    // mkdir's mode goes through the umask.
    chmodSync(shared, 0o1777);
    const [log, pid] = [join(shared, 'a.log'), join(shared, 'a.pid')];
    symlinkSync('/etc/passwd', log);
    symlinkSync('/etc/passwd', pid);
    const unit = { ...unitCalled('a'), activation: { pidFile: pid } };
    const find = async (some: DeployedUnit, logs: () => LogSource) =>
      (await findObstacles([some], [some, unitCalled('b')], logs, { run })).map(({ path, instance }) => [
        path,
        instance,
      ]);
    expect(await find(unit, logsAt(log))).toEqual([
      [pid, 'a'],
      [log, 'a'],
    ]);
    expect(await find({ ...unitCalled('a'), pidFile: pid }, logsAt(pid))).toEqual([[pid, 'a']]);
    expect(await find(unitCalled('a'), () => ({ kind: 'command', command: () => ['log'] }))).toEqual([]);
    expect(await find({ ...unit, isLaidOut: true }, logsAt(log))).toEqual([]);
  });

  test('is taken away where that is allowed, else it is refused', () => {
    const obstacle = { instance: 'a', path: '/tmp/a.log', thing: 'A link', isRemovable: true } as never;
    expect(conflictsOfObstacles([obstacle])).toMatchObject([
      {
        ...{ severity: 'warning', kind: 'file', instances: ['a'] },
        what: 'A link is in the way of "a" at /tmp/a.log',
        why: 'Somebody who has nothing to do with it has put it there; it is taken away',
      },
    ]);
    refuseObstacles(conflictsOfObstacles([obstacle]));
    const stubborn = (name: string) =>
      ({ instance: name, path: `/tmp/${name}`, thing: 'A link', isRemovable: false }) as never;
    expect(() => {
      refuseObstacles(conflictsOfObstacles([obstacle, stubborn('b')]));
    }).toThrow('A link is in the way of "b" at /tmp/b');
    let error: unknown;
    try {
      refuseObstacles(conflictsOfObstacles([stubborn('b'), stubborn('c'), stubborn('d')]));
    } catch (cause) {
      error = cause;
    }
    expect(error).toMatchObject({
      message: 'A link is in the way of "b" at /tmp/b, and 2 more like it; nothing has been done',
      why: [
        'A file of the process has to be there, which it would open or write through',
        'A link is in the way of "c" at /tmp/c',
        'A link is in the way of "d" at /tmp/d',
      ].join('\n'),
    });
    refuseObstacles([{ severity: 'error', kind: 'port', instances: [], what: 'x', why: 'y', fix: 'z' }]);
  });
});

describe('a conflict', () => {
  const conflict = (kind: Conflict['kind'], severity: Conflict['severity'] = 'error'): Conflict => ({
    ...{ severity, kind, instances: ['a'], what: `the ${kind}`, why: `why the ${kind}`, fix: `mend the ${kind}` },
  });
  const refuse = (conflicts: readonly Conflict[], allow = false) => {
    try {
      refuseConflicts(conflicts, allow);
      return null;
    } catch (error) {
      const { message, why, fix } = error as Error & { why?: string; fix?: string };
      return { message, why, fix };
    }
  };

  test('that is no error, or of a file, is let through', () => {
    expect(refuse([])).toBeNull();
    expect(refuse([conflict('port', 'warning'), conflict('file')])).toBeNull();
  });

  test('is told with why and what to do; several are listed', () => {
    expect(refuse([conflict('port', 'warning'), conflict('program')])).toEqual({
      ...{ message: 'the program', why: 'why the program', fix: 'mend the program' },
    });
    expect(refuse([conflict('port'), conflict('name')])).toMatchObject({
      message: '2 things stand in the way: nothing has been done',
      why: 'the port\n  why: why the port\n  fix: mend the port\nthe name\n  why: why the name\n  fix: mend the name',
    });
  });

  test('can be let through by the user, but for names of others and the end of this command', () => {
    expect(refuse([conflict('port'), conflict('program')], true)).toBeNull();
    expect(refuse([conflict('port'), conflict('name')], true)).toMatchObject({ message: 'the name' });
    expect(refuse([conflict('self')], true)).toMatchObject({ message: 'the self' });
  });
});

test('a plan that ends the process which this command descends from says so, and asks nobody when nothing ends', async () => {
  const manager = 'fake' as ManagerName;
  const unit = unitCalled('a');
  const asked: string[][] = [];
  const session: ManagerSession = {
    ...fakeManager(),
    observe: async (units) => {
      asked.push(units.map(({ name }) => name));
      return new Map(
        units.map(({ instance }) => [
          instance,
          { state: 'running', pid: instance === 'a' ? process.ppid : null, since: null, detail: null },
        ]),
      );
    },
  };
  const step = { manager, level: 0, reasons: [] };
  const find = (...stages: readonly PlanStage[]) => findOwnEnd({ stages }, { of: () => session }, { run });
  const starting: PlanStage = { action: 'start', manager, level: 0, steps: [{ ...step, action: 'start', unit }] };
  const stopping = (of: DeployedUnit): PlanStage => ({
    ...{ action: 'stop', manager, level: 0, steps: [{ ...step, action: 'stop', unit: of }] },
  });
  const restarting: PlanStage = {
    ...{ action: 'restart', manager, level: 0 },
    steps: [
      { ...step, action: 'restart', before: unit, after: unitCalled('a', { v: 2 }), changedProperties: [] } as never,
    ],
  };
  expect(await find(starting)).toEqual([]);
  expect(asked).toEqual([]);
  expect(await find(stopping(unitCalled('b')))).toEqual([]);
  expect(await find(stopping(unit))).toMatchObject([
    {
      ...{ severity: 'error', kind: 'self', instances: ['a'] },
      what: 'Process instance "a", which is to be stopped, would take this command with it',
      why: expect.stringMatching(/^This command .*, so that it would be killed in the middle of its work$/),
    },
  ]);
  expect(await find(restarting, stopping(unitCalled('b')))).toHaveLength(1);
  expect(asked.at(-1)).toEqual(['a', 'b']);
});

test('an account that somebody else has made is told with the instances that want it', () => {
  const user = {
    name: 'www',
    uid: null,
    group: null,
    description: null,
    homeDir: null,
    createHomeDir: false,
    shell: null,
  };
  const wants = { groups: [], users: [{ ...user, attributes: {} }] };
  const plan = {
    ...{ preparations: [], removals: [], notes: [] },
    retained: [{ account: 'users', name: 'www', differences: ['the shell /bin/sh', 'no home'] }],
  } as const;
  expect(accountConflicts(plan as never, [unitCalled('a'), { ...unitCalled('b'), credentials: wants }])).toMatchObject([
    {
      ...{ severity: 'warning', kind: 'account', instances: ['b'], why: 'It has the shell /bin/sh, no home' },
      what: 'The user "www" was not made by nix-processmgmt-ts, and stays as it is',
      fix: 'Let the model describe the user as it is, or change it by hand',
    },
  ]);
});
