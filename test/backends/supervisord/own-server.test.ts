import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { spawn, type ChildProcess } from 'node:child_process';

import { dirname, join } from 'node:path';
import type { DeployedProfile } from '../../../src/backends/backend.js';
import { createRun } from '../../../src/system/run.js';
import { isAlive, processesThatMention } from '../../support/processes.js';
import { eventually } from '../../support/waiting.js';
import { daemonProgram } from './support/daemon.js';
import { factsOf } from './support/process-facts.js';
import {
  deploy,
  failures,
  makeSupervised,
  pidOf,
  sh,
  sleeper,
  undeploy,
  unitCalled,
  type Supervised,
} from './support/supervised.js';

// A machine may be busy: it is not for these tests to say how fast supervisord has to be.

let place: Supervised;
const strangers: ChildProcess[] = [];
/** A process that is none of ours. */
const startStranger = (): number => {
  const child = spawn('sleep', ['1000']);
  strangers.push(child);
  return child.pid ?? 0;
};
beforeEach(async () => {
  place = await makeSupervised();
});
afterEach(async () => {
  for (const child of strangers.splice(0)) child.kill('SIGKILL');
  for (const { pid } of processesThatMention(place.root)) process.kill(pid, 'SIGKILL');
  await place.remove();
});

const directory = (): string => join(place.root, 'run/nix-processmgmt-ts/test');
const serverPid = (): number => Number(readFileSync(join(directory(), 'supervisord.pid'), 'utf8'));
const runFiles = (): readonly string[] => readdirSync(join(place.root, 'run'));

test('a supervisord of our own is started for a profile and leaves nothing behind', async () => {
  const profile = place.generation([sleeper('one'), sleeper('two')]);
  const session = await place.connect({ target: profile });
  expect([...(await session.observe(profile.units)).values()].map(({ state }) => state)).toEqual(['absent', 'absent']);
  expect(runFiles()).toEqual([]);

  expect(failures(await deploy(session, profile))).toEqual([]);
  const socket = lstatSync(join(directory(), 'supervisord.sock'));
  expect(socket.isSocket()).toBe(true);
  expect(socket.mode & 0o777).toBe(0o700);
  expect(lstatSync(directory()).mode & 0o777).toBe(0o700);

  await undeploy(session, profile);
  expect(runFiles()).toEqual([]);
  expect(processesThatMention(place.root)).toEqual([]);
  expect(existsSync(join(place.root, 'log/nixproc-one.log'))).toBe(true);
});

test('a second session finds the supervisord of the first', async () => {
  const profile = place.generation([sleeper('one')]);
  await deploy(await place.connect({ target: profile }), profile);
  const pid = serverPid();
  const session = await place.connect({ current: profile, target: profile });
  expect([...(await session.observe(profile.units)).values()]).toMatchObject([{ state: 'running' }]);
  await session.install(profile);
  await session.finish(profile);
  expect(serverPid()).toBe(pid);
  await undeploy(session, profile);
  expect(isAlive(pid)).toBe(false);
});

test('supervisord is started before its programs, which may still run elsewhere', async () => {
  const profile = place.generation([sleeper('one')]);
  const session = await place.connect({ target: profile });
  await session.install(profile);
  const pid = serverPid();
  expect([...(await session.observe(profile.units)).values()]).toMatchObject([{ state: 'absent' }]);
  expect(failures(await session.start(profile.units))).toEqual([]);
  expect(serverPid()).toBe(pid);
  await undeploy(session, profile);
});

test('programs do not get the environment of whoever happens to start supervisord', async () => {
  const profile = place.generation([sleeper('one', { environment: { OWN: 'yes' } })]);
  const env = { ...process.env, SECRET: 'of the caller', LANG: 'C.UTF-8' };
  const session = await place.connect({ target: profile, run: createRun(env), env });
  await deploy(session, profile);
  const { environment } = factsOf(await pidOf(session, unitCalled(profile, 'one')));
  expect(environment).toMatchObject({ OWN: 'yes' });
  expect(environment).not.toHaveProperty('SECRET');
  expect(environment).not.toHaveProperty('LANG');
  await undeploy(session, profile);
});

/** Kills supervisord, which has no chance to stop its programs. */
const killServer = async (): Promise<void> => {
  const pid = serverPid();
  process.kill(pid, 'SIGKILL');
  await eventually(() => (isAlive(pid) ? undefined : true));
};

test('a supervisord that was killed is told from one that runs, and what it left running is ended first', async () => {
  const profile = place.generation([sleeper('one'), sleeper('two', { level: 1 })]);
  const first = await place.connect({ target: profile });
  await deploy(first, profile);
  const before = await Promise.all(profile.units.map((unit) => pidOf(first, unit)));
  await killServer();
  expect(readdirSync(directory())).toContain('supervisord.sock');
  expect(before.map(isAlive)).toEqual([true, true]);

  const session = await place.connect({ current: profile, target: profile });
  expect([...(await session.observe(profile.units)).values()]).toMatchObject(
    before.map((pid) => ({
      state: 'failed',
      pid,
      detail: `process ${pid} still runs, but its supervisord has ended`,
    })),
  );
  expect(session.loss?.()).toBe('supervisord has ended: nothing watches over its programs');
  expect(failures(await deploy(session, profile))).toEqual([]);
  expect(before.map(isAlive)).toEqual([false, false]);
  expect([...(await session.observe(profile.units)).values()]).toMatchObject([
    { state: 'running' },
    { state: 'running' },
  ]);
  expect(session.loss?.()).toBe(null);
  await undeploy(session, profile);
  expect(runFiles()).toEqual([]);
});

test('an undeployment leaves nothing, also when supervisord was killed', async () => {
  const pidFile = join(place.root, 'run/daemon.pid');
  const profile = place.generation([
    sh('deaf', "trap '' TERM; while :; do sleep 0.1; done", { override: { stopwaitsecs: 1 } }),
    { name: 'background', daemon: daemonProgram(pidFile), pidFile },
  ]);
  await deploy(await place.connect({ target: profile }), profile);
  await killServer();
  await undeploy(await place.connect({ current: profile }), profile);
  expect(processesThatMention(place.root)).toEqual([]);
  expect(runFiles()).toEqual([]);
});

test('what a killed supervisord has left is told without a clock, by what it had and what it has started since', async () => {
  const profile = place.generation([
    sleeper('seen'),
    // Nobody has looked since it was started again.
    sh('restarted', 'exec sleep 1000', { override: { startsecs: 0 } }),
    {
      name: 'background',
      daemon: daemonProgram(join(place.root, 'run/daemon.pid')),
      pidFile: join(place.root, 'run/daemon.pid'),
    },
    sleeper('stopped'),
  ]);
  const first = await place.connect({ target: profile });
  await deploy(first, profile);
  await first.stop([unitCalled(profile, 'stopped')]);
  await first.observe(profile.units);
  const [old, stranger] = [await pidOf(first, unitCalled(profile, 'restarted')), startStranger()];
  process.kill(old, 'SIGKILL');
  const restarted = await eventually(() => {
    const [, pid] = [
      ...readFileSync(join(directory(), 'supervisord.log'), 'utf8').matchAll(/'restarted' with pid (\d+)/g),
    ].map(([, number]) => Number(number));
    return pid;
  });
  await killServer();
  // As when its number had been in the log before it was given to somebody else.
  appendFileSync(
    join(directory(), 'supervisord.log'),
    `2026-01-01 00:00:00,000 INFO spawned: 'seen' with pid ${stranger}\n`,
  );
  const timeZone = process.env['TZ'];
  process.env['TZ'] = 'Asia/Tokyo';
  try {
    const session = await place.connect({ current: profile, target: profile });
    const observed = await session.observe(profile.units);
    expect(profile.units.map(({ name, instance }) => [name, observed.get(instance)?.state])).toEqual([
      ['seen', 'failed'],
      ['restarted', 'failed'],
      ['background', 'failed'],
      ['stopped', 'stopped'],
    ]);
    expect(observed.get(unitCalled(profile, 'restarted').instance)?.pid).toBe(restarted);
    await undeploy(session, profile);
  } finally {
    if (timeZone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = timeZone;
  }
  expect(processesThatMention(place.root)).toEqual([]);
  expect(isAlive(stranger)).toBe(true);
});

test('nothing is started by looking at a deployment, or by stopping what does not run', async () => {
  const profile = place.generation([sleeper('one')]);
  const session = await place.connect({ current: profile, target: profile });
  await session.observe(profile.units);
  expect(failures(await session.stop(profile.units))).toEqual([]);
  await session.install(profile);
  await session.finish(profile);
  await undeploy(session, profile);
  expect(runFiles()).toEqual([]);
});

test('starting a single program after a reboot loads no other', async () => {
  const profile = place.generation([sleeper('one'), sleeper('two')]);
  const session = await place.connect({ current: profile, target: null });
  await session.install(profile);
  expect(failures(await session.start([unitCalled(profile, 'two')]))).toEqual([]);
  expect([...(await session.observe(profile.units)).values()].map(({ state }) => state)).toEqual(['absent', 'running']);
  await undeploy(session, profile);
});

test('a supervisord without its socket is not started a second time', async () => {
  const profile = place.generation([sleeper('one')]);
  const session = await place.connect({ target: profile });
  await deploy(session, profile);
  const { unlinkSync } = await import('node:fs');
  unlinkSync(join(directory(), 'supervisord.sock'));
  await expect(session.observe(profile.units)).rejects.toMatchObject({
    exitCode: 8,
    message: `supervisord (process ${serverPid()}) runs, but cannot be reached`,
  });
});

test('one that hangs is not waited for without an end', async () => {
  const profile = place.generation([sleeper('one')]);
  await deploy(await place.connect({ target: profile }), profile);
  process.kill(serverPid(), 'SIGSTOP');
  const session = await place.connect({ current: profile, target: profile, answerLimits: { patience: 300 } });
  const late = { exitCode: 8, message: 'supervisord did not answer within 0.3 s' };
  await expect(session.observe(profile.units)).rejects.toMatchObject(late);
  await expect(session.stop(profile.units)).rejects.toMatchObject(late);
  await expect(session.install(profile)).rejects.toMatchObject(late);
  process.kill(serverPid(), 'SIGCONT');
  await undeploy(await place.connect({ current: profile }), profile);
});

test('a socket path that is too long is refused before anything is done, in words', async () => {
  const runtimeDir = join(place.root, 'x'.repeat(100 - place.root.length));
  const profile: DeployedProfile = {
    ...place.generation([sleeper('one')]),
    directories: { stateDir: place.root, runtimeDir, logDir: join(place.root, 'log') },
  };
  await expect(place.connect({ target: profile })).rejects.toMatchObject({
    exitCode: 8,
    message: `The path of supervisord's socket, ${runtimeDir}/nix-processmgmt-ts/test/supervisord.sock, is too long`,
    fix: 'Choose a shorter runtime directory (--runtime-dir or --state-dir), or a shorter profile name',
  });
});

test('the longest socket path that is not refused works', async () => {
  const suffix = '/nix-processmgmt-ts/test/supervisord.sock'.length;
  const runtimeDir = join(place.root, 'x'.repeat(107 - 8 - suffix - place.root.length - 1));
  mkdirSync(runtimeDir);
  const profile: DeployedProfile = {
    ...place.generation([sleeper('one')]),
    directories: { stateDir: place.root, runtimeDir, logDir: join(place.root, 'log') },
  };
  const session = await place.connect({ target: profile });
  expect(failures(await deploy(session, profile))).toEqual([]);
  await undeploy(session, profile);
});

test('state directories may have percent signs, spaces and letters beyond ASCII in their names', async () => {
  const base = join(place.root, "100% ä b'c");
  const directories = {
    stateDir: base,
    runtimeDir: join(base, 'run'),
    logDir: join(base, 'log'),
    tmpDir: join(base, 'tmp'),
  };
  for (const path of [directories.runtimeDir, directories.logDir]) mkdirSync(path, { recursive: true });
  const profile: DeployedProfile = { ...place.generation([sleeper('one')], { directories }), directories };
  const session = await place.connect({ target: profile });
  expect(failures(await deploy(session, profile))).toEqual([]);
  expect(readdirSync(directories.logDir)).toEqual(['nixproc-one.log']);
  await undeploy(session, profile);
  expect(readdirSync(directories.runtimeDir)).toEqual([]);
});

test('what supervisord would refuse leaves everything as it was', async () => {
  const first = place.generation([sleeper('one')]);
  await deploy(await place.connect({ target: first }), first);
  const bad = place.generation([sleeper('one'), sleeper('two', { user: 'no-such-user' })]);
  const session = await place.connect({ current: first, target: bad });
  await expect(session.install(bad)).rejects.toMatchObject({
    exitCode: 6,
    message: 'supervisord cannot read its configuration',
    why: expect.stringContaining("Invalid user name no-such-user in section 'program:two'"),
  });
  expect(readdirSync(join(directory(), 'conf.d'))).toEqual(['one.conf']);
  await session.install(first);
  expect([...(await session.observe(first.units)).values()]).toMatchObject([{ state: 'running' }]);
  await undeploy(session, first);
});

test('a deployment moves to another runtime directory with its supervisord', async () => {
  const first = place.generation([sleeper('one')]);
  await deploy(await place.connect({ target: first }), first);
  const old = serverPid();
  const runtimeDir = join(place.root, 'elsewhere');
  mkdirSync(runtimeDir);
  const second: DeployedProfile = {
    ...place.generation([sleeper('one')]),
    directories: { stateDir: place.root, runtimeDir, logDir: join(place.root, 'log') },
  };
  const session = await place.connect({ current: first, target: second });
  // It holds its port until then.
  expect([...(await session.observe(first.units)).values()]).toMatchObject([
    { state: 'absent', pid: expect.any(Number) },
  ]);
  expect(failures(await deploy(session, second))).toEqual([]);
  expect(isAlive(old)).toBe(false);
  expect(runFiles()).toEqual([]);
  await undeploy(session, second);
  expect(readdirSync(runtimeDir)).toEqual([]);
});

test.each([
  {
    what: 'a link',
    why: 'It is a symbolic link, which whoever made it can have lead anywhere',
    put: (victim: string) => {
      symlinkSync(victim, directory());
    },
  },
  {
    what: 'a directory that others may write to',
    why: 'Others may write there',
    put: (victim: string) => {
      cpSync(victim, directory(), { recursive: true });
      chmodSync(directory(), 0o777);
    },
  },
])('with $what in its place, nothing is believed, called, ended or removed', async ({ why, put }) => {
  const victim = join(place.root, 'victim');
  const stranger = startStranger();
  const stamp = new Date(Date.now() - new Date().getTimezoneOffset() * 60_000).toISOString();
  mkdirSync(join(victim, 'conf.d'), { recursive: true });
  writeFileSync(
    join(victim, 'supervisord.log'),
    `${stamp.slice(0, 10)} ${stamp.slice(11, 19)},${stamp.slice(20, 23)} INFO spawned: 'one' with pid ${stranger}\n`,
  );
  mkdirSync(dirname(directory()), { recursive: true });
  put(victim);
  const profile = place.generation([sleeper('one')]);
  const refused = { exitCode: 8, message: `${directory()} cannot hold the configuration of supervisord`, why };
  for (const options of [{ target: profile }, { current: profile }, { current: profile, target: profile }]) {
    await expect(place.connect(options)).rejects.toMatchObject(refused);
  }
  for (const path of [victim, directory()]) expect(readdirSync(path)).toEqual(['conf.d', 'supervisord.log']);
  expect(isAlive(stranger)).toBe(true);
});

test('what is put in the place of its directory later is refused as well', async () => {
  const profile = place.generation([sleeper('one')]);
  const session = await place.connect({ current: profile });
  mkdirSync(join(place.root, 'victim'));
  writeFileSync(join(place.root, 'victim/supervisord.conf'), 'of somebody else');
  mkdirSync(dirname(directory()), { recursive: true });
  symlinkSync(join(place.root, 'victim'), directory());
  const refused = { exitCode: 8, message: `${directory()} cannot hold the configuration of supervisord` };
  await expect(session.observe(profile.units)).rejects.toMatchObject(refused);
  await expect(session.install(profile)).rejects.toMatchObject(refused);
  await expect(session.finish(null)).rejects.toMatchObject(refused);
  expect(readdirSync(join(place.root, 'victim'))).toEqual(['supervisord.conf']);
});

test('where everybody may rename what others have made, nothing is kept', async () => {
  const profile = place.generation([sleeper('one')]);
  await deploy(await place.connect({ target: profile }), profile);
  chmodSync(join(place.root, 'run'), 0o777);
  await expect(place.connect({ current: profile })).rejects.toMatchObject({
    message: `${join(place.root, 'run')} cannot hold the configuration of supervisord`,
  });
  chmodSync(join(place.root, 'run'), 0o1777);
  await undeploy(await place.connect({ current: profile }), profile);
});

test('in the foreground it waits for the signal, or for the end of supervisord', async () => {
  const profile = place.generation([sleeper('one')]);
  const session = await place.connect({ target: profile });
  await deploy(session, profile);
  const controller = new AbortController();
  const supervision = session.supervise?.(profile, controller.signal);
  controller.abort();
  await supervision;

  const second = session.supervise?.(profile, new AbortController().signal);
  process.kill(serverPid(), 'SIGTERM');
  await expect(second).rejects.toMatchObject({ exitCode: 8, message: 'supervisord has ended' });
});

test('the configuration in a profile is complete: supervisord runs it by hand', async () => {
  const profile = place.generation([sleeper('one')]);
  const run = createRun(process.env);
  const configuration = join(profile.path, 'supervisord.conf');
  expect(await run({ file: 'supervisord', args: ['-c', configuration], leavesDaemon: true })).toMatchObject({
    exitCode: 0,
  });
  await eventually(async () => {
    const { stdout } = await run({ file: 'supervisorctl', args: ['-c', configuration, 'status'] });
    return stdout.includes('RUNNING') ? true : undefined;
  });
  await run({ file: 'supervisorctl', args: ['-c', configuration, 'shutdown'] });
  await eventually(() => (processesThatMention(place.root).length === 0 ? true : undefined));
});

test('a supervisord that cannot start is reported with what it says', async () => {
  const profile = place.generation([sleeper('one')]);
  const fake = join(place.root, 'fake/bin');
  mkdirSync(fake, { recursive: true });
  writeFileSync(join(fake, 'supervisord'), '#!/bin/sh\necho "out of order" >&2\nexit 2\n', { mode: 0o755 });
  const broken = { ...profile, data: { ...profile.data, supervisor: join(place.root, 'fake') } };
  const session = await place.connect({ target: broken });
  await expect(deploy(session, broken)).rejects.toMatchObject({
    exitCode: 8,
    message: 'supervisord did not start (exit code 2)',
    why: 'out of order',
  });
});
