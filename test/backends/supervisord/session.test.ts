import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DeployedProfile, ManagerSession } from '../../../src/backends/backend.js';
import { isAlive, processesThatMention } from '../../support/processes.js';
import { eventually } from '../../support/waiting.js';
import {
  deploy,
  failures,
  makeSupervised,
  pidOf,
  sh,
  sleeper,
  undeploy,
  unitCalled,
  type Program,
  type Supervised,
} from './support/supervised.js';

// A machine may be busy: it is not for these tests to say how fast supervisord has to be.

let place: Supervised;
let session: ManagerSession;
let deployed: DeployedProfile;

beforeEach(async () => {
  place = await makeSupervised();
});
afterEach(async () => {
  await undeploy(session, deployed);
  await place.remove();
});

/** Deploys a first generation. */
const start = async (programs: readonly Program[]): Promise<void> => {
  deployed = place.generation(programs);
  session = await place.connect({ target: deployed });
  expect(failures(await deploy(session, deployed))).toEqual([]);
};

/** A session on what is deployed, with a next generation in mind. */
const next = async (programs: readonly Program[]): Promise<DeployedProfile> => {
  const profile = place.generation(programs);
  session = await place.connect({ current: deployed, target: profile });
  deployed = profile;
  return profile;
};

const unit = (name: string) => unitCalled(deployed, name);
const pids = (...names: string[]): Promise<readonly number[]> =>
  Promise.all(names.map((name) => pidOf(session, unit(name))));
const stateOf = async (name: string) => (await session.observe([unit(name)])).get(unit(name).instance);

test('a program counts as started when it has been up for startsecs', async () => {
  const began = Date.now();
  await start([sleeper('one', { override: { startsecs: 2 } })]);
  expect(Date.now() - began).toBeGreaterThanOrEqual(2000);
  expect(await stateOf('one')).toMatchObject({ state: 'running', detail: null });
  const { since } = (await stateOf('one')) ?? {};
  expect(Math.abs((since ?? 0) - began)).toBeLessThan(30_000);
});

test('a daemon that never writes its PID file is no success, and leaves no copies', async () => {
  const source = 'exit 0 if fork; $0 = $0; sleep 1 while 1';
  const daemon = { executable: '/usr/bin/perl', args: ['-e', source, place.root] };
  deployed = place.generation([{ name: 'silent', foreground: null, daemon, level: 0 }]);
  session = await place.connect({ target: deployed });
  const [outcome] = failures(await deploy(session, deployed));
  // Whichever is seen first: that the proxy has ended, or that another one runs in its place.
  expect(outcome?.detail).toMatch(/found no daemon that it could watch|did not write the PID of a running process/);
  // supervisord tries it again and again.
  const copies = () =>
    processesThatMention(place.root).filter(({ commandLine }) => commandLine.startsWith('/usr/bin/perl'));
  expect(copies().length).toBeLessThanOrEqual(1);
  // The proxy that is told to end while it waits for a PID file takes along what it has started.
  await undeploy(session, deployed);
  expect(copies()).toEqual([]);
});

test('programs of a level start together, and those above only when all of them run', async () => {
  const began = Date.now();
  await start([
    ...Array.from({ length: 10 }, (_, index) => sleeper(`base${index}`)),
    sh('top', `echo $(date +%s%N) >${join(place.root, 'top')}; exec sleep 1000`, { level: 1 }),
  ]);
  const seconds = (Date.now() - began) / 1000;
  // A second for each level, and what supervisord itself takes: one after the other they would take eleven.
  expect(seconds).toBeLessThan(10);
  const topStarted = Number(readFileSync(join(place.root, 'top'), 'utf8')) / 1e6;
  expect(topStarted - began).toBeGreaterThan(1000);
});

test('a program that does not stay up is reported in the words of supervisord, with what it printed last', async () => {
  deployed = place.generation([
    sleeper('good'),
    sh('bad', 'echo one; echo "cannot open the database" >&2; exit 3', { override: { startretries: 0 } }),
  ]);
  session = await place.connect({ target: deployed });
  expect(await deploy(session, deployed)).toEqual([
    { instance: 'good', ok: true, detail: null },
    {
      instance: 'bad',
      ok: false,
      detail: 'FATAL Exited too quickly (process log may have details)\none\ncannot open the database',
    },
  ]);
  expect(await stateOf('bad')).toMatchObject({ state: 'failed', pid: null });
});

test('a program that cannot be executed is reported at once', async () => {
  deployed = place.generation([{ name: 'gone', foreground: { executable: '/no/such/program', args: [] } }]);
  session = await place.connect({ target: deployed });
  const began = Date.now();
  const [outcome] = await deploy(session, deployed);
  expect(Date.now() - began).toBeLessThan(10_000);
  expect(outcome).toMatchObject({ ok: false, detail: expect.stringContaining('/no/such/program') });
});

test('a changed program is restarted alone', async () => {
  await start([sleeper('one'), sleeper('two', { level: 1 }), sleeper('three')]);
  const before = await pids('one', 'two', 'three');
  const old = unit('one');

  await next([sleeper('one', { environment: { CHANGED: 'yes' } }), sleeper('two', { level: 1 }), sleeper('three')]);
  await session.install(deployed);
  expect(failures(await session.restart([{ before: old, after: unit('one') }]))).toEqual([]);
  await session.finish(deployed);

  const after = await pids('one', 'two', 'three');
  expect(after[0]).not.toBe(before[0]);
  expect(after.slice(1)).toEqual(before.slice(1));
  expect(readFileSync(`/proc/${after[0] ?? 0}/environ`, 'utf8').split('\0')).toContain('CHANGED=yes');
});

test('a restart without a change gives a process a new PID', async () => {
  await start([sleeper('one'), sleeper('two')]);
  const [one, two] = await pids('one', 'two');
  expect(failures(await session.restart([{ before: unit('one'), after: unit('one') }]))).toEqual([]);
  const after = await pids('one', 'two');
  expect(after[0]).not.toBe(one);
  expect(after[1]).toBe(two);
});

test('another priority alone restarts nothing', async () => {
  await start([sleeper('one'), sleeper('two')]);
  const before = await pids('one', 'two');
  const { fingerprint } = unit('two');
  await next([sleeper('one'), sleeper('two', { level: 1 })]);
  expect(unit('two').fingerprint).toBe(fingerprint);
  await session.install(deployed);
  await session.finish(deployed);
  expect(await pids('one', 'two')).toEqual(before);
});

test('after a failed deployment the good one can be deployed again, and what it left alone keeps running', async () => {
  const good = [sleeper('one'), sleeper('two')];
  await start(good);
  const first = deployed;
  const [, two] = await pids('one', 'two');

  await next([sh('one', 'exit 1', { override: { startretries: 0 } }), sleeper('two'), sleeper('three')]);
  await session.install(deployed);
  const change = { before: unitCalled(first, 'one'), after: unit('one') };
  expect(failures(await session.restart([change]))).toHaveLength(1);
  expect(failures(await session.start([unit('three')]))).toEqual([]);

  deployed = first;
  session = await place.connect({ current: first, target: first });
  expect(await stateOf('one')).toMatchObject({ state: 'failed' });
  expect(await stateOf('two')).toMatchObject({ state: 'running' });
  await session.install(deployed);
  expect(failures(await session.start([unit('one')]))).toEqual([]);
  expect((await pids('two'))[0]).toBe(two);
  const processes = readFileSync(join(place.root, 'run/nix-processmgmt-ts/test/supervisord.log'), 'utf8');
  // What the failed one had started and nobody wants any more.
  expect(processes).toMatch(/stopped: three/);
});

test('a program that is no longer deployed is unloaded', async () => {
  await start([sleeper('one'), sleeper('two')]);
  const gone = unit('two');
  const [, two = 0] = await pids('one', 'two');
  await next([sleeper('one')]);
  expect(failures(await session.stop([gone]))).toEqual([]);
  await session.install(deployed);
  expect(isAlive(two)).toBe(false);
  expect((await session.observe([gone])).get(gone.instance)).toMatchObject({ state: 'absent' });
});

test('what somebody stopped is stopped, what was killed is started again, and what ended by itself has failed', async () => {
  await start([
    sleeper('stopped'),
    sleeper('killed'),
    // It goes when it is told, so that the test does not have to guess when it has been seen running.
    sh('ended', `until [ -e ${join(place.root, 'go')} ]; do sleep 0.05; done`),
  ]);
  expect(failures(await session.stop([unit('stopped')]))).toEqual([]);
  expect(await stateOf('stopped')).toMatchObject({ state: 'stopped', pid: null, detail: null });

  const [killed = 0] = await pids('killed');
  process.kill(killed, 'SIGKILL');
  await eventually(async () => {
    const observed = await stateOf('killed');
    return observed?.state === 'running' && observed.pid !== killed ? true : undefined;
  });

  writeFileSync(join(place.root, 'go'), '');
  await eventually(async () => ((await stateOf('ended'))?.state === 'failed' ? true : undefined));
  expect(await stateOf('ended')).toMatchObject({ state: 'failed', pid: null, detail: 'EXITED with exit code 0' });
  expect(failures(await session.start([unit('stopped')]))).toEqual([]);
});

test('a stop waits until the process has ended', async () => {
  await start([sh('slow', `trap 'sleep 0.5; exit 0' TERM; while :; do sleep 0.1; done`)]);
  const [pid = 0] = await pids('slow');
  const began = Date.now();
  expect(failures(await session.stop([unit('slow')]))).toEqual([]);
  expect(Date.now() - began).toBeGreaterThan(450);
  expect(isAlive(pid)).toBe(false);
});

test('a process that ignores TERM is killed after stopwaitsecs, and its children with it', async () => {
  const child = join(place.root, 'child');
  await start([
    sh('deaf', `trap '' TERM; sleep 1000 & echo $! >${child}; while :; do sleep 0.1; done`, {
      override: { stopwaitsecs: 1 },
    }),
  ]);
  const sleep = Number(readFileSync(child, 'utf8'));
  expect(isAlive(sleep)).toBe(true);
  expect(failures(await session.stop([unit('deaf')]))).toEqual([]);
  await eventually(() => (isAlive(sleep) ? undefined : true));
});

test('a reload sends HUP', async () => {
  const seen = join(place.root, 'seen');
  await start([sh('one', `trap 'echo hup >>${seen}' HUP; while :; do sleep 0.05; done`)]);
  const before = await pids('one');
  expect(failures(await session.reload([unit('one')]))).toEqual([]);
  expect(await eventually(() => readFileSync(seen, 'utf8'))).toBe('hup\n');
  expect(await pids('one')).toEqual(before);
});

test('a program without autostart is loaded by a deployment, and started when it is asked for', async () => {
  await start([sleeper('one'), sleeper('manual', { override: { autostart: false } })]);
  expect(await stateOf('manual')).toMatchObject({ state: 'stopped', detail: null, rests: true });
  expect(failures(await session.start([unit('manual')]))).toEqual([]);
  expect(await stateOf('manual')).toMatchObject({ state: 'running' });
});

test('something to be done once may end when startsecs is 0', async () => {
  await start([sh('once', 'exit 0', { override: { startsecs: 0, autorestart: false } })]);
  await eventually(async () => ((await stateOf('once'))?.state === 'stopped' ? true : undefined));
  expect(await stateOf('once')).toMatchObject({ state: 'stopped', detail: 'EXITED with exit code 0' });
});

test('a program of several processes is started, seen and stopped as one', async () => {
  await start([
    {
      direct: {
        name: 'many',
        command: '/bin/sleep 1000',
        numprocs: 3,
        process_name: '%(program_name)s_%(process_num)02d',
        stdout_logfile: join(place.root, 'log/%(program_name)s_%(process_num)d.log'),
      },
    },
  ]);
  expect(await stateOf('many')).toMatchObject({ state: 'running' });
  expect(session.logs(unit('many'))).toEqual({
    kind: 'files',
    paths: [0, 1, 2].map((number) => join(place.root, `log/many_${number}.log`)),
  });
  expect(failures(await session.stop([unit('many')]))).toEqual([]);
  expect(await stateOf('many')).toMatchObject({ state: 'stopped' });
});

test('what a program prints is in its log file', async () => {
  await start([sh('one', 'echo to stdout; echo to stderr >&2; exec sleep 1000')]);
  const source = session.logs(unit('one'));
  expect(source).toEqual({ kind: 'files', paths: [join(place.root, 'log/nixproc-one.log')] });
  expect(readFileSync(join(place.root, 'log/nixproc-one.log'), 'utf8')).toBe('to stdout\nto stderr\n');
});
