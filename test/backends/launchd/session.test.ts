import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { pino } from 'pino';
import type { DeployedProfile, DeployedUnit, ManagerSession } from '../../../src/backends/backend.js';
import { readLayout } from '../../../src/backends/launchd/read-layout.js';
import { createInstallation } from '../../../src/backends/launchd/installation.js';
import { createLaunchctl, parseJob, parseServices } from '../../../src/backends/launchd/launchctl.js';
import { chooseScope, type Scope } from '../../../src/backends/launchd/scope.js';
import { createSession } from '../../../src/backends/launchd/session.js';
import { manifestUnits } from '../../../src/profile/laid-out-units.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../../support/temporary-directory.js';
import { FakeLaunchd } from './support/fake-launchd.js';
import { managedJob, readPlist } from './support/jobs.js';

let place: TemporaryDirectory;
let warnings: string[];
let launchd: FakeLaunchd;
beforeEach(async () => {
  place = await makeTemporaryDirectory();
  warnings = [];
  launchd = new FakeLaunchd(['system']);
});
afterEach(() => place.remove());

const log = pino({ level: 'warn' }, { write: (line) => warnings.push((JSON.parse(line) as { msg: string }).msg) });
const target = (): string => join(place.path, 'target');
const link = '/nix/var/nix/profiles/my--processes';

const unitOf = (name: string, message = 'hello'): DeployedUnit =>
  managedJob(
    join(place.path, `${name}-${message}`),
    { name, foreground: { executable: '/bin/webapp', args: [] }, environment: { MESSAGE: message } },
    { directories: { logDir: join(place.path, 'log') } },
  ).unit;

const profileOf = (...units: readonly DeployedUnit[]): DeployedProfile => ({
  path: '/nix/store/profile',
  profileName: 'processes',
  units,
  data: {},
  directories: { stateDir: place.path, runtimeDir: place.path, logDir: place.path },
  forceDisableUserChange: false,
});

const daemons = (): Scope => ({ kind: 'daemons', directory: target(), domains: ['system'] });
const agents = (): Scope => ({ kind: 'agents', directory: target(), domains: ['gui/501', 'user/501'] });

const connect = (current: DeployedProfile | null, scope = daemons()): ManagerSession =>
  createSession({
    scope,
    launchctl: createLaunchctl(launchd.run),
    installation: createInstallation(scope, link, current),
    jobs: 4,
    log,
    patience: { pause: 1, unload: 200, start: 200, settle: 1 },
  });

const file = (name: string): string => join(target(), `org.nixos.${name}.plist`);

const deploy = async (...units: readonly DeployedUnit[]): Promise<DeployedProfile> => {
  const profile = profileOf(...units);
  const session = connect(null);
  await session.install(profile);
  expect((await session.start(units)).filter(({ ok }) => !ok)).toEqual([]);
  launchd.calls.length = 0;
  return profile;
};

const stateOf = async (session: ManagerSession, unit: DeployedUnit) =>
  (await session.observe([unit])).get(unit.instance);

test('a new job is copied, with a mode that nobody can write by, and loaded', async () => {
  const unit = unitOf('web');
  const session = connect(null);
  await session.install(profileOf(unit));
  expect(launchd.calls).toEqual([]);
  expect(await session.start([unit])).toEqual([{ instance: 'web', ok: true, detail: null }]);
  expect(launchd.calls).toEqual([`bootstrap system ${file('web')}`]);
  expect(statSync(file('web')).mode & 0o777).toBe(0o444);
  expect(readPlist(readFileSync(file('web'), 'utf8'))).toMatchObject({ Label: 'org.nixos.web' });
  expect(await stateOf(session, unit)).toMatchObject({ state: 'running', pid: 101 });
});

test('a job that another tool has loaded is replaced, and one that is gone is unloaded and removed', async () => {
  const root = join(place.path, 'of-another-tool');
  mkdirSync(join(root, 'Library/LaunchDaemons'), { recursive: true });
  mkdirSync(target(), { recursive: true });
  for (const name of ['web', 'gone']) {
    const text = `<?xml version="1.0" encoding="UTF-8"?>
<plist version="1.0"><dict>
<key>Label</key><string>org.nixos.${name}</string>
<key>ProgramArguments</key><array><string>/bin/webapp</string></array>
<key>KeepAlive</key><true/>
</dict></plist>
`;
    writeFileSync(join(root, `Library/LaunchDaemons/org.nixos.${name}.plist`), text);
    writeFileSync(file(name), text);
    launchd.load('system', file(name));
  }
  const layout = await readLayout(root);
  const units = manifestUnits(layout?.units ?? []).map((unit) => ({ ...unit, profile: root }));
  const [gone, old] = units;
  if (gone === undefined || old === undefined) throw new Error('the layout was not understood');
  const session = connect({ ...profileOf(...units), path: root, isForeign: true });
  expect((await session.observe(units)).get(old.instance)).toMatchObject({ state: 'running', pid: 101 });
  const unit = unitOf('web');
  expect(await session.stop([gone])).toEqual([{ instance: 'gone', ok: true, detail: null }]);
  await session.install(profileOf(unit));
  expect(await session.restart([{ before: old, after: unit }])).toEqual([{ instance: 'web', ok: true, detail: null }]);
  await session.finish(profileOf(unit));
  expect([...launchd.loaded.keys()]).toEqual(['system/org.nixos.web']);
  expect(existsSync(file('gone'))).toBe(false);
  expect(readFileSync(file('web'), 'utf8')).toContain('nix-processmgmt-ts owner');
});

test('a job that runs by the same file is left alone', async () => {
  const unit = unitOf('web');
  const profile = await deploy(unit);
  const session = connect(profile);
  const { mtimeMs } = statSync(file('web'));
  await session.install(profile);
  await session.start([unit]);
  expect(statSync(file('web')).mtimeMs).toBe(mtimeMs);
  expect(launchd.calls).toEqual([]);
});

test('a changed job is unloaded, and loaded when it is gone', async () => {
  const [before, after] = [unitOf('web', 'old'), unitOf('web', 'new')];
  const current = await deploy(before);
  launchd.behaviours.set('org.nixos.web', { lingers: 3 });
  const session = connect(current);
  await session.install(profileOf(after));
  expect(await session.restart([{ before, after }])).toEqual([{ instance: 'web', ok: true, detail: null }]);
  expect(launchd.calls.at(0)).toBe('bootout system/org.nixos.web');
  expect(launchd.calls.at(-1)).toBe(`bootstrap system ${file('web')}`);
  expect(readFileSync(file('web'), 'utf8')).toContain('<string>new</string>');
});

test('a job that does not go away in time is a failure', async () => {
  const unit = unitOf('web');
  const current = await deploy(unit);
  launchd.behaviours.set('org.nixos.web', { lingers: 100_000 });
  expect(await connect(current).stop([unit])).toEqual([
    { instance: 'web', ok: false, detail: 'launchd did not unload it in time' },
  ]);
});

test('stopping what is not loaded is a success', async () => {
  const unit = unitOf('web');
  expect(await connect(null).stop([unit])).toEqual([{ instance: 'web', ok: true, detail: null }]);
});

test('a job that somebody unloads meanwhile is stopped as well', async () => {
  const unit = unitOf('web');
  const current = await deploy(unit);
  launchd.failures.set('bootout', [[3, 'Boot-out failed: 3: No such process\n']]);
  const stopping = connect(current).stop([unit]);
  expect(await stopping).toEqual([{ instance: 'web', ok: true, detail: null }]);
});

test('a refusal to unload is told in launchctl’s words', async () => {
  const unit = unitOf('web');
  const current = await deploy(unit);
  const refusal: [number, string] = [1, 'Boot-out failed: 1: Operation not permitted\n'];
  launchd.failures.set(
    'bootout',
    Array.from({ length: 1000 }, () => refusal),
  );
  expect(await connect(current).stop([unit])).toEqual([
    { instance: 'web', ok: false, detail: 'Boot-out failed: 1: Operation not permitted' },
  ]);
});

test('a disabled job is enabled and loaded again, which is said', async () => {
  const unit = unitOf('web');
  launchd.disabled.add('system/org.nixos.web');
  const session = connect(null);
  await session.install(profileOf(unit));
  expect(await session.start([unit])).toEqual([{ instance: 'web', ok: true, detail: null }]);
  expect(launchd.calls).toEqual([
    `bootstrap system ${file('web')}`,
    'print-disabled system',
    'enable system/org.nixos.web',
    `bootstrap system ${file('web')}`,
  ]);
  expect(warnings).toEqual(['web: somebody has disabled its job; it is enabled again']);
});

test('an input/output error that stays is a failure', async () => {
  const unit = unitOf('web');
  const refusal: [number, string] = [5, 'Bootstrap failed: 5: Input/output error\n'];
  launchd.failures.set('bootstrap', [refusal, refusal]);
  const session = connect(null);
  await session.install(profileOf(unit));
  expect(await session.start([unit])).toEqual([
    { instance: 'web', ok: false, detail: 'Bootstrap failed: 5: Input/output error' },
  ]);
});

test('a job whose process ends at once is a failure, with its last words', async () => {
  const unit = unitOf('web');
  mkdirSync(join(place.path, 'log'), { recursive: true });
  launchd.behaviours.set('org.nixos.web', { ends: 78 });
  const session = connect(null);
  await session.install(profileOf(unit));
  const logFile = join(place.path, 'log', 'nixproc-web.log');
  writeFileSync(logFile, '');
  const load = launchd.load.bind(launchd);
  launchd.load = (domain, path) => {
    writeFileSync(logFile, 'no such file: webapp.conf\n');
    load(domain, path);
  };
  expect(await session.start([unit])).toEqual([
    { instance: 'web', ok: false, detail: 'its last exit code was 78\nno such file: webapp.conf' },
  ]);
  expect(await stateOf(session, unit)).toMatchObject({ state: 'failed', detail: 'its last exit code was 78' });
});

test('a job that has failed is started again without being loaded again', async () => {
  const unit = unitOf('web');
  const current = await deploy(unit);
  launchd.loaded.set('system/org.nixos.web', { pid: null, lastExit: 1, leaving: null, file: file('web') });
  const session = connect(current);
  await session.install(current);
  expect(await session.start([unit])).toEqual([{ instance: 'web', ok: true, detail: null }]);
  expect(launchd.calls).toEqual(['kickstart system/org.nixos.web']);
});

test('a job that an operator unloaded counts as stopped, one whose file is gone is absent', async () => {
  const unit = unitOf('web');
  const current = await deploy(unit);
  launchd.loaded.clear();
  expect(await stateOf(connect(current), unit)).toMatchObject({ state: 'stopped' });
  rmSync(file('web'));
  expect(await stateOf(connect(current), unit)).toMatchObject({ state: 'absent' });
});

test('jobs that are no longer wanted lose their files; files of others stay', async () => {
  const [web, db] = [unitOf('web'), unitOf('db')];
  const current = await deploy(web, db);
  writeFileSync(join(target(), 'com.example.plist'), 'theirs');
  await connect(current).install(profileOf(db));
  expect([existsSync(file('web')), existsSync(file('db'))]).toEqual([false, true]);
  await connect(profileOf(db)).install(null);
  expect(existsSync(file('db'))).toBe(false);
  expect(existsSync(join(target(), 'com.example.plist'))).toBe(true);
});

test('what a failed deployment has added goes again when the generation before is put back', async () => {
  const [web, db] = [unitOf('web'), unitOf('db')];
  const current = await deploy(db);
  const session = connect(current);
  await session.install(profileOf(db, web));
  await session.install(current);
  expect([existsSync(file('web')), existsSync(file('db'))]).toEqual([false, true]);
});

test('a file of somebody else is never overwritten', async () => {
  mkdirSync(target());
  writeFileSync(file('web'), '<plist/>');
  const installation = createInstallation(daemons(), link, null);
  await expect(installation.check([unitOf('web')])).rejects.toThrow(`cannot be put into ${file('web')}`);
});

test('a job of another profile is never overwritten', async () => {
  const unit = unitOf('web');
  await deploy(unit);
  const other = createInstallation(daemons(), '/nix/var/nix/profiles/other', null);
  await expect(other.check([unit])).rejects.toMatchObject({ why: `It belongs to the profile ${link}` });
});

test('a job that was put there from the current generation by other tools is taken over', async () => {
  const unit = unitOf('web');
  mkdirSync(target());
  writeFileSync(file('web'), readFileSync(join(unit.profile, 'Library/LaunchDaemons/org.nixos.web.plist')));
  chmodSync(file('web'), 0o444);
  await createInstallation(daemons(), link, profileOf(unit)).check([unitOf('web', 'new')]);
});

test('an agent goes to the domain that there is, and may be loaded in it', async () => {
  launchd = new FakeLaunchd(['user/501']);
  const unit = unitOf('web');
  const session = connect(null, agents());
  await session.install(profileOf(unit));
  expect(await session.start([unit])).toEqual([{ instance: 'web', ok: true, detail: null }]);
  expect(launchd.calls).toEqual([`bootstrap gui/501 ${file('web')}`, `bootstrap user/501 ${file('web')}`]);
  expect(readPlist(readFileSync(file('web'), 'utf8'))).toMatchObject({
    LimitLoadToSessionType: ['Aqua', 'Background'],
  });
  expect(await stateOf(session, unit)).toMatchObject({ state: 'running' });
});

test('an agent is found and unloaded in the domain that it was loaded in', async () => {
  launchd = new FakeLaunchd(['user/501', 'gui/501']);
  const unit = unitOf('web');
  const session = connect(null, agents());
  await session.install(profileOf(unit));
  launchd.load('user/501', file('web'));
  await session.stop([unit]);
  expect(launchd.calls).toEqual(['bootout user/501/org.nixos.web']);
});

test('a reload is a signal', async () => {
  const unit = unitOf('web');
  const current = await deploy(unit);
  expect(await connect(current).reload([unit])).toEqual([{ instance: 'web', ok: true, detail: null }]);
  expect(launchd.calls).toEqual(['kill HUP system/org.nixos.web']);
});

test('root has daemons, others have agents, and LAUNCHD_TARGET_DIR names another directory', () => {
  expect(chooseScope({}, 0)).toEqual({ kind: 'daemons', directory: '/Library/LaunchDaemons', domains: ['system'] });
  expect(chooseScope({ HOME: '/Users/x' }, 501)).toEqual({
    kind: 'agents',
    directory: '/Users/x/Library/LaunchAgents',
    domains: ['gui/501', 'user/501'],
  });
  expect(chooseScope({ LAUNCHD_TARGET_DIR: '/tmp/jobs' }, 0).directory).toBe('/tmp/jobs');
});

test('what launchctl prints of a domain and of a job is understood', () => {
  const domain = [
    'system = {',
    '\tservices = {',
    '\t\t     214      - \tcom.apple.runningboardd',
    '\t\t       0     -9 \tcom.example.killed',
    '\t\t       0   (pe) \tcom.apple.lskdd',
    '\t}',
    '\tendpoints = {',
    '\t\t     1      0 \tcom.example.endpoint',
    '\t}',
    '}',
  ].join('\n');
  expect([...parseServices(domain)]).toEqual([
    ['com.apple.runningboardd', { pid: 214, lastExit: null }],
    ['com.example.killed', { pid: null, lastExit: -9 }],
    ['com.apple.lskdd', { pid: null, lastExit: null }],
  ]);
  expect(parseJob('x = {\n\tstate = not running\n\tlast exit code = 78: EX_CONFIG\n\t\tpid = 3\n}')).toEqual({
    pid: null,
    lastExit: 78,
  });
  expect(parseJob('x = {\n\tpid = 42\n\tlast exit code = (never exited)\n}')).toEqual({ pid: 42, lastExit: null });
});

test('what somebody has changed is told and put back, and what they have written is kept', async () => {
  const [web, db, left] = [unitOf('web'), unitOf('db'), unitOf('left')];
  await deploy(web, db, left);
  const current = profileOf(web, db);
  chmodSync(file('web'), 0o644);
  writeFileSync(file('web'), '<plist/>');
  rmSync(file('db'));
  const session = createSession({
    scope: daemons(),
    launchctl: createLaunchctl(launchd.run),
    installation: createInstallation(daemons(), link, current, true),
    jobs: 4,
    log,
    patience: { pause: 1, unload: 200, start: 200, settle: 1 },
  });
  const drift = await session.drift?.(current, [left]);
  expect(drift?.changed).toEqual([
    { instance: 'web', what: `${file('web')} is not as it was written`, restart: true },
    { instance: 'db', what: `${file('db')} is missing`, restart: false },
  ]);
  expect(drift?.extras).toMatchObject([{ unit: { instance: 'left' }, observation: { state: 'running' } }]);

  expect(await session.stop([left])).toEqual([{ instance: 'left', ok: true, detail: null }]);
  await session.install(current);
  expect(await session.drift?.(current, [left])).toEqual({ changed: [], extras: [] });
  expect(existsSync(file('left'))).toBe(false);
  expect(readFileSync(`${file('web')}.before-repair`, 'utf8')).toBe('<plist/>');
});

test('a job of the profile that no generation knows any more is extra', async () => {
  const [web, left] = [unitOf('web'), unitOf('left')];
  await deploy(web, left);
  const drift = await connect(profileOf(web)).drift?.(profileOf(web), []);
  expect(drift?.extras).toMatchObject([{ unit: { instance: 'org.nixos.left' }, observation: { state: 'running' } }]);
});
