import { afterEach, describe, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { pino } from 'pino';
import { describeProcesses, endLeftovers, portsOf } from '../../src/activate/end-leftovers.js';
import { namedAlike, watchLeftovers, type LeftoverWatch } from '../../src/activate/leftovers.js';
import type { ManagedProfile } from '../../src/activate/sessions.js';
import { tellStrays } from '../../src/activate/tell-strays.js';
import type { ManagerSession, Observation } from '../../src/backends/backend.js';
import { noFamily, type Family } from '../../src/leftovers/family.js';
import type { InstanceName, ManagerName } from '../../src/model/process-model.js';
import type { Readiness } from '../../src/model/readiness.js';
import type { DeployedUnit } from '../../src/profile/manifest.js';
import { listProcesses, type ProcessFacts } from '../../src/system/process-list.js';
import { createRun } from '../../src/system/run.js';
import { fakeManager } from '../support/fake-session.js';
import { unitCalled } from '../support/instances.js';
import { eventually } from '../support/waiting.js';

const manager = 'fake' as ManagerName;
const run = createRun({ PATH: '/usr/bin:/bin' });
/** No other test has instances below it. */
const runtimeDir = `/no/such/directory/${process.pid}`;
const markOf = (name: string): string => `${runtimeDir}/${name}`;

const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

/** Starts a process of an instance, as a script of ours does where there are no control groups. */
const sleeping = async (name: string, environment: Readonly<Record<string, string>> = {}): Promise<number> => {
  const child = spawn('/bin/sleep', ['1000'], {
    ...{ stdio: 'ignore', detached: true },
    env: { NIXPROC_INSTANCE: markOf(name), ...environment },
  });
  children.push(child);
  await once(child, 'spawn');
  // Between fork and exec, a child is a copy of this process.
  await eventually(async () => {
    const found = (await listProcesses(run)).find(({ pid }) => pid === child.pid);
    expect(found?.mark).toBe(markOf(name));
    return true;
  });
  return child.pid ?? 0;
};
/** Whether it has not ended; one whose end this process has not been told of yet has. */
const lives = (pid: number): boolean => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
};

const logged = () => {
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => lines.push((JSON.parse(line) as { msg: string }).msg) });
  return { lines, ports: { run, log } };
};

const side = (...units: readonly DeployedUnit[]): ManagedProfile => ({
  manager,
  profile: {
    ...{ path: '/store/profile', profileName: 'processes', units, data: {}, forceDisableUserChange: true },
    directories: { stateDir: '/var', runtimeDir, logDir: '/log' },
  },
});
const unit = (name: string, rest: Partial<DeployedUnit> = {}): DeployedUnit => ({
  ...unitCalled(name),
  profile: '/store/profile',
  ...rest,
});
/** A manager that knows these PIDs. */
const knowing = (pids: Readonly<Record<string, number>>): ManagerSession => ({
  ...fakeManager(),
  observe: async (units) =>
    new Map<InstanceName, Observation>(
      units.map(({ instance }) => {
        const pid = pids[instance] ?? null;
        return [instance, { state: pid === null ? 'failed' : 'running', pid, since: null, detail: null }];
      }),
    ),
});

describe('the ports at which an old helper would be in the way', () => {
  const probing = (probe: Readiness['probe']) => ({ readiness: { probe, timeout: 1, interval: 1 } });

  test('are that of the instance, and what is probed', () => {
    expect([...portsOf(unit('a'))]).toEqual([]);
    expect([...portsOf(unit('a', { port: 80 }))]).toEqual([80]);
    expect([...portsOf(unit('a', { port: 80, ...probing({ kind: 'port', host: 'h', port: 81 } as never) }))]).toEqual([
      80, 81,
    ]);
    expect([...portsOf(unit('a', probing({ kind: 'http', host: 'h', port: 82, path: '/' } as never)))]).toEqual([82]);
    expect([...portsOf(unit('a', probing({ kind: 'path', path: '/x' })))]).toEqual([]);
    expect([...portsOf(unit('a', { port: 80, ownNetwork: true }))]).toEqual([]);
  });
});

describe('what is left of a unit that has ended', () => {
  const end = async (pids: readonly number[], rest: Partial<DeployedUnit>, family: Partial<Family> = {}) => {
    const now = await listProcesses(run);
    const members = now.filter(({ pid }) => pids.includes(pid));
    const { lines, ports } = logged();
    await endLeftovers(unit('a', rest), { ...noFamily, members, ...family }, now, ports);
    return lines;
  };

  test('is ended where the model says so, and told', async () => {
    const pid = await sleeping('a');
    expect(await end([pid], { leftovers: 'end' })).toEqual([
      `a left behind, and ended now: process ${pid} (/bin/sleep 1000)`,
    ]);
    await eventually(() => Promise.resolve(!lives(pid)));
  });

  test('is told of and stays, or stays untold, or is ended with its session', async () => {
    const pid = await sleeping('a');
    expect(await end([pid], {})).toEqual([
      `a left behind: process ${pid} (/bin/sleep 1000)\nLet the instance say leftovers = "end" to have them ended with it, or leftovers = "keep" to be told nothing of them`,
    ]);
    expect(await end([pid], { leftovers: 'keep' })).toEqual([]);
    expect(await end([pid], { endsAlone: true }, { sessions: new Set([pid]) })).toEqual([
      expect.stringMatching(/^a left behind: /),
    ]);
    expect(lives(pid)).toBe(true);
    expect(await end([pid], {}, { sessions: new Set([pid]) })).toEqual([
      expect.stringMatching(/^a left behind, and ended now: /),
    ]);
  });

  test('is nothing where nothing lives, or another process has its PID', async () => {
    expect(await end([], {})).toEqual([]);
    const pid = await sleeping('a');
    const now = await listProcesses(run);
    const members = now.filter((facts) => facts.pid === pid).map((facts) => ({ ...facts, startTime: '1' }));
    const { lines, ports } = logged();
    await endLeftovers(unit('a', { leftovers: 'end' }), { ...noFamily, members }, now, ports);
    expect(lines).toEqual([]);
    expect(lives(pid)).toBe(true);
  });

  test('is named by five processes at most, each with 80 characters of its command', async () => {
    const gone = (pid: number) => ({ pid }) as ProcessFacts;
    const six = [1, 2, 3, 4, 5, 6].map((number) => gone(2 ** 22 + number));
    expect(await describeProcesses(six, run)).toBe(
      `${[1, 2, 3, 4, 5].map((number) => `process ${2 ** 22 + number}`).join(', ')}, 1 more`,
    );
    expect(await describeProcesses(six.slice(0, 5), run)).not.toContain('more');
    const child = spawn('/bin/sleep', ['1000', ...Array.from({ length: 20 }, () => '0.0001')], { stdio: 'ignore' });
    children.push(child);
    await once(child, 'spawn');
    await eventually(async () => {
      const words = await describeProcesses([gone(child.pid ?? 0)], run);
      expect(words).toMatch(/^process \d+ \(\/bin\/sleep 1000 0\.0001 .*…\)$/);
      expect(words.replace(/^process \d+ /, '')).toHaveLength(82);
      return true;
    });
  });
});

describe('who is watched', () => {
  const watch = (session: ManagerSession, ...units: readonly DeployedUnit[]) => {
    const { lines, ports } = logged();
    const leftovers: LeftoverWatch = watchLeftovers([side(...units)], { of: () => session }, ports);
    return { lines, leftovers };
  };
  const a = unit('a', { leftovers: 'end' });
  const b = unit('b', { leftovers: 'end' });

  test('is ended once when its unit has ended, and nobody else', async () => {
    const [left, other] = [await sleeping('a'), await sleeping('b')];
    const { leftovers, lines } = watch(knowing({ b: other }), a, b);
    await leftovers.clear(manager, [a]);
    expect(lines).toEqual([]);
    await leftovers.look(manager, [a]);
    await leftovers.clear(manager, [b]);
    expect(lives(left)).toBe(true);
    await leftovers.clear(manager, [a]);
    expect(lines).toEqual([expect.stringContaining(`process ${left} `)]);
    await eventually(() => Promise.resolve(!lives(left)));
    expect(lives(other)).toBe(true);
    const late = await sleeping('a');
    await leftovers.clear(manager, [a]);
    expect(lives(late)).toBe(true);
  });

  test('is also who came after the look, unless a new version runs already', async () => {
    const { leftovers } = watch(knowing({}), a);
    await leftovers.look(manager, [a]);
    const late = await sleeping('a');
    await leftovers.clear(manager, [a], true);
    expect(lives(late)).toBe(true);
    await leftovers.look(manager, [a]);
    const later = await sleeping('a');
    await leftovers.clear(manager, [a]);
    await eventually(() => Promise.resolve(!lives(later)));
  });

  test('is nobody of a manager that ends all of it itself', async () => {
    const left = await sleeping('a');
    const { leftovers, lines } = watch({ ...knowing({}), endsLeftovers: true }, a);
    await leftovers.look(manager, [a]);
    await leftovers.clear(manager, [a]);
    await leftovers.clearBeforeStart(manager, [a]);
    expect(lines).toEqual([]);
    expect(lives(left)).toBe(true);
  });

  test('waits for the installation where the manager ends processes only then', async () => {
    const left = await sleeping('a');
    const { leftovers } = watch({ ...knowing({}), changesAtInstall: true }, a);
    await leftovers.look(manager, [a]);
    await leftovers.clear(manager, [a]);
    await leftovers.clearBeforeStart(manager, [a]);
    expect(lives(left)).toBe(true);
    await leftovers.clearAfterInstall(manager);
    await eventually(() => Promise.resolve(!lives(left)));
    const late = await sleeping('a');
    await leftovers.clearAfterInstall(manager);
    expect(lives(late)).toBe(true);
  });

  test('is looked for before a start of what does not run, and of nothing else', async () => {
    const [left, up] = [await sleeping('a'), await sleeping('b')];
    const asked: (readonly string[])[] = [];
    const session = knowing({ b: up });
    const { leftovers } = watch(
      { ...session, observe: (units) => (asked.push(units.map(({ name }) => name)), session.observe(units)) },
      ...[a, b, unit('c')],
    );
    await leftovers.clearBeforeStart(manager, []);
    await leftovers.clearBeforeStart(manager, [unit('c')]);
    expect(asked).toEqual([]);
    await leftovers.clearBeforeStart(manager, [a, b, unit('c')]);
    expect(asked).toEqual([['a', 'b']]);
    await eventually(() => Promise.resolve(!lives(left)));
    expect(lives(up)).toBe(true);
  });

  test('may be of a profile that is none of those, whose runtime directory is that of the side', async () => {
    const left = await sleeping('a');
    const { leftovers } = watch(knowing({}), b);
    const foreign = unit('a', { leftovers: 'end', profile: '/store/other' });
    await leftovers.look(manager, [foreign]);
    await leftovers.clear(manager, [foreign]);
    await eventually(() => Promise.resolve(!lives(left)));
  });
});

test('processes are named alike whose variables have the same values', async () => {
  const names = ['GROUP', 'NAME'];
  const [one, two, other, nobody] = [
    await sleeping('a', { GROUP: 'g', NAME: 'a' }),
    await sleeping('a', { GROUP: 'g', NAME: 'a' }),
    await sleeping('a', { GROUP: 'g', NAME: 'b' }),
    await sleeping('a', { GROUP: 'g' }),
  ];
  const processes = await listProcesses(run);
  const alike = namedAlike(names, processes);
  expect([...alike(one)].sort()).toEqual([one, two].sort());
  expect(alike(other)).toEqual([other]);
  expect(alike(nobody)).toEqual([]);
  expect(namedAlike([], processes)(one)).toEqual([]);
});

test('strays are told of the instances that have any, but of those that keep them', async () => {
  const [old, kept] = [await sleeping('a'), await sleeping('k')];
  // Start times are counted in hundredths of a second: it has to be older than what runs now.
  await new Promise((resolve) => setTimeout(resolve, 30));
  const main = await sleeping('b');
  const observed = (name: string, pid: number | null, rest: Partial<DeployedUnit> = {}) => ({
    ...{ manager, unit: unit(name, rest) },
    observation: { state: pid === null ? 'failed' : 'running', pid, since: null, detail: null } as const,
  });
  const all = [observed('a', null), observed('b', main), observed('k', null, { leftovers: 'keep' })];
  const tell = async (session: ManagerSession) => [
    ...(await tellStrays(side(...all.map((some) => some.unit)), all, { of: () => session }, { run })),
  ];
  expect(await tell(fakeManager())).toEqual([['a', `it has left behind process ${old} (/bin/sleep 1000)`]]);
  expect(await tell({ ...fakeManager(), endsLeftovers: true })).toEqual([]);
  expect(lives(kept)).toBe(true);
});

test('of processes that were just seen, only those to which something is done are asked for again', async () => {
  const [a, b, c] = ['a', 'b', 'c'].map((name) => unit(name));
  if (a === undefined || b === undefined || c === undefined) throw new Error();
  const asked: string[] = [];
  const session: ManagerSession = {
    ...fakeManager(),
    observe: async (units) => {
      asked.push(units.map(({ name }) => name).join(' '));
      return new Map();
    },
  };
  const present = [a, b, c].map((some) => ({
    ...{ manager, unit: some },
    observation: { state: 'running', pid: some === c ? null : process.pid, since: null, detail: null } as const,
  }));
  const { ports } = logged();
  const watch = watchLeftovers([side(a, b, c)], { of: () => session }, ports, present);
  await watch.look(manager, [a]);
  await watch.look(manager, [c]);
  await watch.clearBeforeStart(manager, [b]);
  await watch.look(manager, [a]);
  expect(asked).toEqual(['a c', 'c a', 'a b c']);
  const blind = watchLeftovers([side(a, b)], { of: () => session }, ports);
  await blind.look(manager, [a]);
  expect(asked.at(-1)).toBe('a b');
});
