import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import pino from 'pino';
import type { DeployedProfile, DeployedUnit, ManagerSession, SessionContext } from '../../../src/backends/backend.js';
import { sysvinit } from '../../../src/backends/sysvinit/index.js';
import type { InstanceName } from '../../../src/model/process-model.js';
import type { RunRequest } from '../../../src/system/ports.js';
import { createRun } from '../../../src/system/run.js';
import { isAlive, processesThatMention } from '../../support/processes.js';
import { eventually } from '../../support/waiting.js';
import { environmentOf, kill, makePlace, readMain, written, type Place, type Service } from './support/service.js';

const environment = { ...process.env, NIXPROC_STOP_TIMEOUT: '10', NIXPROC_START_TIMEOUT: '10', CALLERS_SECRET: 'x' };

const profileOf = (here: Place, units: readonly DeployedUnit[]): DeployedProfile => ({
  path: `${here.path}/profile`,
  profileName: 'processes',
  units,
  data: {},
  directories: { stateDir: here.path, runtimeDir: `${here.path}/run`, logDir: `${here.path}/log` },
  forceDisableUserChange: true,
});

interface Connection {
  readonly session: ManagerSession;
  /** What was run through the port. */
  readonly requests: readonly RunRequest[];
}

const connect = async (
  here: Place,
  current: readonly DeployedUnit[],
  options: Partial<SessionContext> = {},
): Promise<Connection> => {
  const requests: RunRequest[] = [];
  const run = createRun(environment);
  const session = await sysvinit.connect({
    run: (request) => {
      requests.push(request);
      return run(request);
    },
    log: pino({ level: 'silent' }),
    env: environment,
    profileName: 'processes',
    profileLink: `${here.path}/profiles/processes`,
    current: profileOf(here, current),
    target: null,
    managerOptions: {},
    jobs: 4,
    ...options,
  });
  return { session, requests };
};

const stateOf = async (session: ManagerSession, { unit }: Service) =>
  (await session.observe([unit])).get(unit.instance);

test('starts, observes, reloads and stops the units of a level, and runs nothing to observe', async () => {
  const here = await makePlace();
  const services = ['one', 'two', 'three'].map((name) => here.service({ name }));
  const units = services.map(({ unit }) => unit);
  const { session, requests } = await connect(here, units);
  const asked = requests.length;

  const before = Date.now();
  expect(await session.start(units)).toEqual(units.map(({ instance }) => ({ instance, ok: true, detail: null })));
  const scripts = requests.length;
  const observed = await session.observe(units);
  expect(requests.length).toBe(scripts);
  expect(scripts - asked).toBe(3);
  for (const service of services) {
    const observation = observed.get(service.unit.instance);
    expect(observation).toMatchObject({ state: 'running', pid: service.pid(), detail: null });
    expect(Math.abs((observation?.since ?? 0) - before)).toBeLessThan(30_000);
  }

  await Promise.all(services.map((service) => written(service, 'started')));
  await session.reload(units);
  await Promise.all(services.map((service) => written(service, 'reloaded')));
  expect((await session.stop(units)).every(({ ok }) => ok)).toBe(true);
  for (const { state } of (await session.observe(units)).values()) expect(state).toBe('stopped');
});

test('a unit that fails does not keep the others of its level from starting, and says why', async () => {
  const here = await makePlace();
  const good = here.service({ name: 'good' });
  const bad = here.service({ name: 'bad', behaviour: 'broken' });
  const { session } = await connect(here, []);
  expect(await session.start([bad.unit, good.unit])).toEqual([
    { instance: 'bad', ok: false, detail: expect.stringContaining('the port is in use') },
    { instance: 'good', ok: true, detail: null },
  ]);
  expect(await stateOf(session, bad)).toMatchObject({ state: 'failed', detail: 'its start failed' });
});

test('a script that is not there fails its unit alone', async () => {
  const here = await makePlace();
  const service = here.service();
  rmSync(service.script);
  const { session } = await connect(here, []);
  expect(await session.start([service.unit])).toEqual([
    { instance: 'service', ok: false, detail: `${service.script}, or the shell that it names, is not there` },
  ]);
});

test('a restart stops with the old script and starts with the new one', async () => {
  const here = await makePlace();
  const stopping = { stop: `echo old >> ${here.path}/log/order; nixproc_stop`, start: 'false' };
  const old = here.service({ profile: `${here.path}/old` });
  const next = here.service({ profile: `${here.path}/new`, process: { environment: { VERSION: 'new' } } });
  expect(old.call('start').exitCode).toBe(0);
  const first = old.pid();
  const before = here.service({ profile: `${here.path}/old-with-trace`, overrides: { activities: stopping } });

  const { session } = await connect(here, [before.unit]);
  expect(await session.restart([{ before: before.unit, after: next.unit }])).toEqual([
    { instance: 'service', ok: true, detail: null },
  ]);
  expect(readFileSync(`${here.path}/log/order`, 'utf8')).toBe('old\n');
  expect(isAlive(first)).toBe(false);
  expect(environmentOf(next.pid()).get('VERSION')).toBe('new');
});

test('a unit that does not stop is not started anew', async () => {
  const here = await makePlace();
  const before = here.service({
    profile: `${here.path}/old`,
    overrides: { activities: { stop: 'echo no >&2; exit 1' } },
  });
  const after = here.service({ profile: `${here.path}/new` });
  const { session } = await connect(here, [before.unit]);
  expect(await session.restart([{ before: before.unit, after: after.unit }])).toEqual([
    { instance: 'service', ok: false, detail: 'no' },
  ]);
  expect(existsSync(after.pidFile)).toBe(false);
});

test('services get no more of the environment of whoever deploys them than service(8) hands over', async () => {
  const here = await makePlace();
  const service = here.service();
  const { session } = await connect(here, []);
  await session.start([service.unit]);
  const names = [...environmentOf(service.pid()).keys()];
  expect(names).not.toContain('CALLERS_SECRET');
  expect(names).not.toContain('NIXPROC_STOP_TIMEOUT');
  expect(names).toContain('PATH');
});

test('no more scripts run at once than there are jobs', async () => {
  const here = await makePlace();
  const trace = `${here.path}/log/trace`;
  const start = `echo + >> ${trace}; sleep 0.1; echo - >> ${trace}`;
  const units = Array.from(
    { length: 6 },
    (_, index) => here.service({ name: `s${index}`, overrides: { activities: { start } } }).unit,
  );
  const { session } = await connect(here, [], { jobs: 2 });
  await session.start(units);
  let running = 0;
  const most = Math.max(
    ...readFileSync(trace, 'utf8')
      .split('\n')
      .map((sign) => (running += sign === '+' ? 1 : sign === '-' ? -1 : 0)),
  );
  expect(most).toBe(2);
});

test('a script that somebody has left at work is waited for, and told of when it takes too long', async () => {
  const here = await makePlace();
  const flag = `${here.path}/run/flag`;
  const start = `while ! test -e ${flag}; do sleep 0.05; done`;
  const { unit, script } = here.service({ overrides: { activities: { start } } });
  const orphan = here.stranger(script, 'start');
  await eventually(() => (readFileSync(`/proc/${orphan}/cmdline`, 'utf8').includes(script) ? true : undefined));

  const impatient = await connect(here, [], { timeouts: { start: 0, stop: -90 } });
  await expect(impatient.session.awaitOrphans?.([unit])).rejects.toThrow(
    `A script that a command before has left does not come to an end: /bin/dash ${script} start`,
  );
  const log = pino(
    { level: 'info' },
    {
      write: () => {
        writeFileSync(flag, '');
      },
    },
  );
  const { session } = await connect(here, [], { log });
  await session.awaitOrphans?.([unit]);
  expect({ said: existsSync(flag), isAlive: isAlive(orphan) }).toEqual({ said: true, isAlive: false });
});

test('a service that was never started is absent, and a stopped one is not', async () => {
  const here = await makePlace();
  const service = here.service();
  const { session } = await connect(here, []);
  expect(await stateOf(session, service)).toEqual({ state: 'absent', pid: null, since: null, detail: null });
  service.call('start');
  service.call('stop');
  expect(await stateOf(session, service)).toEqual({ state: 'stopped', pid: null, since: null, detail: null });
});

test('a killed daemon has failed', async () => {
  const here = await makePlace();
  const service = here.service();
  service.call('start');
  const pid = service.pid();
  await kill(pid);
  const { session } = await connect(here, []);
  expect(await stateOf(session, service)).toMatchObject({
    state: 'failed',
    pid: null,
    detail: `${service.pidFile} names process ${pid}, which is dead`,
  });
});

test('a killed foreground process has failed, and a living one is known by its own PID', async () => {
  const here = await makePlace();
  const service = here.service({ behaviour: 'foreground' });
  service.call('start');
  const { session } = await connect(here, []);
  expect(await stateOf(session, service)).toMatchObject({ state: 'running', pid: readMain(service) });
  await kill(readMain(service));
  await eventually(() => (existsSync(service.pidFile) ? undefined : true));
  expect(await stateOf(session, service)).toMatchObject({ state: 'failed', detail: 'it ended by itself' });
});

test('a PID file that names a stranger is a failure in the words of the script', async () => {
  const here = await makePlace();
  const service = here.service();
  service.call('start');
  await kill(service.pid());
  const stranger = here.stranger('sleep', '1000');
  writeFileSync(service.pidFile, `${stranger}\n`);
  const { session } = await connect(here, []);
  expect(await stateOf(session, service)).toMatchObject({
    state: 'failed',
    detail: `service is dead; process ${stranger}, which ${service.pidFile} names, is not this service`,
  });
});

test('a PID file that is a pipe does not hold up the observation', async () => {
  const here = await makePlace();
  const service = here.service();
  here.stranger('mkfifo', service.pidFile);
  await eventually(() => (existsSync(service.pidFile) ? true : undefined));
  const { session } = await connect(here, []);
  expect(await stateOf(session, service)).toMatchObject({
    state: 'failed',
    detail: `there is no PID in ${service.pidFile}`,
  });
});

test('a daemon that executed itself anew still runs', async () => {
  const here = await makePlace();
  const service = here.service({ behaviour: 'successor' });
  service.call('start');
  await written(service, 'started');
  const first = service.pid();
  process.kill(first, 'SIGUSR2');
  const heir = await eventually(() => (service.pid() === first || isAlive(first) ? undefined : service.pid()));
  const { session } = await connect(here, []);
  expect(await stateOf(session, service)).toMatchObject({ state: 'running', pid: heir });
});

test('what ran before the machine was booted has failed, so that a switch starts it', async () => {
  const here = await makePlace();
  const service = here.service();
  service.call('start');
  service.call('stop');
  writeFileSync(service.recordFile, 'main 1234 567 00000000-0000-0000-0000-000000000000\n');
  const { session } = await connect(here, []);
  expect(await stateOf(session, service)).toMatchObject({ state: 'failed', detail: 'not started since the last boot' });
});

test('a script without a process is up once it was started', async () => {
  const here = await makePlace();
  const service = here.direct({
    name: 'mount',
    instructions: {
      start: { activity: 'Mounting', instruction: 'true' },
      stop: { activity: 'Unmounting', instruction: 'true' },
    },
  });
  const { session } = await connect(here, []);
  expect(await stateOf(session, service)).toMatchObject({ state: 'absent' });
  await session.start([service.unit]);
  expect(await stateOf(session, service)).toEqual({ state: 'running', pid: null, since: null, detail: null });
  await session.stop([service.unit]);
  expect(await stateOf(session, service)).toMatchObject({ state: 'stopped' });
});

test('a unit is wanted in the runlevels that it names', async () => {
  const here = await makePlace();
  const { unit } = here.service({ overrides: { runlevels: [3, 5] } });
  const wantedIn = async (runlevel: string): Promise<boolean | undefined> =>
    (await connect(here, [], { managerOptions: { runlevel } })).session.isWanted?.(unit);
  expect(await Promise.all(['2', '3', '4', '5'].map(wantedIn))).toEqual([false, true, false, true]);
  await expect(connect(here, [], { managerOptions: { runlevel: 'x' } })).rejects.toThrow('There is no runlevel "x"');
});

test('an empty deployment leaves neither processes nor records', async () => {
  const here = await makePlace();
  const services = ['one', 'two'].map((name) => here.service({ name }));
  const units = services.map(({ unit }) => unit);
  const { session } = await connect(here, units);
  await session.start(units);
  await session.stop(units);
  await session.install(null);
  await session.finish(null);
  expect(readdirSync(`${here.path}/run`)).toEqual([]);
  expect(processesThatMention(here.path)).toEqual([]);
});

test('only the records of what is no longer deployed go away', async () => {
  const here = await makePlace();
  const [one, two] = ['one', 'two'].map((name) => here.service({ name }));
  if (one === undefined || two === undefined) throw new Error('two services were made');
  const { session } = await connect(here, [one.unit, two.unit]);
  await session.start([one.unit, two.unit]);
  await session.stop([two.unit]);
  await session.finish(profileOf(here, [one.unit]));
  expect(readdirSync(`${here.path}/run/nixproc-sysvinit`)).toEqual(['one']);
});

test('logs are where the script puts what the process writes', async () => {
  const here = await makePlace();
  const { session } = await connect(here, []);
  const service = here.service();
  expect(session.logs(service.unit)).toEqual({ kind: 'files', paths: [service.logFile], user: null });
  const silent = here.service({ name: 'silent', overrides: { enableDaemonOutputLogging: false } });
  expect(session.logs(silent.unit)).toEqual({ kind: 'files', paths: [], user: null });
});

test('a unit is called by its instance, whatever its script is called', async () => {
  const here = await makePlace();
  const service = here.service();
  const unit = { ...service.unit, instance: 'attribute' as InstanceName };
  const { session } = await connect(here, []);
  expect(await session.start([unit])).toEqual([{ instance: 'attribute', ok: true, detail: null }]);
});
