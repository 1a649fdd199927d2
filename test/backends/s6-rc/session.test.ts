import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { DeployedProfile, ManagerSession } from '../../../src/backends/backend.js';
import { createRun } from '../../../src/system/run.js';
import { isAlive, processesThatMention } from '../../support/processes.js';
import { eventually } from '../../support/waiting.js';
import { daemonProgram } from '../supervisord/support/daemon.js';
import {
  deploy,
  failures,
  makeS6Place,
  observe,
  pidsOf,
  sh,
  sleeper,
  undeploy,
  unitCalled,
  type Properties,
  type S6Place,
  type Service,
} from './support/tree.js';

// s6-svscan, s6-supervise and s6-log are real; programs stand for those of s6-rc, which Debian 12 does not have.
let place: S6Place;
let session: ManagerSession;
let profile: DeployedProfile;
beforeEach(async () => {
  place = await makeS6Place();
});
afterEach(async () => {
  await undeploy(session, profile);
  await place.remove();
});

const start = async (...services: readonly Service[]): Promise<void> => {
  profile = place.generation(services);
  session = await place.connect(null, profile);
  expect(failures(await deploy(session, profile))).toEqual([]);
  place.standIn.calls();
};

/** Makes another generation current, restarting what is named, as an activation does. */
const switchTo = async (services: readonly Service[], restart: readonly string[] = []) => {
  const before = profile;
  const after = place.generation(services);
  session = await place.connect(before, after);
  const kept = new Set(after.units.map(({ name }) => name));
  await session.stop(before.units.filter(({ name }) => !kept.has(name)));
  profile = after;
  await session.install(after);
  const restarted = await session.restart(
    restart.map((name) => ({ before: unitCalled(before, name), after: unitCalled(after, name) })),
  );
  const known = new Set(before.units.map(({ name }) => name));
  const started = await session.start(after.units.filter(({ name }) => !known.has(name)));
  await session.finish(after);
  return failures([...restarted, ...started]);
};

const daemon = (name: string, version: number, properties: Properties = {}): Service => ({
  name,
  daemon: daemonProgram(join(place.root, 'run', `${name}.pid`), String(version)),
  ...properties,
});

/** Living processes that work in a directory or below it; s6-supervise names its own nowhere else. */
const processesIn = (directory: string): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readlinkSync(`/proc/${pid}/cwd`).startsWith(directory) && isAlive(pid);
      } catch {
        return false;
      }
    });

const databases = (): readonly string[] =>
  readdirSync(join(place.root, 'run/nix-processmgmt-ts/test/compiled')).filter((name) => !name.startsWith('.'));
const isCalled = (name: string) => (call: string) => call.startsWith(`${name} `);

test('the first deployment compiles a database, makes a live state and starts everything', async () => {
  profile = place.generation([sleeper('a'), sleeper('b', { dependencies: ['a'], level: 1 })]);
  session = await place.connect(null, profile);
  expect(failures(await deploy(session, profile))).toEqual([]);
  expect(await observe(session, profile)).toMatchObject({ a: { state: 'running' }, b: { state: 'running' } });
  const calls = place.standIn.calls().map((call) => call.replaceAll(place.root, ''));
  const live = '/run/nix-processmgmt-ts/test/live';
  expect(calls.filter((call) => !/ list$| help$/.test(call))).toEqual([
    expect.stringMatching(/^s6-rc-compile \S+\/compiled\/\.tmp-\S+-profile-1\.tmp \/store\/profile-1\/etc\/s6\/sv$/),
    `s6-rc-init -t 60000 -c /run/nix-processmgmt-ts/test/compiled/profile-1 -l ${live} /run/nix-processmgmt-ts/test/scan`,
    `s6-rc -b -l ${live} -t 300000 -u change a-srv a-log b-srv b-log`,
  ]);
});

test('of longruns that stay, exactly those that changed are restarted', async () => {
  await start(sleeper('a'), sleeper('b', { dependencies: ['a'], level: 1 }), sleeper('c'));
  const before = await pidsOf(session, profile);
  const changed = [
    sleeper('a', { environment: { CHANGED: '1' } }),
    sleeper('b', { dependencies: ['a'], level: 1 }),
    sleeper('c'),
  ];
  expect(await switchTo(changed, ['a'])).toEqual([]);
  const after = await pidsOf(session, profile);
  expect(after).toEqual({ a: expect.any(Number), b: before['b'], c: before['c'] });
  expect(after['a']).not.toBe(before['a']);
  expect(readFileSync(`/proc/${after['a'] ?? 0}/environ`, 'utf8')).toContain('CHANGED=1');
  expect(place.standIn.calls().filter(isCalled('s6-rc-update'))).toEqual([expect.not.stringContaining(' -f ')]);
});

test('a logger is not restarted with its process, nor the process with its logger', async () => {
  const logger = async (name: string): Promise<string> => {
    const directory = join(place.root, 'run/nix-processmgmt-ts/test/live/servicedirs', `${name}-log`);
    return (await createRun(process.env)({ file: 's6-svstat', args: ['-o', 'pid', directory] })).stdout.trim();
  };
  await start(sleeper('a'));
  const [before, writer] = [await pidsOf(session, profile), await logger('a')];
  await switchTo([sleeper('a', { umask: '077' })], ['a']);
  const middle = await pidsOf(session, profile);
  expect(await logger('a')).toBe(writer);
  expect(middle['a']).not.toBe(before['a']);
  await switchTo(
    [sleeper('a', { umask: '077', override: { logSettings: { logDir: join(place.root, 'tmp') } } })],
    ['a'],
  );
  expect(await logger('a')).not.toBe(writer);
  expect(await pidsOf(session, profile)).toEqual(middle);
});

test('what is removed is stopped, what is new is started, and what depended on the former runs again', async () => {
  await start(sleeper('old'), sleeper('a', { dependencies: ['old'], level: 1 }), sleeper('b'));
  const before = await pidsOf(session, profile);
  expect(await switchTo([sleeper('a'), sleeper('b'), sleeper('new')], ['a'])).toEqual([]);
  const after = await pidsOf(session, profile);
  expect(after).toEqual({ a: expect.any(Number), b: before['b'], new: expect.any(Number) });
  expect(isAlive(before['old'] ?? 0)).toBe(false);
});

test('a process that becomes one of another kind is replaced', async () => {
  await start(sleeper('a', { override: { autoGenerateLogService: false } }));
  expect(await switchTo([sleeper('a')], ['a'])).toEqual([]);
  expect(await observe(session, profile)).toMatchObject({ a: { state: 'running' } });
  expect(await switchTo([daemon('a', 1)], ['a'])).toEqual([]);
  expect(await observe(session, profile)).toMatchObject({ a: { state: 'running' } });
  expect(await switchTo([sleeper('a')], ['a'])).toEqual([]);
  expect(await observe(session, profile)).toMatchObject({ a: { state: 'running' } });
});

test('each generation has a database, which goes when the generation has gone', async () => {
  await start(sleeper('a'));
  await switchTo([sleeper('a', { umask: '077' })], ['a']);
  expect(databases()).toEqual(['profile-1', 'profile-2']);
  rmSync(join(place.root, 'store/profile-1'), { recursive: true });
  await switchTo([sleeper('a', { umask: '027' })], ['a']);
  expect(databases()).toEqual(['profile-2', 'profile-3']);
});

const exits = [
  { code: 3, message: 's6-rc-update refused to replace the services; nothing was changed', live: 1 },
  { code: 9, message: 'The old services are still in place: s6-rc could not stop some of them', live: 1 },
  { code: 10, message: 'The old services are still in place: s6-rc took too long to stop some of them', live: 1 },
  { code: 1, message: 'The new services are in place, but s6-rc could not bring all of them where they were', live: 2 },
  {
    code: 2,
    message: 'The new services are in place, but s6-rc took too long to bring all of them where they were',
    live: 2,
  },
];

test.each(exits)(
  'exit code $code of s6-rc-update is told apart, and going back works',
  async ({ code, message, live }) => {
    await start(sleeper('a'), sleeper('b'));
    const before = await pidsOf(session, profile);
    const old = profile;
    place.standIn.fail('s6-rc-update', code);
    await expect(switchTo([sleeper('a', { umask: '077' }), sleeper('b')], ['a'])).rejects.toThrow(message);
    const database = join(place.root, 'run/nix-processmgmt-ts/test/live/compiled/db.json');
    const expected = join(place.root, `run/nix-processmgmt-ts/test/compiled/profile-${live}/db.json`);
    expect(readFileSync(database, 'utf8')).toBe(readFileSync(expected, 'utf8'));
    profile = old;
    await session.install(old);
    await session.finish(old);
    expect(await pidsOf(session, old)).toEqual(before);
  },
);

test('a database of another version of s6-rc is upgraded, and the services keep running', async () => {
  await start(sleeper('a'), sleeper('b'));
  const before = await pidsOf(session, profile);
  place.standIn.fail('s6-rc-update', 4);
  expect(await switchTo([sleeper('a', { umask: '077' }), sleeper('b')], ['a'])).toEqual([]);
  expect((await pidsOf(session, profile))['b']).toBe(before['b']);
  expect(place.standIn.calls().filter(isCalled('s6-rc-format-upgrade'))).toHaveLength(1);
});

test('services that s6-rc-compile refuses change nothing', async () => {
  await start(sleeper('a'));
  const before = await pidsOf(session, profile);
  const old = profile;
  place.standIn.fail('s6-rc-compile', 1);
  await expect(switchTo([sleeper('a'), sleeper('b')])).rejects.toThrow('s6-rc-compile refuses the services');
  profile = old;
  expect(await pidsOf(session, old)).toEqual(before);
  expect(databases()).toEqual(['profile-1']);
});

test('a process that ends at once is a failure, with the last lines that it wrote', async () => {
  profile = place.generation([sh('a', 'echo "no such thing" >&2; exit 3'), sleeper('b')]);
  session = await place.connect(null, profile);
  expect(await deploy(session, profile)).toEqual([
    {
      instance: 'a',
      ok: false,
      detail: expect.stringMatching(/^it exited with code 3; s6-supervise starts it again\n(no such thing\n?)+$/),
    },
    { instance: 'b', ok: true, detail: null },
  ]);
});

test('a process that says when it is ready is waited for', async () => {
  const marker = join(place.root, 'tmp/ready');
  await start(sh('a', `sleep 0.5; touch ${marker}; echo >&4; exec sleep 1000`, { override: { notificationFd: 4 } }));
  expect(existsSync(marker)).toBe(true);
  const before = await pidsOf(session, profile);
  rmSync(marker);
  const unit = unitCalled(profile, 'a');
  expect(failures(await session.restart([{ before: unit, after: unit }]))).toEqual([]);
  expect(existsSync(marker)).toBe(true);
  expect(await pidsOf(session, profile)).not.toEqual(before);
});

test('a process that does not end is killed, when it is stopped and when it is restarted', async () => {
  await start(sh('deaf', `trap '' TERM; while :; do sleep 0.1; done`, { override: { timeoutKill: 500 } }));
  const unit = unitCalled(profile, 'deaf');
  const first = (await pidsOf(session, profile))['deaf'] ?? 0;
  expect(failures(await session.restart([{ before: unit, after: unit }]))).toEqual([]);
  const second = (await pidsOf(session, profile))['deaf'] ?? 0;
  expect([isAlive(first), isAlive(second)]).toEqual([false, true]);
  expect(failures(await session.stop([unit]))).toEqual([]);
  expect(isAlive(second)).toBe(false);
});

test('stopping takes along what depends on it, and a later change leaves both stopped', async () => {
  await start(sleeper('a'), sleeper('b', { dependencies: ['a'], level: 1 }), sleeper('c'));
  expect(failures(await session.stop([unitCalled(profile, 'a')]))).toEqual([]);
  const states = async () => Object.values(await observe(session, profile)).map(({ state }) => state);
  expect(await states()).toEqual(['stopped', 'stopped', 'running']);
  await switchTo(
    [sleeper('a'), sleeper('b', { dependencies: ['a'], level: 1 }), sleeper('c', { umask: '077' })],
    ['c'],
  );
  expect(await states()).toEqual(['stopped', 'stopped', 'running']);
  expect(failures(await session.start([unitCalled(profile, 'b')]))).toEqual([]);
  expect(await states()).toEqual(['running', 'running', 'running']);
});

test('an essential service is stopped by whoever asks this program for it', async () => {
  await start(sleeper('a', { override: { flagEssential: true } }));
  expect(failures(await session.stop(profile.units))).toEqual([]);
  expect(place.standIn.calls().some((call) => call.includes(' -D change '))).toBe(true);
});

test('what s6-svc stopped is reported as stopped, and started again when it is asked for', async () => {
  await start(sleeper('a'));
  const directory = join(place.root, 'run/nix-processmgmt-ts/test/live/servicedirs/a-srv');
  await createRun(process.env)({ file: 's6-svc', args: ['-wd', '-d', directory] });
  expect(await observe(session, profile)).toMatchObject({ a: { state: 'stopped' } });
  expect(failures(await session.start(profile.units))).toEqual([]);
  expect(await observe(session, profile)).toMatchObject({ a: { state: 'running' } });
});

test('a daemon without a foreground form is started, seen, reloaded, restarted without its dependents, and stopped', async () => {
  const pidFile = join(place.root, 'run/a.pid');
  await start(daemon('a', 1), sleeper('b', { dependencies: ['a'], level: 1 }));
  const before = await pidsOf(session, profile);
  expect(before['a']).toBe(Number(readFileSync(pidFile, 'utf8')));
  expect(await switchTo([daemon('a', 2), sleeper('b', { dependencies: ['a'], level: 1 })], ['a'])).toEqual([]);
  const after = await pidsOf(session, profile);
  expect(after['b']).toBe(before['b']);
  expect(after['a']).not.toBe(before['a']);
  expect(isAlive(before['a'] ?? 0)).toBe(false);
  expect(failures(await session.stop([unitCalled(profile, 'a')]))).toEqual([]);
  expect(isAlive(after['a'] ?? 0)).toBe(false);
  expect(existsSync(pidFile)).toBe(false);
  await undeploy(session, profile);
  // Its script has kept a record there.
  expect(readdirSync(join(place.root, 'run'))).toEqual([]);
});

test('a bundle that has gone leaves what was in it as it is; to restart or reload one is to name its contents', async () => {
  const bundle = (name: string, ...contents: readonly string[]): Service => ({
    direct: { name, contents },
    level: 1,
    dependencies: contents,
  });
  await start(sleeper('a'), sleeper('b'), bundle('both', 'a', 'b'));
  const [both] = [unitCalled(profile, 'both')];
  for (const outcomes of [await session.restart([{ before: both, after: both }]), await session.reload([both])]) {
    expect(outcomes).toEqual([
      { instance: both.instance, ok: false, detail: expect.stringMatching(/^it is a bundle of a, b: re\w+ those$/) },
    ]);
  }
  const before = await pidsOf(session, profile);
  expect(await switchTo([sleeper('a')])).toEqual([]);
  expect(await pidsOf(session, profile)).toEqual({ a: before['a'] });
  expect(isAlive(before['b'] ?? 0)).toBe(false);
  // It is only another name of what may run.
  expect((await session.drift?.(profile, [both]))?.extras).toEqual([]);
  await switchTo([sleeper('a'), bundle('one', 'a')]);
  expect(failures(await session.stop([unitCalled(profile, 'one')]))).toEqual([]);
  expect(isAlive(before['a'] ?? 0)).toBe(false);
});

test('a daemon that died is reported as failed, and started again when it is asked for', async () => {
  await start(daemon('a', 1));
  const { a: pid } = await pidsOf(session, profile);
  process.kill(pid ?? 0, 'SIGKILL');
  await eventually(async () => ((await observe(session, profile))['a']?.state === 'failed' ? true : undefined));
  expect(failures(await session.start(profile.units))).toEqual([]);
  expect(await observe(session, profile)).toMatchObject({ a: { state: 'running' } });
});

test('a daemon whose initialization fails does not start, and says why', async () => {
  profile = place.generation([daemon('a', 1, { initialize: 'echo "no space" >&2\nfalse' })]);
  session = await place.connect(null, profile);
  const [outcome] = await deploy(session, profile);
  expect(outcome).toMatchObject({ ok: false, detail: expect.stringContaining('unable to start service a') });
});

test('commands and bundles are started, seen and stopped', async () => {
  const mark = join(place.root, 'tmp/mark');
  await start(
    sleeper('a'),
    { direct: { name: 'once', up: `touch "${mark}"`, down: `rm "${mark}"` } },
    { direct: { name: 'both', contents: ['a', 'once'] }, dependencies: ['a', 'once'], level: 1 },
  );
  expect(existsSync(mark)).toBe(true);
  expect(await observe(session, profile)).toMatchObject({ once: { state: 'running' }, both: { state: 'running' } });
  expect(failures(await session.stop([unitCalled(profile, 'both')]))).toEqual([]);
  expect(existsSync(mark)).toBe(false);
  expect(await observe(session, profile)).toMatchObject({ a: { state: 'stopped' }, both: { state: 'stopped' } });
  expect(failures(await session.start([unitCalled(profile, 'both')]))).toEqual([]);
});

test('a reload sends HUP to a longrun', async () => {
  const seen = join(place.root, 'tmp/seen');
  await start(sh('a', `trap 'echo hup >>${seen}' HUP; while :; do sleep 0.05; done`));
  const before = await pidsOf(session, profile);
  expect(failures(await session.reload(profile.units))).toEqual([]);
  expect(await eventually(() => readFileSync(seen, 'utf8'))).toBe('hup\n');
  expect(await pidsOf(session, profile)).toEqual(before);
});

test('what a process prints goes through the pipeline into its log', async () => {
  await start(sh('a', 'echo to stdout; echo to stderr >&2; exec sleep 1000'));
  const file = join(place.root, 'log/s6-log/a/current');
  expect(session.logs(unitCalled(profile, 'a'))).toEqual({ kind: 'files', paths: [file] });
  expect(await eventually(() => readFileSync(file, 'utf8') || undefined)).toBe('to stdout\nto stderr\n');
});

test('a live state in which nothing runs, as after a restart of the machine, is made anew', async () => {
  await start(sleeper('a'));
  const directory = join(place.root, 'run/nix-processmgmt-ts/test');
  await createRun(process.env)({ file: 's6-svscanctl', args: ['-t', join(directory, 'scan')] });
  await eventually(() => (processesThatMention(directory).length === 0 ? true : undefined));
  session = await place.connect(profile, profile);
  expect(await observe(session, profile)).toMatchObject({ a: { state: 'absent' } });
  expect(failures(await deploy(session, profile))).toEqual([]);
  expect(await observe(session, profile)).toMatchObject({ a: { state: 'running' } });
});

/** Kills programs of the deployment whose command lines begin so. */
const killPrograms = async (...beginnings: readonly string[]): Promise<void> => {
  const pids = processesThatMention(place.root)
    .filter(({ commandLine }) => beginnings.some((beginning) => commandLine.startsWith(beginning)))
    .map(({ pid }) => pid);
  expect(pids.length).toBeGreaterThanOrEqual(beginnings.length);
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  await eventually(() => (pids.some(isAlive) ? undefined : true));
};

const sleepersOf = (): readonly number[] =>
  processesThatMention(place.root)
    .filter(({ commandLine }) => commandLine === 'sleep 1000')
    .map(({ pid }) => pid);

test('an s6-svscan that was killed is missed, and brought back with what ran: nothing runs twice', async () => {
  await start(sleeper('a'), sleeper('b', { dependencies: ['a'] }), sleeper('c'));
  await session.stop([unitCalled(profile, 'c')]);
  const before = await pidsOf(session, profile);
  await killPrograms('s6-svscan');
  session = await place.connect(profile, profile);
  expect(await observe(session, profile)).toMatchObject({ a: { state: 'running', pid: before['a'] } });
  expect(session.loss?.()).toContain('s6-svscan has ended');
  await session.install(profile);
  await session.finish(profile);
  session = await place.connect(profile, profile);
  const after = await pidsOf(session, profile);
  expect(session.loss?.()).toBe(null);
  expect(after).toEqual({ a: expect.any(Number), b: expect.any(Number), c: null });
  expect([...sleepersOf()].sort()).toEqual([after['a'], after['b']].sort());
});

test('with an s6-supervise gone as well, what is left is seen, ended, and started once', async () => {
  await start(sleeper('a'), sleeper('b'));
  await observe(session, profile);
  // Nobody has looked since it was started again.
  const b = (await pidsOf(session, profile))['b'];
  process.kill(b ?? 0, 'SIGKILL');
  await eventually(() => (sleepersOf().length === 2 && !sleepersOf().includes(b ?? 0) ? true : undefined));
  const left = sleepersOf();
  await killPrograms('s6-svscan', 's6-supervise a-srv', 's6-supervise b-srv');
  session = await place.connect(profile, profile);
  const observed = await observe(session, profile);
  expect(observed).toMatchObject({ a: { state: 'failed' }, b: { state: 'failed' } });
  expect([observed['a']?.pid, observed['b']?.pid].sort()).toEqual([...left].sort());
  expect(observed['a']?.detail).toContain('still runs, but its s6-supervise was killed');
  expect(session.loss?.()).toContain('s6-svscan has ended');
  expect(failures(await deploy(session, profile))).toEqual([]);
  expect(left.filter(isAlive)).toEqual([]);
  expect(sleepersOf()).toHaveLength(2);

  await killPrograms('s6-svscan', 's6-supervise');
  session = await place.connect(profile, null);
  await undeploy(session, profile);
  expect(processesThatMention(place.root)).toEqual([]);
});

/** Kills an s6-supervise, which s6-svscan starts again, and waits for the new one. */
const replaceSupervisor = async (service: string): Promise<void> => {
  await killPrograms(`s6-supervise ${service}`);
  await eventually(() =>
    processesThatMention(place.root).some(({ commandLine }) => commandLine === `s6-supervise ${service}`)
      ? true
      : undefined,
  );
};

test('a killed s6-supervise that s6-svscan starts again ends the process that is left before it starts another one', async () => {
  await start(
    // It takes a while to end; what it has started goes with it.
    sh('a', `trap 'sleep 1; exit' TERM; sleep 1000 & wait`),
    sh('deaf', `trap '' TERM; exec sleep 1001`, { override: { timeoutKill: 500 } }),
    sleeper('b'),
  );
  const before = await pidsOf(session, profile);
  const running = (commandLine: string): number =>
    processesThatMention(place.root).filter((process) => process.commandLine === commandLine).length;
  await Promise.all(['a-srv', 'deaf-srv'].map(replaceSupervisor));
  // Nobody says anything to s6 from here on.
  let most = 0;
  await eventually(() => {
    most = Math.max(most, running('sleep 1000') - 1, running('sleep 1001'));
    const left = [before['a'], before['deaf']].some((pid) => isAlive(pid ?? 0));
    return !left && running('sleep 1000') === 2 && running('sleep 1001') === 1 ? true : undefined;
  });
  expect(most).toBe(1);
  const after = await observe(session, profile);
  expect(after).toMatchObject({ a: { state: 'running' }, deaf: { state: 'running' }, b: { pid: before['b'] } });
  const log = readFileSync(join(place.root, 'run/nix-processmgmt-ts/test/s6-svscan.log'), 'utf8');
  expect(log).toContain(`a-srv: ending process ${before['a']}, which a killed s6-supervise has left behind\n`);
  // A stop of s6's own leaves what the process has started.
  await session.stop([unitCalled(profile, 'a')]);
  for (const pid of sleepersOf()) if (pid !== before['b']) process.kill(pid, 'SIGKILL');
});

test('a run script that somebody calls by hand neither ends what is supervised nor starts another one', async () => {
  await start(sleeper('a'));
  const before = await pidsOf(session, profile);
  const directory = join(place.root, 'run/nix-processmgmt-ts/test/live/servicedirs/a-srv');
  const { exitCode, stderr } = await createRun(process.env)({
    file: 'timeout',
    args: ['20', './run.user'],
    cwd: directory,
  });
  expect(stderr).toContain(`a-srv: process ${before['a']} runs already, and is supervised`);
  expect(exitCode).toBe(111);
  expect(await pidsOf(session, profile)).toEqual(before);
  expect(sleepersOf()).toEqual([before['a']]);
});

test('a process has no descriptor of a lock, and a start after its end waits for nobody', async () => {
  await start(sh('a', 'exec sleep 1000'));
  const { a } = await pidsOf(session, profile);
  expect(readdirSync(`/proc/${a}/fd`).sort()).toEqual(['0', '1', '2']);
  process.kill(a ?? 0, 'SIGKILL');
  const next = await eventually(() => sleepersOf().find((pid) => pid !== a));
  const record = join(place.root, 'run/nix-processmgmt-ts/test/live/servicedirs/a-srv/nixproc-process');
  expect(readFileSync(record, 'utf8')).toMatch(new RegExp(`^main ${next} \\d+ [0-9a-f-]{36}\n$`));
});

test('what a longrun of s6-rc itself has left behind ends with an undeployment', async () => {
  await start(sleeper('a'));
  const directory = join(place.root, 'run/nix-processmgmt-ts/test');
  const own = join(directory, 'live/servicedirs/s6rc-fdholder');
  mkdirSync(own);
  writeFileSync(join(own, 'run'), '#!/bin/sh\nexec sleep 1000\n', { mode: 0o755 });
  symlinkSync(own, join(directory, 'scan/s6rc-fdholder'));
  await createRun(process.env)({ file: 's6-svscanctl', args: ['-a', join(directory, 'scan')] });
  await eventually(() => (sleepersOf().length === 2 ? true : undefined));
  await observe(session, profile);
  await replaceSupervisor('s6rc-fdholder');
  await eventually(() => (sleepersOf().length === 3 ? true : undefined));
  session = await place.connect(profile, null);
  await undeploy(session, profile);
  expect(processesThatMention(place.root)).toEqual([]);
});

test('a process whose s6-supervise was killed is ended before another one is started, whatever script runs it', async () => {
  const direct = { name: 'a', run: '#!/bin/sh\nexec sleep 1000\n' };
  await start({ direct }, sleeper('b'));
  const before = await pidsOf(session, profile);
  await replaceSupervisor('a-srv');
  session = await place.connect(profile, profile);
  expect(await observe(session, profile)).toMatchObject({
    a: { state: 'failed', pid: before['a'] },
    b: { state: 'running' },
  });
  expect(failures(await session.start([unitCalled(profile, 'a')]))).toEqual([]);
  const after = await pidsOf(session, profile);
  expect(after['b']).toBe(before['b']);
  expect([...sleepersOf()].sort()).toEqual([after['a'], after['b']].sort());
});

test('a log that another profile has in use is named before anything is done', async () => {
  await start(sleeper('a'), sleeper('b'));
  expect(await session.collisions?.(profile.units, profile.units)).toEqual([]);
  const other = { ...profile, profileName: 'other' };
  const beside = await place.connect(null, other);
  expect(await beside.collisions?.(profile.units, [])).toMatchObject(
    ['a', 'b'].map((name) => ({
      instance: unitCalled(profile, name).instance,
      what: expect.stringContaining(`The log in ${join(place.root, 'log/s6-log', name)} is written by another service`),
    })),
  );
});

test('a directory of somebody else is neither believed nor emptied', async () => {
  profile = place.generation([sleeper('a')]);
  const directory = join(place.root, 'run/nix-processmgmt-ts/test');
  const victim = join(place.root, 'victim');
  mkdirSync(join(victim, 'compiled'), { recursive: true });
  mkdirSync(join(place.root, 'run/nix-processmgmt-ts'), { recursive: true });
  symlinkSync(victim, directory);
  const refused = { exitCode: 8, message: `${directory} cannot hold the live state of s6-rc` };
  session = await place.connect(profile, profile);
  await expect(session.observe(profile.units)).rejects.toMatchObject(refused);
  await expect(session.stop(profile.units)).rejects.toMatchObject(refused);
  await expect(session.install(profile)).rejects.toMatchObject(refused);
  await expect(session.finish(null)).rejects.toMatchObject(refused);
  expect(readdirSync(victim)).toEqual(['compiled']);
  rmSync(directory);
});

test('an s6-svscan that runs already supervises the services, and what others have there is seen and left alone', async () => {
  const scan = join(place.root, 'run/service');
  mkdirSync(join(scan, 'other'), { recursive: true });
  writeFileSync(join(scan, 'other/run'), '#!/bin/sh\nexec sleep 1000\n', { mode: 0o755 });
  const run = createRun(process.env);
  await run({ file: '/bin/sh', args: ['-c', 's6-svscan "$0" >/dev/null 2>&1 &', scan], leavesDaemon: true });
  try {
    await eventually(async () =>
      (await run({ file: 's6-svscanctl', args: [scan] })).exitCode === 0 ? true : undefined,
    );
    await start(sleeper('a'));
    expect(readdirSync(scan).sort()).toEqual(['.s6-svscan', 'other', 'test-a-log', 'test-a-srv']);
    mkdirSync(join(scan, 'test-b-srv'));
    const next = place.generation([sleeper('a'), sleeper('b')]);
    expect(await (await place.connect(profile, next)).collisions?.(next.units, profile.units)).toEqual([
      expect.objectContaining({ instance: 'b', what: expect.stringContaining(`${join(scan, 'test-b-srv')} already`) }),
    ]);
    await undeploy(session, profile);
    expect(readdirSync(scan).sort()).toEqual(['.s6-svscan', 'other', 'test-b-srv']);
    expect(await (await place.connect(null, next)).collisions?.(next.units, [])).toMatchObject([{ instance: 'b' }]);
    expect((await run({ file: 's6-svok', args: [join(scan, 'other')] })).exitCode).toBe(0);
  } finally {
    await run({ file: 's6-svscanctl', args: ['-t', scan] });
    await eventually(() => (processesThatMention(scan).length === 0 ? true : undefined));
  }
});

test('after an undeployment no process and no file is left', async () => {
  await start(sleeper('a'), daemon('b', 1));
  await undeploy(session, profile);
  expect(existsSync(join(place.root, 'run/nix-processmgmt-ts'))).toBe(false);
  expect(processesIn(place.root)).toEqual([]);
  await eventually(() => (processesThatMention(place.root).length === 0 ? true : undefined));
});
