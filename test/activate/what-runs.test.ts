import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describeDamage, readCurrentProfile } from '../../src/activate/current-profile.js';
import {
  describeDrift,
  extraReason,
  findDrift,
  presentWithDrift,
  unitsOfOtherGenerations,
} from '../../src/activate/find-drift.js';
import { describeFormer, formerProfile } from '../../src/activate/former-profile.js';
import { lookAtCurrent, managedProfile } from '../../src/activate/look-at-current.js';
import { prepareActivation } from '../../src/activate/prepare-activation.js';
import { recogniseProcesses, withRecognised } from '../../src/activate/recognise-processes.js';
import { lostProfile, salvageProfile } from '../../src/activate/salvage-profile.js';
import { connectSessions } from '../../src/activate/sessions.js';
import { findWhatRuns, type ActivationRequest } from '../../src/activate/what-runs.js';
import { createJournal } from '../../src/activate/journal.js';
import type { ManagerSession, Observation } from '../../src/backends/backend.js';
import { readBuiltProfile, type BuiltProfile } from '../../src/generations/built-profile.js';
import type { InstanceName, ManagerName } from '../../src/model/process-model.js';
import type { ObservedUnit } from '../../src/plan/plan-activation.js';
import type { DeployedUnit } from '../../src/profile/manifest.js';
import { manifestPath } from '../../src/profile/manifest-path.js';
import { createRun } from '../../src/system/run.js';
import { openProcessIdentities } from '../../src/state/process-identity.js';
import { deployedUnit } from '../backends/systemd/support/deployed.js';
import { fakeManager } from '../support/fake-session.js';
import { unitCalled } from '../support/instances.js';
import { makeProfilesOfScripts, type ProfilesOfScripts } from '../support/profiles-of-scripts.js';

const disnix = 'disnix' as ManagerName;

let world: ProfilesOfScripts;
beforeEach(async () => {
  world = await makeProfilesOfScripts();
});
afterEach(() => world.remove());

const names = (units: readonly { readonly name: string }[]): readonly string[] => units.map(({ name }) => name);
const settings = () => ({
  ...{ profileName: 'processes', profileLink: world.location.link, managerOptions: {}, jobs: 2 },
});
const built = async (path: string): Promise<BuiltProfile> => {
  const found = await readBuiltProfile(path);
  if (found === null) throw new Error(`there is no ${path}`);
  return found;
};
/** Two generations: a and b, then a and c, of which the second is the current one. */
const makeTwo = (): { readonly first: string; readonly second: string } => {
  const { unit, make, record } = world;
  const first = make('first', [unit('a'), unit('b')]);
  const second = make('second', [unit('a', { properties: { v: 2 }, fingerprint: '2' }), unit('c')]);
  record(1, first, false);
  record(2, second);
  return { first, second };
};
const damage = (path: string, text: string): void => {
  writeFileSync(join(path, manifestPath), text);
};

describe('the current generation', () => {
  test('is nothing before anything is deployed, and where the link leads to something else', async () => {
    expect(await readCurrentProfile(world.location)).toEqual({ built: null, damage: null });
    mkdirSync(join(world.directory, 'other'));
    world.record(1, join(world.directory, 'other'));
    expect(await readCurrentProfile(world.location)).toEqual({ built: null, damage: null });
  });

  test('is what the link leads to', async () => {
    const { second } = makeTwo();
    const current = await readCurrentProfile(world.location);
    expect(current).toMatchObject({ built: { path: second }, damage: null });
    expect(describeDamage(current)).toBeNull();
  });

  test('that is gone is made up from what the other generations say', async () => {
    const { second } = makeTwo();
    rmSync(second, { recursive: true });
    const current = await readCurrentProfile(world.location);
    expect(current.damage).toMatchObject({
      message: `The current generation of ${world.location.link} is gone`,
      why: expect.stringContaining('/profiles/processes-2-link, which is not there any more'),
    });
    expect(current.built).toMatchObject({
      path: `${world.location.link}-lost`,
      manifest: { manager: 'disnix', units: [] },
    });
    expect(names(current.built?.borrowed ?? [])).toEqual(['a', 'b']);
    expect(describeDamage(current)).toMatch(
      /^the current generation cannot be read, and this goes by what other generations say \(a, b\): The current generation of .* is gone: The link leads to /,
    );
  });

  test('whose manifest is damaged is what can be read of it, and what others say of the rest', async () => {
    const { second } = makeTwo();
    const { units, ...manifest } = world.manifestOf(second);
    damage(second, JSON.stringify({ ...manifest, units: [units[1], { ...units[0], activation: 3 }] }));
    const current = await readCurrentProfile(world.location);
    expect(current.built?.path).toBe(second);
    expect(names(current.built?.manifest.units ?? [])).toEqual(['c']);
    expect(names(current.built?.borrowed ?? [])).toEqual(['a', 'b']);
    expect(describeDamage(current)).toMatch(
      /and this goes by what can be read of it \(c\) and what other generations say \(a, b\): /,
    );
  });

  test('of which nothing can be read goes by the others; without any, nothing tells what runs', async () => {
    const { first, second } = makeTwo();
    damage(second, 'no manifest');
    expect(names((await readCurrentProfile(world.location)).built?.borrowed ?? [])).toEqual(['a', 'b']);
    damage(first, 'no manifest either');
    const current = await readCurrentProfile(world.location);
    expect(current.built).toBeNull();
    expect(describeDamage(current)).toMatch(/^the current generation cannot be read, and nothing tells what runs: /);
  });

  test('is looked for in no generation without processes, nor in itself', async () => {
    const { second } = makeTwo();
    damage(second, 'no manifest');
    world.record(3, world.make('empty', []), false);
    expect((await salvageProfile(world.location))?.borrowed?.map(({ profile }) => profile)).toEqual([
      ...[join(world.directory, 'store', 'first'), join(world.directory, 'store', 'first')],
    ]);
    expect(lostProfile(world.location, 'x')).toBeNull();
  });
});

test('what another tool has deployed is only looked for before anything was deployed, and only of the same manager', async () => {
  const { unit, make, record, location, ports } = world;
  const next = await built(make('next', [unit('a')]));
  // Where Disnix keeps what it has deployed there is nothing.
  const env = { ...ports.env, HOME: world.directory, NIX_STATE_DIR: world.directory, DISNIX_PROFILE: 'none' };
  expect(await formerProfile(location, next, { env })).toBeNull();
  record(1, next.path);
  expect(await formerProfile(location, next, { env })).toBeNull();
  expect(await formerProfile(location, { ...next, manifest: { ...next.manifest, manager: null } }, { env })).toBeNull();
  expect(describeFormer(next)).toBe(`another tool has deployed a with disnix (${next.path}): that is taken over`);
});

describe('units of other generations', () => {
  test('are those that the deployed one does not have, in their newest version', async () => {
    const { unit, make, record, location } = world;
    record(1, make('one', [unit('old'), unit('b')]), false);
    const two = make('two', [unit('b'), unit('c')]);
    record(2, two, false);
    const current = make('three', [unit('a')]);
    record(3, current);
    const deployed = { manager: disnix, profile: await built(current).then(({ manifest }) => manifest) };
    const units = await unitsOfOtherGenerations(location, deployed);
    expect(units.map(({ name, profile }) => [name, profile.replace(/.*\//, '')])).toEqual([
      ['b', 'two'],
      ['c', 'two'],
      ['old', 'one'],
    ]);
  });

  test('are not those of another manager, of another tool, of a profile beside it, or of ancient generations', async () => {
    const { unit, make, record, location, directory } = world;
    record(1, make('ancient', [unit('ancient')]), false);
    for (let number = 2; number <= 11; number += 1) record(number, make(`g${number}`, [unit('b')]), false);
    const current = make('current', [unit('a')]);
    record(12, current);
    const deployed = { manager: disnix, profile: { units: [{ name: 'a' }] } };
    expect(names(await unitsOfOtherGenerations(location, deployed))).toEqual(['b']);
    expect(await unitsOfOtherGenerations(location, { ...deployed, manager: 'sysvinit' as ManagerName })).toEqual([]);
    // A profile beside it has a process of that name under the same manager: that is the other profile's.
    symlinkSync(make('beside', [unit('b')]), join(directory, 'profiles', 'beside'));
    expect(await unitsOfOtherGenerations(location, deployed)).toEqual([]);
  });
});

describe('drift', () => {
  const absent: Observation = { state: 'absent', pid: null, since: null, detail: null };
  const seen = (unit: DeployedUnit, manager = disnix): ObservedUnit => ({
    ...{ manager, unit, observation: { ...absent, state: 'running' } },
  });

  test('is what runs though it is in another generation', async () => {
    makeTwo();
    await world.run('b');
    const side = managedProfile(await built(world.location.link), 'processes');
    if (side === null) throw new Error('nothing is deployed');
    const sessions = await connectSessions(side, side, [], settings(), world.ports);
    const drift = await findDrift(world.location, side, sessions);
    expect(drift.changed).toEqual([]);
    expect(drift.extras.map(({ unit }) => unit.name)).toEqual(['b']);
    // A manager that cannot tell is asked what runs of the others.
    const { drift: own, ...session } = sessions.of(disnix);
    expect(own).toBeDefined();
    expect((await findDrift(world.location, side, { of: () => session })).extras.map(({ unit }) => unit.name)).toEqual([
      'b',
    ]);
    const foreign = { ...side, profile: { ...side.profile, isForeign: true as const } };
    expect(await findDrift(world.location, foreign, sessions)).toEqual({ changed: [], extras: [] });
  });

  test('is told in a sentence for each thing', () => {
    const changed = [
      { instance: null, what: 'the link is gone', restart: false },
      { instance: 'a' as InstanceName, what: 'its file was replaced', restart: true },
    ];
    const extras = [{ unit: unitCalled('b'), observation: absent }];
    expect(describeDrift({ changed, extras })).toEqual([
      ...['the link is gone', 'a: its file was replaced', `b: ${extraReason}`],
    ]);
  });

  test('casts doubt on what only a restart puts right, and has what is extra stopped', () => {
    const units = ['a', 'b', 'c'].map((name) => unitCalled(name));
    const changed = [
      { instance: 'a' as InstanceName, what: 'replaced', restart: true },
      { instance: 'b' as InstanceName, what: 'moved', restart: false },
      { instance: null, what: 'unlinked', restart: true },
    ];
    const extra = { unit: unitCalled('x'), observation: absent };
    const present = [...units.map((unit) => seen(unit)), seen(unitCalled('a'), 'sysvinit' as ManagerName)];
    const found = presentWithDrift(present, { changed, extras: [extra] }, { manager: disnix });
    expect(found.map(({ manager, unit, doubt, extra: why }) => [manager, unit.name, doubt, why])).toEqual([
      ['disnix', 'a', 'replaced', undefined],
      ['disnix', 'b', undefined, undefined],
      ['disnix', 'c', undefined, undefined],
      ['sysvinit', 'a', undefined, undefined],
      ['disnix', 'x', undefined, extraReason],
    ]);
    expect(
      presentWithDrift([{ ...seen(unitCalled('a')), doubt: 'before' }], { changed, extras: [] }, { manager: disnix }),
    ).toMatchObject([{ doubt: 'before' }]);
  });
});

describe('what another tool laid out', () => {
  const sysvinit = 'sysvinit' as ManagerName;
  const laidOut = { isLaidOut: true as const };
  const observed = (unit: DeployedUnit, manager = disnix): ObservedUnit => ({
    ...{ manager, unit, observation: { state: 'running', pid: null, since: null, detail: null } },
  });
  const targetWith = (...units: readonly DeployedUnit[]) => ({
    manager: disnix,
    profile: {
      ...{ path: '/store/next', profileName: 'processes', units, data: {}, forceDisableUserChange: true },
      directories: { stateDir: '/var', runtimeDir: '/run', logDir: '/log' },
    },
  });
  const ports = { run: () => Promise.reject(new Error('nothing is run')), env: {} };

  test('is compared only with what we laid out of the same name and manager', async () => {
    const target = targetWith(unitCalled('a'), { ...unitCalled('b'), ...laidOut });
    const alike = [
      ...[observed(unitCalled('a')), observed({ ...unitCalled('b'), ...laidOut }), observed(unitCalled('other'))],
      observed({ ...unitCalled('a'), ...laidOut }, sysvinit),
    ];
    expect(await recogniseProcesses(alike, target, 1, ports)).toBe(alike);
    expect(await recogniseProcesses(alike, null, 1, ports)).toBe(alike);
  });

  test('counts as changed where the manager cannot compare, and everything else is left as it is', async () => {
    const target = targetWith(unitCalled('a'), unitCalled('b'));
    const present = [observed({ ...unitCalled('a'), ...laidOut }), observed(unitCalled('b'))];
    const [a, b] = await recogniseProcesses(present, target, 1, ports);
    expect(a).toEqual({
      ...present[0],
      differences: ['another tool laid out its definition, which cannot be compared'],
    });
    expect(b).toBe(present[1]);
  });

  test('and systemd would start the same by is recognised; of the rest it is said what differs', async () => {
    const systemd = 'systemd' as ManagerName;
    const root = join(world.directory, 'units');
    const write = (profile: string, name: string, command: string): DeployedUnit => {
      const directory = join(root, profile, 'etc', 'systemd', 'system');
      mkdirSync(directory, { recursive: true });
      writeFileSync(join(directory, `nix-process-${name}.service`), `[Service]\nExecStart=${command}\n`);
      return deployedUnit(name, join(root, profile));
    };
    const after = [write('next', 'a', '/bin/a'), write('next', 'b', '/bin/b new'), write('next', 'c', '/bin/c')];
    const [newA, newB, newC] = after.map((unit, index) => ({
      ...{ ...unit, fingerprint: `new ${unit.name}`, properties: { of: unit.name } },
      ...(index === 0 ? { reloadProperties: { r: 1 } } : {}),
    }));
    if (newA === undefined || newB === undefined || newC === undefined) throw new Error();
    const before = [write('old', 'a', '/bin/a'), write('old', 'b', '/bin/b old'), write('old', 'c', '/bin/c')];
    const target = { ...targetWith(newA, newB, newC), manager: systemd };
    const [a, b, c] = await recogniseProcesses(
      before.map((unit) => observed({ ...unit, ...laidOut }, systemd)),
      target,
      2,
      ports,
    );
    expect(a?.unit).toEqual({
      ...before[0],
      ...laidOut,
      fingerprint: 'new a',
      properties: { of: 'a' },
      reloadProperties: { r: 1 },
    });
    expect(a).not.toHaveProperty('differences');
    expect(b?.differences?.join()).toContain('Service.ExecStart');
    expect(b?.unit.fingerprint).toBe(before[1]?.fingerprint);
    expect(c?.unit).toEqual({ ...before[2], ...laidOut, fingerprint: 'new c', properties: { of: 'c' } });
    expect(c?.unit).not.toHaveProperty('reloadProperties');
  });

  test('and was recognised takes the place of the unit in its generation', () => {
    const [a, b] = [unitCalled('a'), unitCalled('b')];
    const side = targetWith(a, b);
    expect(withRecognised(null, [])).toBeNull();
    expect(withRecognised(side, [observed(a)])).toBe(side);
    const known = { ...a, fingerprint: 'recognised' };
    expect(withRecognised(side, [observed(known)])?.profile.units).toEqual([known, b]);
  });
});

test('sessions know the current generation, the next one, and where an unfinished switch was going', async () => {
  const { unit, make, ports } = world;
  const side = async (name: string) => managedProfile(await built(make(name, [unit(name)])), 'processes');
  const [current, target] = [await side('x'), await side('y')];
  const sysvinit = 'sysvinit' as ManagerName;
  const sessions = await connectSessions(current, target, [], settings(), ports);
  expect(sessions.of(disnix)).toBe(sessions.of(disnix));
  expect(() => sessions.of(sysvinit)).toThrow('there is no session with sysvinit');
  const other = await connectSessions(null, null, target === null ? [] : [target], settings(), ports);
  expect(other.of(disnix)).toBeDefined();
  expect(managedProfile(null, 'processes')).toBeNull();
  expect(await side('x')).not.toBeNull();
  expect(managedProfile(await built(make('nothing', [])), 'processes')).toBeNull();
  const one = await built(make('one', [unit('one')]));
  expect(managedProfile(one, 'processes')).toBe(managedProfile(one, 'processes'));
  expect(managedProfile(one, 'other')?.profile.profileName).toBe('other');
  expect(managedProfile({ ...one, manifest: { ...one.manifest, manager: null } }, 'processes')).toBeNull();
});

describe('what runs', () => {
  const request = async (next: string, rest: Partial<ActivationRequest> = {}): Promise<ActivationRequest> => ({
    ...{ location: world.location, next: await built(next), settings: settings(), drift: 'ignore', ports: world.ports },
    ...rest,
  });
  const states = (present: readonly ObservedUnit[]) =>
    present.map(({ unit, observation: { state }, extra, doubt }) =>
      [unit.name, state, ...(extra === undefined ? [] : ['extra']), ...(doubt === undefined ? [] : [doubt])].join(' '),
    );

  test('is what the manager says of the current generation', async () => {
    const { second } = makeTwo();
    await world.run('a');
    world.stop('c');
    const next = world.make('next', [world.unit('a')]);
    const situation = await findWhatRuns(await request(next));
    expect(situation.current?.profile.path).toBe(second);
    expect(situation.target?.profile.path).toBe(next);
    expect(situation).toMatchObject({ unfinished: null, reached: [], losses: [], drift: { changed: [], extras: [] } });
    expect(states(situation.present)).toEqual(['a running', 'c stopped']);
  });

  test('is nothing before the first switch', async () => {
    const situation = await findWhatRuns(await request(world.make('next', [world.unit('a')])));
    expect(situation).toMatchObject({ current: null, present: [], known: { built: null, damage: null } });
  });

  test('is what runs of the generation that the user names', async () => {
    const { first } = makeTwo();
    const next = world.make('next', [world.unit('a')]);
    expect(states((await findWhatRuns(await request(next, { oldProfile: first }))).present)).toEqual([
      ...['a absent', 'b absent'],
    ]);
    await expect(findWhatRuns(await request(next, { oldProfile: '/no/such/profile' }))).rejects.toMatchObject({
      message: 'There is no old profile /no/such/profile',
    });
  });

  test('has what is extra in it when it is to be repaired, and only then', async () => {
    const { second } = makeTwo();
    await world.run('b');
    expect(states((await findWhatRuns(await request(second, { drift: 'repair' }))).present)).toEqual([
      ...['a absent', 'c absent', 'b running extra'],
    ]);
    const told = await findWhatRuns(await request(second, { drift: 'tell' }));
    expect(states(told.present)).toEqual(['a absent', 'c absent']);
    expect(told.drift.extras).toHaveLength(1);
    expect((await findWhatRuns(await request(second))).drift.extras).toEqual([]);
  });

  test('may run by another definition where that of the current generation cannot be read', async () => {
    const { second } = makeTwo();
    damage(second, 'no manifest');
    await world.run('a');
    expect(states((await findWhatRuns(await request(world.make('next', [world.unit('a')])))).present)).toEqual([
      'a running it may run by a definition that cannot be read any more',
      'b absent it may run by a definition that cannot be read any more',
    ]);
  });

  test('was seen a moment ago where the same generation goes on', async () => {
    const { second } = makeTwo();
    const look = await lookAtCurrent(world.location, settings(), world.ports);
    expect(look?.path).toBe(second);
    expect(states(look?.observed ?? [])).toEqual(['a absent', 'c absent']);
    const asked: string[] = [];
    const early = { of: (path: string) => (asked.push(path), Promise.resolve(look)) };
    await world.run('a');
    expect(states((await findWhatRuns(await request(second, { look: early }))).present)).toEqual([
      'a absent',
      'c absent',
    ]);
    expect(asked).toEqual([second]);
    const other = world.make('other', [world.unit('a')]);
    expect(states((await findWhatRuns(await request(other, { look: early }))).present)).toEqual([
      'a running',
      'c absent',
    ]);
    expect(asked).toEqual([second]);
    expect(
      states((await findWhatRuns(await request(second, { look: { of: () => Promise.resolve(null) } }))).present),
    ).toEqual(['a running', 'c absent']);
    const empty = world.make('empty', []);
    expect(states((await findWhatRuns(await request(empty, { look: early }))).present)).toEqual([
      'a absent',
      'c absent',
    ]);
  });

  test('cannot be looked at before anything of ours is deployed', async () => {
    expect(await lookAtCurrent(world.location, settings(), world.ports)).toBeNull();
    world.record(1, world.make('empty', []));
    expect(await lookAtCurrent(world.location, settings(), world.ports)).toBeNull();
  });
});

describe('what a manager says besides', () => {
  let second: string | undefined;
  beforeEach(() => {
    second = undefined;
  });

  /** A switch to what is deployed already, by sessions of a manager in memory. */
  const prepare = async (
    session: Partial<ManagerSession>,
    {
      drift = 'ignore',
      state = 'running',
    }: { readonly drift?: ActivationRequest['drift']; readonly state?: Observation['state'] } = {},
  ) => {
    second ??= makeTwo().second;
    const next = await built(second);
    const side = managedProfile(next, 'processes');
    if (side === null) throw new Error('nothing is deployed');
    const fake: ManagerSession = { ...fakeManager(), ...session };
    const observed = side.profile.units.map((unit) => ({
      ...{ manager: disnix, unit, observation: { state, pid: null, since: null, detail: null } },
    }));
    const { path } = next;
    const look = { of: () => Promise.resolve({ path, sessions: { of: () => fake }, observed }) };
    return prepareActivation({
      ...{ location: world.location, next, settings: settings(), drift, ports: world.ports, look },
      tasks: { waitForPorts: false },
    });
  };
  const steps = ({ plan: { stages } }: Awaited<ReturnType<typeof prepare>>) =>
    stages.flatMap(({ action, steps: some }) =>
      some.map(
        (step) => `${action} ${step.action === 'restart' ? step.after.name : step.unit.name}: ${step.reasons.join()}`,
      ),
    );

  test('a manager that restarts by rules of its own has its reasons told', async () => {
    const restartsBesides = () => Promise.resolve(new Map([['a', 'its log has another place']]));
    expect(steps(await prepare({ restartsBesides }))).toEqual(['restart a: its log has another place']);
    expect(steps(await prepare({}))).toEqual([]);
  });

  test('a manager that was lost has its processes counted as failed, and must come back before anything starts', async () => {
    const asked: string[] = [];
    const lost = { loss: () => 'it has ended', requireReturn: () => void asked.push('return') };
    const prepared = await prepare(lost, { state: 'failed' });
    expect(prepared.plan).toMatchObject({ notes: ['it has ended'], putsBack: true });
    expect(asked).toEqual(['return']);
    expect((await prepare({ ...lost, loss: () => null }, { state: 'failed' })).plan).toMatchObject({
      notes: [],
      putsBack: false,
    });
    expect((await prepare(lost)).plan.stages).toEqual([]);
    expect(asked).toEqual(['return']);
  });

  test('what is changed is put back by a repair, and remarks are notes', async () => {
    const drift = () =>
      Promise.resolve({ changed: [{ instance: null, what: 'a link is gone', restart: false }], extras: [] });
    const remarks = () => Promise.resolve(['nobody lingers']);
    expect((await prepare({ drift, remarks }, { drift: 'repair' })).plan).toMatchObject({
      ...{ putsBack: true, notes: ['a link is gone', 'nobody lingers'] },
    });
    expect((await prepare({ drift }, { drift: 'tell' })).plan.putsBack).toBe(false);
  });

  test('what the manager does not want now is not started', async () => {
    expect(steps(await prepare({ isWanted: ({ name }) => name !== 'a' }, { state: 'absent' }))).toEqual([
      expect.stringMatching(/^start c: /),
    ]);
  });

  test('names of others, and closed file systems, are conflicts', async () => {
    const collisions = () => Promise.resolve([{ instance: 'a' as InstanceName, what: 'taken', why: 'y', fix: 'f' }]);
    expect((await prepare({ collisions }, { state: 'absent' })).conflicts).toContainEqual(
      expect.objectContaining({ severity: 'error', kind: 'name', instances: ['a'], what: 'taken' }),
    );
    expect((await prepare({ collisions })).conflicts).toEqual([]);
  });
});

test('what an interrupted switch was going to is looked at as well, once nothing of it is at work', async () => {
  const { second } = makeTwo();
  const reached = world.make('reached', [world.unit('x')]);
  const directory = join(world.location.stateDirectory, 'unfinished');
  mkdirSync(directory);
  const { own } = await openProcessIdentities(world.ports.run);
  const header = {
    ...{
      format: 1 as const,
      command: 'switch',
      since: new Date().toISOString(),
      to: reached,
      running: [],
      arrival: null,
    },
    ...{ reaching: [second, reached], process: { ...own, pid: 4_194_305 } },
  };
  await (await createJournal(join(directory, 'journal'), header)).close();
  await world.run('x');
  const situation = await findWhatRuns({
    ...{
      location: world.location,
      next: await built(second),
      settings: settings(),
      drift: 'ignore',
      ports: world.ports,
    },
  });
  expect(situation.unfinished?.state).toBe('interrupted');
  expect(situation.reached.map(({ profile }) => profile.path)).toEqual([reached]);
  expect(situation.present.map(({ unit, observation: { state } }) => `${unit.name} ${state}`)).toEqual([
    ...['a absent', 'c absent', 'x running'],
  ]);
});

describe('what is decided', () => {
  const prepare = async (next: string, rest: Partial<ActivationRequest> = {}) =>
    prepareActivation({
      ...{
        location: world.location,
        next: await built(next),
        settings: settings(),
        drift: 'ignore',
        ports: world.ports,
      },
      ...{ tasks: { waitForPorts: false } },
      ...rest,
    });
  const steps = ({ plan: { stages } }: Awaited<ReturnType<typeof prepare>>) =>
    stages.flatMap(({ action, steps: some }) =>
      some.map((step) => `${action} ${step.action === 'restart' ? step.after.name : step.unit.name}`),
    );

  test('is what differs, with the tasks for it, and nothing is changed', async () => {
    const { second } = makeTwo();
    await world.run('a');
    await world.run('c');
    const before = readdirSync(world.location.stateDirectory);
    const prepared = await prepare(world.make('next', [world.unit('a'), world.unit('n')]));
    expect(steps(prepared)).toEqual(['stop c', 'restart a', 'start n']);
    expect(prepared.tasks.map(({ kind }) => kind)).toEqual([
      'processes',
      'install',
      'processes',
      'processes',
      'finish',
    ]);
    expect(prepared).toMatchObject({
      recorded: second,
      leaving: ['disnix'],
      boot: null,
      obstacles: [],
      unfinished: null,
    });
    expect(prepared.running?.path).toBe(second);
    expect(prepared.plan).toMatchObject({ notes: [], putsBack: false, accounts: { preparations: [], removals: [] } });
    expect(readdirSync(world.location.stateDirectory)).toEqual(before);
  });

  test('is to stop everything where nothing is to run', async () => {
    makeTwo();
    await world.run('a');
    const prepared = await prepare(world.make('empty', []));
    expect(steps(prepared)).toEqual(['stop a']);
    expect(prepared).toMatchObject({ target: null, directories: [] });
    expect(prepared.tasks.at(-1)).toEqual({ kind: 'leave', manager: 'disnix' });
  });

  test('leaves what was stopped alone, unless it is to be repaired', async () => {
    const { second } = makeTwo();
    await world.run('a');
    world.stop('c');
    expect(steps(await prepare(second))).toEqual([]);
    expect(steps(await prepare(second, { drift: 'repair' }))).toEqual(['start c']);
  });

  test('tells of damage and drift, and how to put that right', async () => {
    const { second } = makeTwo();
    await world.run('a');
    await world.run('c');
    await world.run('b');
    const drifted = `b: ${extraReason}`;
    expect((await prepare(second)).plan.notes).toEqual([]);
    expect((await prepare(second, { drift: 'tell' })).plan.notes).toEqual([
      `${drifted}; put it right with: nix-processmgmt-ts switch --repair`,
    ]);
    const repaired = await prepare(second, { drift: 'repair' });
    expect(repaired.plan.notes).toEqual([drifted]);
    expect(steps(repaired)).toEqual(['stop b']);
    damage(second, 'no manifest');
    expect((await prepare(world.make('next', [world.unit('a')]))).plan.notes).toEqual([
      expect.stringMatching(
        /^the current generation cannot be read, and this goes by what other generations say \(a, b\): /,
      ),
    ]);
  });

  test('tells of state directories that are not there, of moved state, and of ports that somebody has', async () => {
    const { first } = makeTwo();
    const manifest = world.manifestOf(first);
    const directories = { ...manifest.directories, stateDir: join(world.directory, 'elsewhere') };
    const next = world.make('moved', [world.unit('a')], { directories });
    const prepared = await prepare(next);
    expect(prepared.directories.map((step) => 'path' in step && step.path)).toContain(
      join(world.directory, 'elsewhere'),
    );
    expect(prepared.plan.notes.join('\n')).toContain('elsewhere');
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const conflicts = async (...units: Parameters<ProfilesOfScripts['make']>[1]) =>
      (await prepare(world.make(`p${units.length}`, units))).conflicts.map(
        ({ kind, instances }) => `${kind} ${instances.join(' ')}`,
      );
    expect(await conflicts(world.unit('a', { port }), world.unit('b', { port: 1 }))).toContain('port a');
    expect(await conflicts(world.unit('a', { port: 1 }))).not.toContain('port a');
    server.close();
    await once(server, 'close');
    // Two of the model itself.
    expect(await conflicts(world.unit('a', { port: 1 }), world.unit('b', { port: 1 }), world.unit('d'))).toContain(
      'port a b',
    );
  });

  test('tells of a PID file that names somebody else', async () => {
    const pidFile = join(world.directory, 'a.pid');
    const { activation, ...unit } = world.unit('a');
    const next = world.make('next', [{ ...unit, activation: { ...activation, pidFile } }]);
    const ofPidFiles = async () => (await prepare(next)).conflicts.filter(({ what }) => what.includes('a.pid'));
    expect(await ofPidFiles()).toEqual([]);
    writeFileSync(pidFile, '4194305\n');
    expect(await ofPidFiles()).toEqual([]);
    writeFileSync(pidFile, `${process.pid}\n`);
    expect(await ofPidFiles()).toMatchObject([{ instances: ['a'], what: expect.stringContaining(`${process.pid}`) }]);
  });

  test('is begun with a journal that the next command finds, until it is ended', async () => {
    const { second } = makeTwo();
    const next = world.make('next', [world.unit('a')]);
    const prepared = await prepare(next, { ports: { ...world.ports, run: createRun({ PATH: '/usr/bin:/bin' }) } });
    const beginning = { command: 'switch', to: next, profileUpdate: null, present: prepared.present, unfinished: null };
    // Nix would be asked to keep the profile: it is not there.
    await expect(prepared.journal.begin(beginning)).rejects.toThrow('The switch cannot be recorded');
    await prepared.journal.end();
    expect((await prepare(second)).unfinished).toBeNull();
  });
});
