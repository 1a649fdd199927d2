import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chmodSync, chownSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { daemonProxyScript } from '../../../src/backends/shared/daemon-proxy.js';
import type { PidFileGuess } from '../../../src/model/pid-file.js';
import { isRoot } from '../../support/is-root.js';
import { isAlive, processesThatMention } from '../../support/processes.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../../support/temporary-directory.js';
import { eventually } from '../../support/waiting.js';

let place: TemporaryDirectory;
const started: ChildProcess[] = [];
beforeEach(async () => {
  place = await makeTemporaryDirectory();
});
afterEach(async () => {
  for (const { pid } of processesThatMention(place.path)) process.kill(pid, 'SIGKILL');
  for (const child of started.splice(0)) child.kill('SIGKILL');
  await place.remove();
});

/** A daemon: it forks, leaves the session, writes its PID and then logs the signals it gets; TERM and INT end it. */
const daemon = `
use POSIX qw(setsid);
my ($pid_file, $log, $body) = @ARGV;
exit 0 if fork;
setsid();
my $say = sub { open my $out, '>>', $log; print $out "@_\\n"; close $out };
for my $name (qw(HUP USR1 USR2)) { $SIG{$name} = sub { $say->($name) } }
for my $name (qw(TERM INT QUIT)) { $SIG{$name} = sub { $say->($name); unlink $pid_file; exit 0 } }
eval $body;
open my $out, '>', $pid_file; print $out "$$\\n"; close $out;
select undef, undef, undef, 0.05 while 1;
`;

const pidFile = (): string => join(place.path, 'daemon.pid');
const logFile = (): string => join(place.path, 'log');
const logged = (): string => (existsSync(logFile()) ? readFileSync(logFile(), 'utf8') : '');

interface Proxied {
  readonly proxy: ChildProcess;
  readonly pid: number;
  readonly ended: Promise<number | null>;
  readonly errors: () => string;
}

interface Wishes {
  readonly shell?: string;
  /** Perl that the daemon runs before it writes its PID file. */
  readonly body?: string;
  /** Tenths of a second. */
  readonly grace?: number;
  readonly command?: readonly string[];
  /** Default: the model says where the PID file is. */
  readonly guess?: PidFileGuess | null;
}

const startProxy = ({ shell = '/bin/dash', body = '', grace = 50, command, guess = null }: Wishes = {}): Proxied => {
  const script = join(place.path, 'proxy');
  writeFileSync(script, daemonProxyScript('/usr', guess));
  const starting = command ?? ['/usr/bin/perl', '-e', daemon, pidFile(), logFile(), body];
  const proxy = spawn(shell, [script, pidFile(), String(grace), ...starting], {
    stdio: ['ignore', 'ignore', 'pipe'],
    // The daemon's PATH is its own affair.
    env: { PATH: '/nonexistent', PLACE: place.path },
  });
  started.push(proxy);
  let errors = '';
  proxy.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const ended = new Promise<number | null>((resolve) => {
    proxy.on('close', resolve);
  });
  return { proxy, pid: proxy.pid ?? 0, ended, errors: () => errors };
};

const daemonPid = (): Promise<number> =>
  eventually(() => Number(existsSync(pidFile()) ? readFileSync(pidFile(), 'utf8') : '') || undefined);

for (const shell of ['/bin/dash', '/bin/bash']) {
  test(`TERM ends the daemon, then the proxy, with exit code 0 and nothing left (${shell})`, async () => {
    const { proxy, ended, errors } = startProxy({ shell });
    const pid = await daemonPid();
    expect(isAlive(pid)).toBe(true);
    proxy.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(isAlive(pid)).toBe(false);
    expect(logged()).toBe('TERM\n');
    expect(existsSync(pidFile())).toBe(false);
    expect(errors()).toBe('');
    expect(processesThatMention(place.path)).toEqual([]);
  });

  test(`TERM while it watches leaves nothing, not even for a moment (${shell})`, async () => {
    const { proxy, ended } = startProxy({ shell });
    await daemonPid();
    await eventually(
      () => processesThatMention(place.path).some(({ commandLine }) => commandLine.endsWith('/sleep 1')) || undefined,
    );
    const left = new Promise((resolve) => {
      proxy.once('exit', () => {
        resolve(processesThatMention(place.path));
      });
    });
    proxy.kill('SIGTERM');
    expect(await left).toEqual([]);
    expect(await ended).toBe(0);
  });

  test(`signals are passed on at once, and only some of them end it (${shell})`, async () => {
    const { proxy, ended } = startProxy({ shell });
    const pid = await daemonPid();
    // Until the proxy has seen the daemon, there is nobody to pass a signal on to.
    await new Promise((resolve) => setTimeout(resolve, 300));
    for (const signal of ['HUP', 'USR1', 'USR2'] as const) {
      const began = Date.now();
      proxy.kill(`SIG${signal}`);
      await eventually(() => (logged().endsWith(`${signal}\n`) ? true : undefined));
      expect(Date.now() - began).toBeLessThan(10_000);
    }
    expect(isAlive(pid)).toBe(true);
    proxy.kill('SIGINT');
    expect(await ended).toBe(0);
    expect(logged()).toBe('HUP\nUSR1\nUSR2\nINT\n');
  });

  test(`a daemon that is killed takes the proxy with it, which says so and fails (${shell})`, async () => {
    const { ended, errors } = startProxy({ shell });
    const pid = await daemonPid();
    await new Promise((resolve) => setTimeout(resolve, 300));
    process.kill(pid, 'SIGKILL');
    expect(await ended).toBe(1);
    expect(errors()).toBe(`the daemon (process ${pid}) ended by itself\n`);
    expect(existsSync(pidFile())).toBe(false);
  });

  test(`a daemon that does not end is killed, with the processes it leads (${shell})`, async () => {
    const body = `$SIG{TERM} = sub { $say->('TERM') }; if (!fork) { exec '/usr/bin/sleep', '1000' } `;
    const { proxy, ended, errors } = startProxy({ shell, grace: 5, body });
    await daemonPid();
    const family = processesThatMention(place.path);
    const began = Date.now();
    proxy.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(Date.now() - began).toBeGreaterThan(450);
    expect(logged()).toBe('TERM\n');
    expect(errors()).toBe('the daemon did not end after SIGTERM: it is killed\n');
    await eventually(() => (family.some(({ pid }) => isAlive(pid)) ? undefined : true));
  });
}

test('the exit code of a command that fails to start the daemon is passed on', async () => {
  const { ended, errors } = startProxy({ command: ['/bin/sh', '-c', 'echo "port in use" >&2; exit 7'] });
  expect(await ended).toBe(7);
  expect(errors()).toBe('port in use\n');
});

test('a PID file from before is no daemon: the stranger it names gets no signal', async () => {
  const stranger = spawn('/usr/bin/perl', ['-e', '$SIG{$_} = "IGNORE" for qw(TERM HUP); sleep 1000']);
  started.push(stranger);
  writeFileSync(pidFile(), `${stranger.pid ?? 0}\n`);
  // It takes a while to write its own.
  const { proxy, ended } = startProxy({ body: 'select undef, undef, undef, 0.4;' });
  await new Promise((resolve) => setTimeout(resolve, 200));
  proxy.kill('SIGTERM');
  expect(await ended).toBe(0);
  expect(logged()).toBe('TERM\n');
  expect(isAlive(stranger.pid ?? 0)).toBe(true);
});

test('a daemon that ends before it has been looked at counts as one that did not start', async () => {
  const { ended, errors } = startProxy({ command: ['/bin/sh', '-c', `echo $$ >${pidFile()}`] });
  const began = Date.now();
  expect(await ended).toBe(1);
  expect(Date.now() - began).toBeLessThan(9000);
  expect(errors()).toMatch(/^the daemon cannot be watched: \S+ names process \d+, which is not alive\n$/);
});

test('a stop during the start ends the daemon as soon as it is known', async () => {
  const { proxy, ended } = startProxy({ body: 'select undef, undef, undef, 0.5;' });
  await new Promise((resolve) => setTimeout(resolve, 100));
  proxy.kill('SIGTERM');
  expect(await ended).toBe(0);
  expect(logged()).toBe('TERM\n');
  expect(processesThatMention(place.path)).toEqual([]);
});

test('a daemon that hands over to a successor is followed', async () => {
  const { proxy, ended } = startProxy();
  const first = await daemonPid();
  const successor = spawn('/usr/bin/perl', ['-e', daemon, pidFile(), logFile(), ''], { stdio: 'ignore' });
  started.push(successor);
  const second = await eventually(() => {
    const pid = Number(readFileSync(pidFile(), 'utf8'));
    return pid !== 0 && pid !== first ? pid : undefined;
  });
  process.kill(first, 'SIGKILL');
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect(proxy.exitCode).toBeNull();
  proxy.kill('SIGTERM');
  expect(await ended).toBe(0);
  expect(isAlive(second)).toBe(false);
});

test('a daemon that never writes its PID file is ended when it is given up', async () => {
  const body = `open my $out, '>>', $log; print $out "here\\n"; close $out; sleep 1 while 1;`;
  const { ended, errors } = startProxy({ body });
  await eventually(() => (logged() === 'here\n' ? true : undefined));
  expect(await ended).toBe(1);
  expect(errors()).toBe(`the daemon did not write the PID of a running process to ${pidFile()}\n`);
  expect(logged()).toBe('here\nTERM\n');
  expect(processesThatMention(place.path)).toEqual([]);
});

const elsewhere = (): string => join(place.path, 'elsewhere.pid');
const silent = `open my $out, '>>', $log; print $out "here\\n"; close $out; sleep 1 while 1;`;

test.each([
  ['soon where nothing speaks for one', true, 1, 9],
  ['in the end where its name is known', false, 10, 25],
])('a daemon that writes no PID file is found by its program, %s', async (_, isFaint, least, most) => {
  const began = performance.now();
  const { proxy, ended, errors } = startProxy({ body: silent, guess: { elsewhere: elsewhere(), isFaint } });
  const pid = await eventually(() => (existsSync(pidFile()) ? readFileSync(pidFile(), 'utf8').trim() : undefined));
  const seconds = (performance.now() - began) / 1000;
  expect(seconds).toBeGreaterThan(least);
  expect(seconds).toBeLessThan(most);
  expect(processesThatMention(logFile()).map((one) => one.pid)).toContain(Number(pid));
  proxy.kill('SIGTERM');
  expect(await ended).toBe(0);
  expect([errors(), logged(), existsSync(pidFile())]).toEqual(['', 'here\nTERM\n', false]);
});

test('a daemon that writes its PID file into the other directory is found there', async () => {
  const { proxy, ended } = startProxy({
    command: ['/usr/bin/perl', '-e', daemon, elsewhere(), logFile(), ''],
    guess: { elsewhere: elsewhere(), isFaint: false },
  });
  await eventually(() => (existsSync(pidFile()) ? true : undefined));
  expect(readFileSync(pidFile(), 'utf8')).toBe(readFileSync(elsewhere(), 'utf8'));
  proxy.kill('SIGTERM');
  expect(await ended).toBe(0);
  expect(logged()).toBe('TERM\n');
});

test('a daemon without a PID file is given up after ten seconds, though its program runs since before', async () => {
  spawnSync('/usr/bin/perl', ['-e', daemon, join(place.path, 'other.pid'), logFile(), silent], { stdio: 'ignore' });
  await eventually(() => (logged() === 'here\n' ? true : undefined));
  const [before] = processesThatMention(join(place.path, 'other.pid'));
  const { ended, errors } = startProxy({
    command: ['/usr/bin/perl', '-e', '1'],
    guess: { elsewhere: elsewhere(), isFaint: true },
  });
  expect(await ended).toBe(1);
  expect(errors()).toBe(`the daemon did not write the PID of a running process to ${pidFile()}\n`);
  expect(isAlive(before?.pid ?? 0)).toBe(true);
});

test('waiting takes no processor time worth mentioning', async () => {
  const { pid } = startProxy();
  await daemonPid();
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  // utime, stime and those of its children, in hundredths of a second.
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  expect(ticks).toBeLessThan(10);
});

/**
 * What is left alive of root's processes after a proxy of root's was told by a daemon's user whom it watches, and then to
 * stop. All of this is in a PID namespace of its own: a proxy that believes it ends everything there.
 *
 * @param claim what the user writes into the PID file once the daemon is watched
 */
const afterClaim = (claim: string): string => {
  writeFileSync(join(place.path, 'proxy'), daemonProxyScript('/usr', null));
  chmodSync(place.path, 0o755);
  chownSync(place.path, 65534, 65534);
  const user = 'setpriv --reuid=65534 --regid=65534 --clear-groups --';
  const driver = `cd ${place.path}
/bin/dash proxy ${pidFile()} 3 ${user} perl -e '${daemon.replaceAll("'", '"')}' ${pidFile()} ${logFile()} '' 2>errors &
proxy=$!
until [ -s ${pidFile()} ]; do sleep 0.05; done
read -r daemon <${pidFile()}
sleep 0.5
sleep 1000 & victim=$!
${user} sh -c "echo ${claim} >${pidFile()}; kill -KILL $daemon"
sleep 1.2
kill -TERM $proxy
wait $proxy
sleep 0.5
kill -0 $victim && echo 'the victim lives'
kill -0 $$ && echo 'all live'`;
  writeFileSync(join(place.path, 'driver'), driver);
  const words = ['--pid', '--fork', '--kill-child', '--mount-proc', '/bin/sh', '-c', `sh ${place.path}/driver; true`];
  const { stdout } = spawnSync('unshare', words, { encoding: 'utf8', timeout: 20_000 });
  return stdout;
};

(isRoot ? test.each : test.skip.each)([
  ["the PID of a process of root's", '$victim'],
  ['the PID of the first process', '1'],
])("a daemon's user who writes %s into the PID file has nobody killed", (_, claim) => {
  expect(afterClaim(claim)).toBe('the victim lives\nall live\n');
});

(isRoot ? test : test.skip)('a daemon in a PID namespace of its own is not mistaken for the first process', () => {
  writeFileSync(join(place.path, 'proxy'), daemonProxyScript('/usr', null));
  const inside = `echo $$ >${pidFile()}; exec sleep 1000`;
  const driver = `/bin/dash ${place.path}/proxy ${pidFile()} 3 \\
  perl -e 'fork and exit; exec qw(unshare --pid --fork sh -c), shift' '${inside}' 2>&1 &
proxy=$!
sleep 1.5
kill -TERM $proxy
wait $proxy
echo "all live, $?"`;
  const words = ['--pid', '--fork', '--kill-child', '--mount-proc', '/bin/sh', '-c', `${driver}; true`];
  const { stdout } = spawnSync('unshare', words, { encoding: 'utf8', timeout: 20_000 });
  expect(stdout).toMatch(/names process \d+, which is [^\n]*PID namespace[^\n]*\n.*all live, \d+\n$/s);
});
