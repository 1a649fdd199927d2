import { appendFileSync, chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { DeployedProfile, DeployedUnit, ManagerSession } from '../../../src/backends/backend.js';
import { passwordsFor, type Passwords } from '../../../src/backends/cygrunsrv/passwords.js';
import { createServiceManager } from '../../../src/backends/cygrunsrv/service-manager.js';
import { createSession } from '../../../src/backends/cygrunsrv/session.js';
import type { InstanceName } from '../../../src/model/process-model.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../../support/temporary-directory.js';
import { FakeWindows } from './support/fake-windows.js';
import { managedService, type Properties } from './support/services.js';

let place: TemporaryDirectory;
let windows: FakeWindows;
beforeEach(async () => {
  place = await makeTemporaryDirectory();
  windows = new FakeWindows();
});
afterEach(() => place.remove());

const program = (...args: readonly string[]): Properties => ({ foreground: { executable: '/bin/x', args } });

let generations = 0;
const unitOf = (name: string, properties: Properties = program(), dependencies: readonly string[] = []): DeployedUnit =>
  managedService(
    join(place.path, String((generations += 1))),
    { ...properties, name },
    { dependencies, level: dependencies.length, directories: { logDir: join(place.path, 'log') } },
  ).unit;

const profileOf = (...units: readonly DeployedUnit[]): DeployedProfile => ({
  path: '/nix/store/profile',
  profileName: 'processes',
  units,
  data: {},
  directories: { stateDir: place.path, runtimeDir: place.path, logDir: place.path },
  forceDisableUserChange: false,
});

const connect = (current: DeployedProfile | null, passwords: Passwords = new Map()): ManagerSession =>
  createSession({
    services: createServiceManager(windows.run),
    passwords,
    current,
    jobs: 4,
    patience: { pause: 1, limit: 100 },
  });

const deploy = async (...units: readonly DeployedUnit[]): Promise<DeployedProfile> => {
  const profile = profileOf(...units);
  const session = connect(null);
  await session.install(profile);
  expect((await session.start(units)).filter(({ ok }) => !ok)).toEqual([]);
  windows.calls.length = 0;
  return profile;
};

const ok = (instance: string) => ({ instance, ok: true, detail: null });
const verbs = (): readonly string[] => windows.calls.map((call) => call.split(' ').slice(0, 2).join(' '));

test('a new service is really installed, with all of its parameters, and started', async () => {
  const unit = unitOf('web', program('a b'), ['db']);
  const session = connect(null);
  await session.install(profileOf(unit));
  const log = join(place.path, 'log', 'nixproc-web.log');
  expect(windows.calls).toEqual([
    `--install nix-process-web --path /bin/x --disp nix-process-web --desc web --args 'a b' --stdout ${log} --stderr ${log} --dep nix-process-db`,
  ]);
  expect(await session.start([unit])).toEqual([ok('web')]);
  expect((await session.observe([unit])).get(unit.instance)).toMatchObject({ state: 'running' });
});

test('a service whose program ends at once is a failure, with its last words', async () => {
  const unit = unitOf('web');
  const log = join(place.path, 'log', 'nixproc-web.log');
  mkdirSync(join(place.path, 'log'));
  writeFileSync(log, 'of another time\n');
  windows.broken.set('nix-process-web', () => {
    appendFileSync(log, 'no such file: web.conf\n');
  });
  const session = connect(null);
  await session.install(profileOf(unit));
  expect(await session.start([unit])).toEqual([
    { instance: 'web', ok: false, detail: 'it ended at once\nno such file: web.conf' },
  ]);
});

test('a changed service is removed, and installed anew when Windows has let it go', async () => {
  const [before, after] = [unitOf('web', program('old')), unitOf('web', program('new'))];
  const current = await deploy(before);
  windows.held = 3;
  const session = connect(current);
  await session.install(profileOf(after));
  expect(windows.calls).toEqual([]);
  expect(await session.restart([{ before, after }])).toEqual([ok('web')]);
  expect(verbs()).toEqual([
    '--stop nix-process-web',
    '--remove nix-process-web',
    '--install nix-process-web',
    '--start nix-process-web',
  ]);
  expect(windows.services.get('nix-process-web')?.parameters).toContain('new');
});

test('a service that Windows does not let go is a failure that says what to do', async () => {
  const [before, after] = [unitOf('web', program('old')), unitOf('web', program('new'))];
  const current = await deploy(before);
  windows.held = 1_000_000;
  expect(await connect(current).restart([{ before, after }])).toEqual([
    {
      instance: 'web',
      ok: false,
      detail: 'Windows does not let it go: close programs that show services, then repeat',
    },
  ]);
});

test('an unchanged service is started without being installed again', async () => {
  const unit = unitOf('web');
  const current = await deploy(unit);
  const session = connect(current);
  await session.stop([unit]);
  await session.install(current);
  await session.start([unit]);
  expect(verbs()).toEqual(['--stop nix-process-web', '--start nix-process-web']);
});

test('what depends on a changed service is stopped before, and started again afterwards', async () => {
  const db = unitOf('db', program('old'));
  const web = unitOf('web', program(), ['db']);
  const proxy = unitOf('proxy', program(), ['web', 'other']);
  const current = await deploy(db, web, proxy);
  const after = unitOf('db', program('new'));
  const session = connect(current);
  expect(await session.restart([{ before: db, after }])).toEqual([ok('db')]);
  expect(verbs()).toEqual([
    '--stop nix-process-proxy',
    '--stop nix-process-web',
    '--stop nix-process-db',
    '--remove nix-process-db',
    '--install nix-process-db',
    '--start nix-process-db',
    '--start nix-process-web',
    '--start nix-process-proxy',
  ]);
});

test('a dependent that an operator has stopped stays stopped', async () => {
  const db = unitOf('db');
  const web = unitOf('web', program(), ['db']);
  const current = await deploy(db, web);
  await connect(current).stop([web]);
  await connect(current).restart([{ before: db, after: db }]);
  expect(windows.state('nix-process-web')).toBe('Stopped');
  expect((await connect(current).observe([web])).get(web.instance)).toMatchObject({ state: 'stopped' });
});

test('stopping a service whose dependents run is a failure that says so', async () => {
  const db = unitOf('db');
  const current = await deploy(db, unitOf('web', program(), ['db']));
  const [outcome] = await connect(current).stop([db]);
  expect(outcome).toMatchObject({
    ok: false,
    detail: expect.stringMatching(/^services that depend on it run: .*Win32 error 1051/) as unknown,
  });
});

test('stopping what is not there is a success', async () => {
  expect(await connect(null).stop([unitOf('web')])).toEqual([ok('web')]);
});

test('services that are no longer wanted are removed; those of others stay', async () => {
  const [web, db] = [unitOf('web'), unitOf('db')];
  const current = await deploy(web, db);
  windows.services.set('sshd', { state: 'Running', parameters: [], deletedFor: null });
  await connect(current).install(profileOf(db));
  expect([...windows.services.keys()]).toEqual(['nix-process-db', 'sshd']);
  await connect(profileOf(db)).install(null);
  expect([...windows.services.keys()]).toEqual(['sshd']);
});

test('a service that somebody else has installed is in the way, whatever the case of its name', async () => {
  await deploy(unitOf('Web'), unitOf('db'));
  const [web, db, cache] = [unitOf('web'), unitOf('db'), unitOf('cache')];
  const session = connect(null);
  expect(await session.collisions?.([web, db, cache], [db])).toEqual([
    {
      instance: 'web',
      what: 'There is a service nix-process-Web already',
      why: 'This deployment has not installed it',
      fix: expect.stringContaining('cygrunsrv --remove nix-process-Web'),
    },
  ]);
  expect(await session.collisions?.([web, db], [web, db])).toEqual([]);
  expect(windows.calls).toEqual([]);
});

test('a service that nobody knows of any more is absent', async () => {
  const unit = unitOf('web');
  const current = await deploy(unit);
  windows.services.clear();
  expect((await connect(current).observe([unit])).get(unit.instance)).toMatchObject({ state: 'absent' });
});

test('a refused installation ends the deployment in Windows’ words', async () => {
  const unit = unitOf('web');
  windows.services.set('nix-process-web', { state: 'Stopped', parameters: [], deletedFor: 1_000_000 });
  const session = connect(null);
  const [outcome] = await session.start([unit]);
  expect(outcome).toMatchObject({ ok: false });
});

test('a reload is refused with what to do instead', async () => {
  expect(await connect(null).reload([unitOf('web')])).toEqual([
    { instance: 'web', ok: false, detail: 'cygrunsrv can only start and stop a service; restart it instead' },
  ]);
});

test('a password comes from the file, and goes to cygrunsrv alone', async () => {
  const file = join(place.path, 'passwords');
  writeFileSync(file, '# ours\nwww:a:b c\n', { mode: 0o600 });
  const passwords = await passwordsFor(['www', 'SYSTEM'], { CYGRUNSRV_PASSWORD_FILE: file });
  const unit = unitOf('web', { ...program(), user: 'www' });
  await connect(null, passwords).install(profileOf(unit));
  expect(windows.calls).toEqual([expect.stringMatching(/ --passwd a:b c$/)]);
  expect(JSON.stringify(unit)).not.toContain('a:b c');
});

test('a password that is missing is asked for before anything is done', async () => {
  await expect(passwordsFor(['www'], {})).rejects.toThrow('The password of the Windows user "www" is not known');
});

test('a file of passwords that others can read is refused', async () => {
  const file = join(place.path, 'passwords');
  writeFileSync(file, 'www:secret\n');
  chmodSync(file, 0o644);
  await expect(passwordsFor(['www'], { CYGRUNSRV_PASSWORD_FILE: file })).rejects.toThrow('can be read by others');
});

test('a service whose program has ended since the session started it has failed; one that it has stopped is stopped', async () => {
  const units = [unitOf('web'), unitOf('db')];
  const session = connect(null);
  await session.install(profileOf(...units));
  await session.start(units);
  await session.stop(units.slice(1));
  const web = windows.services.get('nix-process-web');
  if (web === undefined) throw new Error('web is not installed');
  web.state = 'Stopped';
  const states = await session.observe(units);
  expect(['web', 'db'].map((name) => states.get(name as InstanceName)?.state)).toEqual(['failed', 'stopped']);
});
