import { spawnSync } from 'node:child_process';
import { chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { makePlace as makeRcPlace } from '../backends/bsdrc/support/service.js';
import { managedDaemon } from '../backends/synit/support/daemons.js';
import { StandInServer } from '../backends/synit/support/stand-in-server.js';
import { accounts, asAccount, type Account } from '../support/accounts.js';
import { isAlive } from '../support/processes.js';
import { makeTemporaryDirectory } from '../support/temporary-directory.js';
import { eventually } from '../support/waiting.js';
import type { ManagedProcess } from '../../src/model/process-model.js';
import { cleanCommand } from '../../src/system/clean-command.js';
import { hostileCaller } from './support/hostile-deployment.js';
import { inheritedBy, sessionOf, sleeperOf, type Inherited } from './support/inherited.js';

// Managers that there are not on this machine: their scripts run, called by stand-ins, which are called by a hostile caller.

/** Forks once, says who the child is, and no more. */
const detach =
  'defined(my $pid = fork) or die; if ($pid) { open my $file, ">", $ARGV[0] or die; print $file "$pid\\n"; exit } exec @ARGV[1..$#ARGV] or die';

type Properties = Partial<Omit<ManagedProcess, 'name'>>;

/** The same as those of fixtures/inherited. */
const processesOf = (place: string, account: Account, number: number): Readonly<Record<string, Properties>> => {
  const environment = { MODEL: 'says so' };
  const initialize = 'umask 027\nulimit -S -n 512\nexport INITIALIZE=did';
  const pidFile = (name: string): string => join(place, 'tmp', `${name}.pid`);
  const foreground = (name: string, seconds: number): Properties => ({
    environment,
    pidFile: pidFile(name),
    foreground: { executable: '/usr/bin/sleep', args: [String(seconds)] },
  });
  const daemon = (name: string, seconds: number): Properties => ({
    environment,
    pidFile: pidFile(name),
    daemon: {
      executable: '/usr/bin/perl',
      args: ['-e', detach, pidFile(name), '/usr/bin/sleep', String(seconds)],
    },
  });
  return {
    foreground: foreground('foreground', number),
    daemon: daemon('daemon', number + 1),
    prepared: { ...foreground('prepared', number + 2), initialize },
    'prepared-daemon': { ...daemon('prepared-daemon', number + 3), initialize },
    ...(account.uid === 0
      ? {
          'foreground-of-user': { ...foreground('foreground-of-user', number + 4), user: 'games' },
          'daemon-of-user': { ...daemon('daemon-of-user', number + 5), user: 'games' },
        }
      : {}),
  };
};

const randomNumber = (): number => 1_000_000 + Math.floor(Math.random() * 1e7) * 10;

const found = async (names: readonly string[], number: number): Promise<ReadonlyMap<string, Inherited>> => {
  const processes = new Map<string, Inherited>();
  for (const [offset, name] of names.entries()) {
    const pid = await eventually(() => sleeperOf(number + offset) ?? undefined);
    processes.set(name, inheritedBy(pid));
  }
  return processes;
};

/** What an ordinary user's processes are found by. */
const isNoMark = (name: string): boolean => name !== 'NIXPROC_INSTANCE';

/** What all have to have, whoever starts them. */
const expectDefined = (processes: ReadonlyMap<string, Inherited>, account: Account, niceness: number): void => {
  const fact = (of: (inherited: Inherited) => unknown): Readonly<Record<string, unknown>> =>
    Object.fromEntries([...processes].map(([name, inherited]) => [name, of(inherited)]));
  const everywhere = (value: unknown): Readonly<Record<string, unknown>> => fact(() => value);
  expect(fact(({ descriptors }) => descriptors)).toEqual(everywhere([]));
  expect(fact(({ ignored }) => ignored)).toEqual(everywhere([]));
  expect(fact(({ umask }) => umask)).toEqual(everywhere('0022'));
  expect(fact(({ openFiles }) => openFiles)).toEqual(everywhere(1024));
  expect(fact(({ niceness }) => niceness)).toEqual(everywhere(niceness));
  expect(fact(({ environment }) => Object.keys(environment).filter(isNoMark).sort())).toEqual(
    // What initialize exports is for itself alone here.
    everywhere(['HOME', 'LOGNAME', 'MODEL', 'PATH', 'SHELL', 'USER']),
  );
  const games = { HOME: '/usr/games', USER: 'games', LOGNAME: 'games', SHELL: '/usr/sbin/nologin' };
  for (const [name, { environment }] of processes) {
    if (name.endsWith('-of-user')) expect(environment).toMatchObject(games);
    else if (account.uid === 0) expect(environment).toMatchObject({ HOME: '/root', USER: 'root', LOGNAME: 'root' });
  }
};

const expectFree = (lock: string): void => {
  expect(spawnSync('flock', ['--nonblock', lock, 'true']).status).toBe(0);
};

describe.each(accounts)('what services of $name inherit', (account) => {
  test('from scripts of rc.d', async () => {
    const place = await makeRcPlace(account);
    const number = randomNumber();
    const properties = processesOf(place.path, account, number);
    const lock = join(place.path, 'tmp', 'caller.lock');
    for (const [name, process] of Object.entries(properties)) {
      const { script } = place.service({
        name,
        behaviour: process.foreground === undefined ? 'daemon' : 'foreground',
        process,
      });
      // As the tool calls it, and service(8): in a session, and with an environment, of its own.
      const clean = cleanCommand(script, ['onestart']);
      const service = ['env', '-i', 'HOME=/', 'PATH=/sbin:/bin:/usr/sbin:/usr/bin', clean.file, ...clean.args];
      const command = ['-c', hostileCaller, 'bash', lock, place.path, 'setsid', '--wait', ...service];
      const { file, args } = asAccount(account, 'bash', command);
      const { status, stderr, stdout } = spawnSync(file, args, { encoding: 'utf8', cwd: '/', timeout: 60_000 });
      expect({ name, status, stdout, stderr }).toMatchObject({ name, status: 0 });
    }
    const processes = await found(Object.keys(properties), number);
    expectDefined(processes, account, account.uid === 0 ? 0 : 5);
    expectFree(lock);
    const sessions = new Set([...processes.values()].map(({ session }) => session));
    expect(sessions.size).toBe(processes.size);
    expect(sessions).not.toContain(sessionOf(process.pid));
  });

  test('from daemons of Synit', async () => {
    const place = await makeTemporaryDirectory();
    for (const name of ['log', 'run', 'tmp']) {
      mkdirSync(join(place.path, name));
      chownSync(join(place.path, name), account.uid, account.gid);
    }
    const lock = join(place.path, 'tmp', 'server.lock');
    const number = randomNumber();
    const properties = processesOf(place.path, account, number);
    const owner = account.uid === 0 ? {} : { uid: account.uid, gid: account.gid };
    const launcher = [
      ...['bash', '-c'],
      'exec 200>>"$1" 7>&1; shift; umask 077; ulimit -S -n 4096; exec nohup "$@" </dev/null 7>&-',
      ...['bash', lock],
    ];
    for (const [name, process] of Object.entries(properties)) {
      managedDaemon({ root: place.path }, { ...process, name }, { profile: join(place.path, 'profile') });
    }
    const server = new StandInServer(join(place.path, 'profile', 'etc', 'syndicate', 'services'), owner, launcher);
    try {
      expectDefined(await found(Object.keys(properties), number), account, 0);
    } finally {
      await server.close();
      for (const offset of Object.keys(properties).keys()) {
        const pid = sleeperOf(number + offset);
        if (pid !== null && isAlive(pid)) process.kill(pid, 'SIGKILL');
      }
      await place.remove();
    }
  });
});
