import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { s6rc } from '../../../src/backends/s6-rc/index.js';
import type { CommandLine, ManagedProcess, ProcessName } from '../../../src/model/process-model.js';
import type { Readiness } from '../../../src/model/readiness.js';
import { createRun } from '../../../src/system/run.js';
import { isRoot } from '../../support/is-root.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../../support/temporary-directory.js';
import { torture, tortureTimeout } from '../../support/torture-values.js';
import { eventually } from '../../support/waiting.js';
import { factsOf, type ProcessFacts } from '../supervisord/support/process-facts.js';
import { managedProcess, renderManaged } from '../support/render-unit.js';
import { tools } from './support/tree.js';

/** A real s6-svscan, with the rendered files of longruns and loggers as its service directories. */
let place: TemporaryDirectory;
let svscan: ChildProcess;
const run = createRun(process.env);

beforeEach(async () => {
  place = await makeTemporaryDirectory();
  for (const name of ['scan', 'run', 'log', 'tmp']) mkdirSync(join(place.path, name));
  // Neither execline nor the shells' directories are on its PATH: the scripts bring what they need.
  svscan = spawn('/usr/bin/s6-svscan', [join(place.path, 'scan')], {
    stdio: 'ignore',
    env: { PATH: '/usr/bin', LEFT_OVER: 'of s6-svscan' },
  });
  await eventually(async () => {
    const { exitCode } = await run({ file: 's6-svscanctl', args: [join(place.path, 'scan')] });
    return exitCode === 0 ? true : undefined;
  });
});
afterEach(async () => {
  const ended = once(svscan, 'exit');
  await run({ file: 's6-svscanctl', args: ['-t', join(place.path, 'scan')] });
  await ended;
  await place.remove();
});

type Properties = Partial<Omit<ManagedProcess, 'name'>>;
interface Running {
  readonly facts: () => Promise<ProcessFacts>;
  /** What its logger has written. */
  readonly log: () => string;
}

/** Supervises processes: NAME-srv becomes a service directory, and NAME-log its logger. */
const supervise = async (
  processes: Readonly<Record<string, Properties>>,
  shell = '/bin/dash',
  readiness: Readiness | null = null,
): Promise<Readonly<Record<string, Running>>> => {
  const scan = join(place.path, 'scan');
  for (const [name, properties] of Object.entries(processes)) {
    const profile = join(place.path, `profile-${name}`);
    renderManaged(
      s6rc,
      managedProcess({
        foreground: { executable: '/usr/bin/perl', args: perl },
        ...properties,
        name: name as ProcessName,
      }),
      { root: place.path, tools: { ...tools, shell }, readiness },
      { profile },
    );
    mkdirSync(join(scan, name, 'log'), { recursive: true });
    const definition = (service: string, file: string): string => join(profile, 'etc/s6/sv', service, file);
    copyFileSync(definition(`${name}-log`, 'run'), join(scan, name, 'log/run'));
    copyFileSync(definition(`${name}-log`, 'notification-fd'), join(scan, name, 'log/notification-fd'));
    copyFileSync(definition(`${name}-srv`, 'run'), join(scan, name, 'run'));
    if (readiness !== null) {
      copyFileSync(definition(`${name}-srv`, 'notification-fd'), join(scan, name, 'notification-fd'));
    }
  }
  await run({ file: 's6-svscanctl', args: ['-a', scan] });
  const facts = (name: string): Promise<ProcessFacts> =>
    eventually(async () => {
      const { stdout } = await run({ file: 's6-svstat', args: ['-o', 'pid', join(scan, name)] });
      const pid = Number(stdout.trim());
      // The commands before it have the same PID.
      const found = pid > 0 ? factsOf(pid) : undefined;
      return found?.environment['READY'] === undefined && found?.args[0] !== '/usr/bin/perl' ? undefined : found;
    });
  return Object.fromEntries(
    Object.keys(processes).map((name) => [
      name,
      {
        facts: () => facts(name),
        log: () => readFileSync(join(place.path, 'log/s6-log', name, 'current'), 'utf8'),
      },
    ]),
  );
};

const perl = ['-e', 'sleep 1000', '--'];
const perlWith = (args: readonly string[]): CommandLine => ({
  executable: '/usr/bin/perl',
  args: [...perl, ...args],
});
const ways: readonly { readonly way: string; readonly shell: string; readonly properties: Properties }[] = [
  { way: 's6-rc', shell: '/bin/dash', properties: {} },
  { way: 's6-rc, initialized by dash', shell: '/bin/dash', properties: { initialize: 'x="a b"\nset -- $x' } },
  { way: 's6-rc, initialized by bash', shell: '/bin/bash', properties: { initialize: 'x="a b"\nset -- $x' } },
];

test.each(ways)(
  'arguments and environment values reach a process byte for byte, or are refused: $way',
  async ({ way, shell, properties }) => {
    await torture({
      way,
      backend: s6rc,
      surroundings: { tools: { ...tools, shell } },
      deliver: async (loads) => {
        const processes = loads.map(({ name, args, environment }): [string, Properties] => [
          name,
          { foreground: perlWith(args), environment, ...properties },
        ]);
        const running = await supervise(Object.fromEntries(processes), shell);
        return Promise.all(
          loads.map(async ({ name }) => {
            const facts = await running[name]?.facts();
            return { args: facts?.args.slice(4) ?? [], environment: facts?.environment ?? {} };
          }),
        );
      },
    });
  },
  tortureTimeout,
);

test('variables arrive whose names a shell does not know, or has its own ideas about', async () => {
  const environment = {
    'spring.profiles.active': 'prod',
    'A-B': "it's\n",
    ü: 'ü',
    'a b': 'c d',
    UID: '5',
    GID: '6',
    GIDLIST: '7',
    PWD: '/nowhere',
    OLDPWD: 'x\ny',
    SHLVL: '77',
    IFS: ',',
    PATH: '/own/bin',
    EMPTY: '',
  };
  const user = isRoot ? { user: 'www-data' } : {};
  const running = await supervise({
    direct: { environment },
    initialized: { environment, initialize: 'true' },
    user: { environment, ...user },
  });
  for (const { facts } of Object.values(running)) expect((await facts()).environment).toMatchObject(environment);
});

test('a process has the directory, the umask, the niceness and the search path that it asks for', async () => {
  const directory = join(place.path, 'a "b" $c');
  mkdirSync(directory);
  const { one, two } = await supervise({
    one: { directory, umask: '0137', nice: 7, path: ['/opt/one'] },
    two: {},
  });
  const { environment, ...facts } = (await one?.facts()) ?? {};
  expect(facts).toMatchObject({ directory, umask: '0137', nice: 7 });
  expect(environment?.['PATH']).toBe('/usr/bin:/usr/lib/execline/bin:/opt/one/bin');
  expect(await two?.facts()).toMatchObject({ directory: '/', nice: 0 });
});

test('initialize runs before the process, in its directory and with its variables, and may set more', async () => {
  const log = join(place.path, 'initialized');
  const { one } = await supervise({
    one: {
      directory: join(place.path, 'tmp'),
      environment: { GREETING: 'it\'s "me"' },
      initialize: `echo "$PWD $GREETING" >${log}\nexport MADE=here`,
    },
  });
  expect((await one?.facts())?.environment).toMatchObject({ MADE: 'here' });
  expect(readFileSync(log, 'utf8')).toBe(`${join(place.path, 'tmp')} it's "me"\n`);
});

test('what a process prints on stdout and stderr is in its log', async () => {
  const { one } = await supervise({
    one: {
      foreground: {
        executable: '/bin/sh',
        args: ['-c', 'echo out; echo error >&2; exec /usr/bin/perl -e "sleep 1000"'],
      },
      initialize: 'echo initialized',
      environment: { READY: '1' },
    },
  });
  const text = await eventually(() => {
    const lines = one?.log() ?? '';
    return lines.includes('error') ? lines : undefined;
  });
  expect(text).toBe('initialized\nout\nerror\n');
});

if (isRoot) {
  test('a process runs as its user with the groups of that user, and initialize as root', async () => {
    const log = join(place.path, 'log/own');
    const running = await supervise({
      plain: { user: 'www-data', nice: -3 },
      initialized: { user: 'www-data', nice: -3, initialize: `id -u >${log}\nchown www-data ${log}` },
    });
    for (const { facts } of Object.values(running)) {
      expect(await facts()).toMatchObject({ uid: 33, gid: 33, groups: [33], nice: -3 });
    }
    expect(readFileSync(log, 'utf8')).toBe('0\n');
    expect(statSync(log).uid).toBe(33);
  });
}

/** What s6 says of a service: "true" when it is ready. */
const isReady = async (name: string): Promise<string> =>
  (await run({ file: 's6-svstat', args: ['-o', 'ready', join(place.path, 'scan', name)] })).stdout.trim();

const shellProcess = (commands: string): CommandLine => ({ executable: '/bin/sh', args: ['-c', commands] });

test('s6 learns that a process is ready when it has been looked at', async () => {
  const file = join(place.path, 'ready "file"');
  const readiness: Readiness = { probe: { kind: 'path', path: file }, timeout: 60, interval: 0.05 };
  await supervise({ looked: { foreground: { executable: '/bin/sleep', args: ['1000'] } } }, '/bin/bash', readiness);
  await eventually(async () => {
    const { stdout } = await run({ file: 's6-svstat', args: ['-o', 'up', join(place.path, 'scan', 'looked')] });
    return stdout.trim() === 'true' ? true : undefined;
  }, 30);
  expect(await isReady('looked')).toBe('false');
  writeFileSync(file, '');
  await eventually(async () => ((await isReady('looked')) === 'true' ? true : undefined), 30);
});

test('s6 learns that a process is ready when the process says so, on the descriptor of its choice', async () => {
  const file = join(place.path, 'go');
  const commands = `until [ -e '${file}' ]; do sleep 0.05; done; echo >&5; exec sleep 1000`;
  await supervise({ speaker: { foreground: shellProcess(commands) } }, '/bin/dash', {
    probe: { kind: 'notify', descriptor: 5 },
    timeout: 60,
    interval: 0.25,
  });
  await eventually(async () => {
    const { stdout } = await run({ file: 's6-svstat', args: ['-o', 'up', join(place.path, 'scan', 'speaker')] });
    return stdout.trim() === 'true' ? true : undefined;
  }, 30);
  expect(await isReady('speaker')).toBe('false');
  writeFileSync(file, '');
  await eventually(async () => ((await isReady('speaker')) === 'true' ? true : undefined), 30);
});
