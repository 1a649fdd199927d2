import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { DeployedProfile, DeployedUnit, ManagerSession } from '../../../src/backends/backend.js';
import type { Patience } from '../../../src/backends/synit/daemons.js';
import { createSession } from '../../../src/backends/synit/session.js';
import { openWatchedDirectory } from '../../../src/backends/synit/watched-directory.js';
import { openProcessTable } from '../../../src/system/processes.js';
import { createRun } from '../../../src/system/run.js';
import { isAlive } from '../../support/processes.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../../support/temporary-directory.js';
import { managedDaemon, type Properties } from './support/daemons.js';
import { StandInServer } from './support/stand-in-server.js';

const link = '/nix/var/nix/profiles/processes';

let place: TemporaryDirectory;
let server: StandInServer;
beforeEach(async () => {
  place = await makeTemporaryDirectory();
  for (const name of ['services', 'log', 'run']) mkdirSync(join(place.path, name));
  server = new StandInServer(services());
});
afterEach(async () => {
  await server.close();
  await place.remove();
});

const services = (): string => join(place.path, 'services');
const file = (name: string): string => join(services(), `${name}.pr`);

const sleeping: Properties = { foreground: { executable: '/bin/sleep', args: ['1000'] } };

const warnings: string[] = [];
let generations = 0;
const unitOf = (name: string, properties: Properties = sleeping, dependencies: readonly string[] = []): DeployedUnit =>
  managedDaemon(
    { root: place.path, dependencies, level: dependencies.length },
    { ...properties, name },
    { profile: join(place.path, `profile-${(generations += 1)}`) },
  ).unit;

/** A daemon that is not started again. */
const unitThatEndsForGood = (name: string, properties: Properties): DeployedUnit =>
  managedDaemon(
    { root: place.path },
    { ...properties, name },
    { profile: join(place.path, 'never'), overrides: { restart: 'never' } },
  ).unit;

const profileOf = (...units: readonly DeployedUnit[]): DeployedProfile => ({
  path: '/nix/store/profile',
  profileName: 'processes',
  units,
  data: {},
  directories: { stateDir: place.path, runtimeDir: join(place.path, 'run'), logDir: join(place.path, 'log') },
  forceDisableUserChange: false,
});

/** @param patience milliseconds that a test needs to differ: what ought to happen may take long on a busy machine */
const connect = async (current: DeployedProfile | null, patience: Partial<Patience> = {}): Promise<ManagerSession> =>
  createSession({
    directory: openWatchedDirectory(services(), link, current),
    processes: await openProcessTable(createRun(process.env)),
    run: createRun(process.env),
    log: { warn: (words: unknown) => warnings.push(String(words)) },
    current,
    jobs: 4,
    patience: { pause: 5, start: 60_000, stop: 60_000, settle: 100, ...patience },
  });

const deploy = async (...units: readonly DeployedUnit[]): Promise<DeployedProfile> => {
  const profile = profileOf(...units);
  const session = await connect(null);
  await session.install(profile);
  for (const unit of units) expect(await session.start([unit])).toEqual([ok(unit.name)]);
  return profile;
};

const ok = (instance: string) => ({ instance, ok: true, detail: null });
const look = async (session: ManagerSession, unit: DeployedUnit) => (await session.observe([unit])).get(unit.instance);
const commandOf = (pid: number | null | undefined): string =>
  readFileSync(`/proc/${pid ?? 0}/cmdline`, 'utf8')
    .replaceAll('\0', ' ')
    .trim();

test('a daemon is asserted, started, and seen by its process', async () => {
  const unit = unitOf('web');
  const current = await deploy(unit);
  const found = await look(await connect(current), unit);
  expect(found).toMatchObject({ state: 'running', detail: null });
  expect(commandOf(found?.pid)).toBe('/bin/sleep 1000');
  expect(Date.now() - (found?.since ?? 0)).toBeLessThan(60_000);
});

test('a daemon starts when what it depends on is ready, and its initialization is complete', async () => {
  const db = unitOf('db');
  const web = unitOf(
    'web',
    {
      foreground: { executable: '/bin/cat', args: [join(place.path, 'made'), '-'] },
      initialize: `echo x >${join(place.path, 'made')}`,
    },
    ['db'],
  );
  await deploy(db);
  const waiting = unitOf('later', { foreground: { executable: '/bin/sleep', args: ['1000'] } }, ['missing']);
  const session = await connect(profileOf(db), { start: 1_000 });
  const [outcome] = await session.start([waiting]);
  expect(outcome).toMatchObject({
    ok: false,
    detail: expect.stringMatching(/^Synit did not start it in time: /) as unknown,
  });
  expect(await look(session, waiting)).toMatchObject({ state: 'starting' });
  await (await connect(profileOf(db))).start([web]);
  expect(existsSync(join(place.path, 'made'))).toBe(true);
  expect(server.starts.get('<daemon <initialize web>>')).toBe(1);
});

test('a daemon that ends at once is a failure, with its last words', async () => {
  const unit = unitOf('web', { foreground: { executable: '/bin/cat', args: ['/no/such/file'] } });
  const session = await connect(null, { settle: 5_000 });
  const [outcome] = await session.start([unit]);
  expect(outcome?.ok).toBe(false);
  expect(outcome?.detail).toContain('/no/such/file: No such file or directory');
});

test('an unchanged daemon is not touched', async () => {
  const unit = unitOf('web');
  const current = await deploy(unit);
  const { mtimeMs, ino } = statSync(file('web'));
  const session = await connect(current);
  await session.install(current);
  expect(await session.start([unit])).toEqual([ok('web')]);
  expect(statSync(file('web'))).toMatchObject({ mtimeMs, ino });
  expect(server.starts.get('<daemon web>')).toBe(1);
});

test('a changed daemon is restarted by its changed file, and no other', async () => {
  const [before, db] = [unitOf('web'), unitOf('db')];
  const current = await deploy(db, before);
  const after = unitOf('web', { foreground: { executable: '/bin/sleep', args: ['2000'] } });
  const session = await connect(current);
  await session.install(profileOf(db, after));
  expect(await session.restart([{ before, after }])).toEqual([ok('web')]);
  expect(commandOf((await look(session, after))?.pid)).toBe('/bin/sleep 2000');
  expect(server.starts.get('<daemon db>')).toBe(1);
});

test('an unchanged daemon is restarted by a message, of which nothing stays', async () => {
  const unit = unitOf('web');
  const current = await deploy(unit);
  const session = await connect(current);
  const first = (await look(session, unit))?.pid;
  expect(await session.restart([{ before: unit, after: unit }])).toEqual([ok('web')]);
  expect((await look(session, unit))?.pid).not.toBe(first);
  expect(readdirSync(services())).toEqual(['web.pr']);
});

test('a stopped daemon stays stopped, and is known to be, until it is started', async () => {
  const unit = unitOf('web');
  const current = await deploy(unit);
  const session = await connect(current);
  const pid = (await look(session, unit))?.pid ?? 0;
  expect(await session.stop([unit])).toEqual([ok('web')]);
  expect(isAlive(pid)).toBe(false);
  expect(readdirSync(services())).toEqual(['web.pr.stopped']);
  expect(await look(session, unit)).toMatchObject({ state: 'stopped' });
  expect(await session.start([unit])).toEqual([ok('web')]);
  expect(readdirSync(services())).toEqual(['web.pr']);
});

test('a daemon that is killed is started again by Synit, and said to be', async () => {
  const unit = unitOf('web');
  const current = await deploy(unit);
  const session = await connect(current);
  const { pid } = (await look(session, unit)) ?? {};
  process.kill(pid ?? 0, 'SIGKILL');
  for (;;) {
    const found = await look(session, unit);
    if (found?.state === 'running' && found.pid !== pid) break;
    expect(['running', 'starting']).toContain(found?.state);
  }
  expect(server.starts.get('<daemon web>')).toBe(2);
});

test('a daemon that Synit does not start again has failed when it has ended', async () => {
  const unit = unitThatEndsForGood('web', sleeping);
  const current = await deploy(unit);
  const session = await connect(current);
  process.kill((await look(session, unit))?.pid ?? 0, 'SIGKILL');
  while ((await look(session, unit))?.state === 'running');
  expect(await look(session, unit)).toMatchObject({ state: 'failed', detail: 'it ended by itself' });
});

test('an undeployment leaves nothing behind, but what is not ours', async () => {
  const [web, db] = [unitOf('web'), unitOf('db')];
  const current = await deploy(web, db);
  writeFileSync(file('theirs'), '<metadata <daemon x> {}>\n');
  const session = await connect(current);
  expect((await session.stop([web, db])).every(({ ok: stopped }) => stopped)).toBe(true);
  await session.install(null);
  await session.finish(null);
  expect(readdirSync(services())).toEqual(['theirs.pr']);
  expect(readdirSync(join(place.path, 'run'))).toEqual([]);
});

test('what a failed deployment has added goes again when the generation before is put back', async () => {
  const db = unitOf('db');
  const script = 'sleep 0.3; exit 1';
  const web = unitThatEndsForGood('web', { foreground: { executable: '/bin/sh', args: ['-c', script] } });
  const current = await deploy(db);
  const session = await connect(current, { settle: 3_000 });
  expect(await session.start([web])).toMatchObject([{ ok: false }]);
  await session.stop([web]);
  await session.install(current);
  await session.finish(current);
  expect(readdirSync(services())).toEqual(['db.pr']);
  expect(readdirSync(join(place.path, 'run', 'nixproc-synit'))).toEqual(['db']);
});

test('a file of somebody else is never overwritten', async () => {
  writeFileSync(file('web'), '<metadata <daemon web> {}>\n');
  const directory = openWatchedDirectory(services(), link, null);
  await expect(directory.check([unitOf('web')])).rejects.toThrow(`cannot be put into ${file('web')}`);
});

test('the assertions of another profile are never overwritten', async () => {
  const unit = unitOf('web');
  await deploy(unit);
  const other = openWatchedDirectory(services(), '/nix/var/nix/profiles/other', null);
  await expect(other.check([unit])).rejects.toMatchObject({ why: `It belongs to the profile ${link}` });
});

test('a reload is a signal for the process', async () => {
  const got = join(place.path, 'got-hup');
  const script = `trap 'echo >${got}' HUP; while :; do sleep 0.05; done`;
  const unit = unitOf('web', { foreground: { executable: '/bin/sh', args: ['-c', script] } });
  const session = await connect(await deploy(unit));
  expect(await session.reload([unit])).toEqual([ok('web')]);
  while (!existsSync(got)) await new Promise((resolve) => setTimeout(resolve, 10));
});

test('what somebody has changed is told, and what no generation has is taken away', async () => {
  const [web, left] = [unitOf('web'), unitOf('left')];
  await deploy(web, left);
  const current = profileOf(web);
  appendFileSync(file('web'), '# mine\n');
  // Of another daemon: as long as one file requires a daemon, it runs.
  writeFileSync(file('unknown'), readFileSync(file('left'), 'utf8').replaceAll('left', 'unknown'));
  const session = await connect(current);
  const drift = await session.drift?.(current, [left]);
  expect(drift?.changed).toEqual([
    { instance: 'web', what: `${file('web')} is not as it was written`, restart: true },
    { instance: null, what: expect.stringContaining(file('unknown')), restart: false },
  ]);
  expect(drift?.extras).toMatchObject([{ unit: { instance: 'left' }, observation: { state: 'running' } }]);
  expect(await session.stop([left])).toEqual([ok('left')]);
  await session.install(current);
  // As a repair does: the server itself may have begun it anew by then, for its changed file.
  expect(await session.restart([{ before: web, after: web }])).toEqual([ok('web')]);
  expect(await session.drift?.(current, [left])).toEqual({ changed: [], extras: [] });
  expect(readdirSync(services())).toEqual(['web.pr']);
});
