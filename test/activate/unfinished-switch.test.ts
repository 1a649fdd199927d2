import { expect, test } from '@jest/globals';
import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  afterUnfinishedSwitch,
  profileUpdateOfUnfinished,
  describeUnfinished,
  endSwitch,
  journalOfUnfinished,
  readUnfinishedSwitch,
} from '../../src/activate/unfinished-switch.js';
import {
  createJournal,
  recordedStatesFrom,
  noJournal,
  readJournal,
  type Effect,
  type RecordedStates,
  type JournalEntry,
} from '../../src/activate/journal.js';
import type { Observation } from '../../src/backends/backend.js';
import type { ManagerName } from '../../src/model/process-model.js';
import { planActivation, type ObservedUnit } from '../../src/plan/plan-activation.js';
import { unitOf } from '../../src/plan/activation-plan.js';
import type { DeployedUnit } from '../../src/profile/manifest.js';
import { openProcessIdentities } from '../../src/state/process-identity.js';
import { unitCalled } from '../support/instances.js';
import { makeProfilesOfScripts } from '../support/profiles-of-scripts.js';

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

const inProfile = (unit: DeployedUnit, profile: string): DeployedUnit => ({ ...unit, profile });
const a1 = inProfile(unitCalled('a', { version: 1 }), '/store/one');
const a2 = inProfile(unitCalled('a', { version: 2 }), '/store/two');
const b = unitCalled('b');

const at = '2026-01-01T00:00:00.000Z';

/** What a journal says whose entries are `effects`, all done but the last when it is `cutOff`. */
const recordedStates = (
  running: readonly (readonly [string, DeployedUnit])[],
  effects: readonly Effect[],
  cutOff = false,
) =>
  recordedStatesFrom({
    header: {
      format: 1,
      command: 'switch',
      since: at,
      process: { pid: 1, startTime: '1', bootId: 'boot', pidNamespace: null, machine: 'here' },
      to: '/store/two',
      reaching: ['/store/two'],
      arrival: null,
      running: running.map(([manager, { name, profile }]) => ({ manager, name, profile, certain: true })),
    },
    entries: effects.flatMap((effect, index): JournalEntry[] => [
      { event: 'begin', at, back: false, effect },
      ...(cutOff && index === effects.length - 1 ? [] : [{ event: 'done' as const, at, failed: [] }]),
    ]),
  });
const effect = (action: 'start' | 'stop' | 'restart', manager: string, ...units: readonly DeployedUnit[]): Effect => ({
  action,
  manager,
  units: units.map(({ instance, name, profile }) => ({ instance, name, profile })),
});

const after = (
  present: readonly ObservedUnit[],
  reached: readonly ObservedUnit[],
  journal: RecordedStates | null = null,
): readonly ObservedUnit[] => afterUnfinishedSwitch(present, reached, journal);

test('a process that may run in either version restarts, whichever is wanted', () => {
  const present = after([seen(a1, 'running')], [seen(a2, 'running')]);
  expect(stepsTo(present, a1)).toEqual(['restart a sysvinit']);
  expect(stepsTo(present, a2)).toEqual(['restart a sysvinit']);
});

test('what the switch stopped is started again, though an operator could have stopped it', () => {
  expect(stepsTo([seen(b, 'stopped')], b)).toEqual([]);
  expect(stepsTo(after([seen(b, 'stopped')], []), b)).toEqual(['start b sysvinit']);
});

test('what runs and is the same in both is not touched', () => {
  expect(stepsTo(after([seen(b, 'running')], [seen(b, 'running')]), b)).toEqual([]);
});

test('what the switch had started is stopped when it is not wanted, and kept when it is', () => {
  const present = after([seen(a1, 'running')], [seen(a1, 'running'), seen(b, 'running')]);
  expect(stepsTo(present, a1)).toEqual(['stop b sysvinit']);
  expect(stepsTo(present, a1, b)).toEqual([]);
});

test('what the switch had not started yet is new', () => {
  expect(stepsTo(after([], [seen(b, 'stopped')]), b)).toEqual(['start b sysvinit']);
});

test('a move that did not finish never leaves a process running twice', () => {
  const present = after(
    [seen(a1, 'stopped', supervisord), seen(b, 'running', supervisord)],
    [seen(a1, 'running'), seen(b, 'absent')],
  );
  expect(stepsTo(present, a1, b)).toEqual(['stop a supervisord', 'stop b supervisord', 'start b sysvinit']);
});

test('a process that the old manager still runs is not taken for one of the new manager, whose PID file it writes', () => {
  const present = after([seen(b, 'running', supervisord)], [seen(b, 'running')]);
  expect(stepsTo(present, b)).toEqual(['stop b supervisord', 'start b sysvinit']);
});

test('a process of which the journal says the version restarts only for another one', () => {
  const restarted = recordedStates([['sysvinit', a1]], [effect('restart', 'sysvinit', a2)]);
  const present = after([seen(a1, 'running')], [seen(a2, 'running')], restarted);
  expect(stepsTo(present, a2)).toEqual([]);
  expect(stepsTo(present, a1)).toEqual(['restart a sysvinit']);
  const untouched = recordedStates([['sysvinit', a1]], []);
  expect(stepsTo(after([seen(a1, 'running')], [seen(a2, 'running')], untouched), a1)).toEqual([]);
});

test('a process whose restart was cut off restarts in any case', () => {
  const cutOff = recordedStates([['sysvinit', a1]], [effect('restart', 'sysvinit', a2)], true);
  const present = after([seen(a1, 'running')], [seen(a2, 'running')], cutOff);
  expect(stepsTo(present, a1)).toEqual(['restart a sysvinit']);
  expect(stepsTo(present, a2)).toEqual(['restart a sysvinit']);
});

test('what an operator had stopped stays so when the switch did nothing to it', () => {
  expect(stepsTo(after([seen(b, 'stopped')], [seen(b, 'stopped')], recordedStates([], [])), b)).toEqual([]);
});

test('a process that has moved is the new manager’s, though the old one reads its PID file', () => {
  const moved = recordedStates(
    [['supervisord', b]],
    [effect('stop', 'supervisord', b), effect('start', 'sysvinit', b)],
  );
  const present = after([seen(b, 'running', supervisord)], [seen(b, 'running')], moved);
  expect(stepsTo(present, b)).toEqual([]);
});

test('a process whose start under the new manager was cut off is only looked for there', () => {
  const begun = recordedStates(
    [['supervisord', b]],
    [effect('stop', 'supervisord', b), effect('start', 'sysvinit', b)],
    true,
  );
  expect(stepsTo(after([seen(b, 'running', supervisord)], [seen(b, 'running')], begun), b)).toEqual([]);
  expect(stepsTo(after([seen(b, 'stopped', supervisord)], [seen(b, 'failed')], begun), b)).toEqual([
    'start b sysvinit',
  ]);
});

test('a process that was stopped and not started under the new manager is started there', () => {
  const stopped = recordedStates([['supervisord', b]], [effect('stop', 'supervisord', b)]);
  expect(stepsTo(after([seen(b, 'stopped', supervisord)], [seen(b, 'absent')], stopped), b)).toEqual([
    'stop b supervisord',
    'start b sysvinit',
  ]);
});

test('what any of several unfinished switches has started is stopped', () => {
  const c = inProfile(unitCalled('c'), '/store/three');
  const second = recordedStates([['sysvinit', a1]], [effect('start', 'sysvinit', c)]);
  expect(stepsTo(after([seen(a1, 'running')], [seen(b, 'running'), seen(c, 'running')], second), a1)).toEqual([
    'stop b sysvinit',
    'stop c sysvinit',
  ]);
});

test('a process that another manager holds counts as absent where it was, and as nothing where it was going', () => {
  const held = recordedStates([['supervisord', b]], []);
  expect(
    after([seen(b, 'running')], [seen(b, 'running', supervisord)], held).map(({ manager, observation }) => [
      manager,
      observation.state,
    ]),
  ).toEqual([
    ['sysvinit', 'absent'],
    ['supervisord', 'running'],
  ]);
  expect(after([seen(b, 'running', supervisord)], [seen(b, 'running')], held).map(({ manager }) => manager)).toEqual([
    'supervisord',
  ]);
});

test('what an unfinished switch has left is read and told, and can be gone on with or ended', async () => {
  const { location, make, manifestOf, ports, unit, remove } = await makeProfilesOfScripts();
  const directory = join(location.stateDirectory, 'unfinished');
  const journal = join(directory, 'journal');
  const read = () => readUnfinishedSwitch(location, ports);
  expect(await read()).toBeNull();
  expect(await journalOfUnfinished(location, ports)).toBe(noJournal);
  const [one, two] = [make('one', [unit('a')]), make('two', [unit('b')])];
  await mkdir(directory);
  // Nothing has happened before there is a journal.
  await symlink(one, join(directory, 'one'));
  expect(await read()).toBeNull();
  await writeFile(journal, 'no journal');
  await writeFile(join(directory, 'journal.room-1'), '');
  const damaged = await read();
  expect(damaged).toMatchObject({
    journal: null,
    state: 'interrupted',
    recordedStates: null,
    reached: [{ path: one }],
  });
  if (damaged === null) throw new Error('there is one');
  expect(describeUnfinished(damaged)).toBe('a switch did not finish, and what it left cannot be read');
  expect(await journalOfUnfinished(location, ports)).toBe(noJournal);

  const { own } = await openProcessIdentities(ports.run);
  const header = {
    ...{ format: 1 as const, command: 'rollback', since: at, to: two, reaching: ['/no/such/profile', one, two] },
    ...{ arrival: { generation: null, history: [1] }, running: [], process: own },
  };
  const opened = await createJournal(journal, header);
  await opened.during(effect('start', 'disnix', b), false, async () => []);
  await opened.close();
  const atWork = await read();
  if (atWork === null) throw new Error('there is one');
  expect(atWork).toMatchObject({ state: 'at work', reached: [{ path: one }, { path: two }] });
  expect(atWork.recordedStates?.wasTouched('disnix', 'b')).toBe(true);
  const who = `a rollback to ${two} (PID ${String(process.pid)}, since ${at})`;
  expect(describeUnfinished(atWork)).toBe(`${who} is at work, after step 1: start b (disnix)`);
  const built = { path: two, manifest: manifestOf(two) };
  expect(profileUpdateOfUnfinished(atWork, built)).toEqual({ generation: null, history: [1] });
  expect(profileUpdateOfUnfinished(atWork, { ...built, path: one })).toBeNull();
  expect(profileUpdateOfUnfinished(null, built)).toBeNull();

  await (await createJournal(journal, { ...header, process: { ...own, pid: 4_194_305 } })).close();
  const interrupted = await read();
  if (interrupted === null) throw new Error('there is one');
  const dead = who.replace(String(process.pid), '4194305');
  expect(interrupted.state).toBe('interrupted');
  expect(describeUnfinished(interrupted)).toBe(`${dead} did not finish: it ended before its first step`);
  for (const rest of [{ bootId: 'another' }, { machine: 'another' }]) {
    await (await createJournal(journal, { ...header, process: { ...own, ...rest, pid: 4_194_305 } })).close();
    expect((await read())?.recordedStates).toBeNull();
  }
  await (await createJournal(journal, { ...header, process: { ...own, bootId: 'another', pid: 4_194_305 } })).close();
  const before = await read();
  if (before === null) throw new Error('there is one');
  expect(describeUnfinished(before)).toMatch(/before its first step, before this machine was started$/);

  const more = await journalOfUnfinished(location, ports);
  await more.during(effect('stop', 'disnix', b), false, async () => []);
  await more.close();
  expect((await readJournal(journal))?.entries).toHaveLength(2);
  await endSwitch(location);
  expect(await readdir(location.stateDirectory)).toEqual([]);
  await endSwitch(location);
  await rm(location.stateDirectory, { recursive: true });
  await remove();
});
