import { chmodSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { accounts } from '../../support/accounts.js';
import { isRoot } from '../../support/is-root.js';
import { isAlive, processesThatMention } from '../../support/processes.js';
import { environmentOf, makePlace, readMain, shells, statusLine, written, type Place } from './support/service.js';

// On Debian it has neither a home directory nor a login shell.
const user = 'nobody';
const nobody = /^nobody:[^:]*:(\d+):(\d+):[^:]*:([^:]*):(.*)$/m.exec(readFileSync('/etc/passwd', 'utf8'));
const [, uid = '', gid = '', home = '', loginShell = ''] = nobody ?? [];

// setpriv changes the user; where a package set has none, su does.
const ways = [
  ['setpriv', {}],
  ['su', { setpriv: '/nonexistent/bin/setpriv' }],
] as const;

const asRoot = isRoot ? describe : describe.skip;

asRoot.each(shells)('a script of root under %s', (shell) => {
  const service = (here: Place, kind: string, tools: Readonly<Record<string, string>>, process = {}) =>
    here.service({
      shell,
      behaviour: kind,
      process: { user, pidFile: `${here.path}/tmp/service.pid`, ...process },
      surroundings: { tools },
    });

  // As catalina.sh does: the instruction runs as root, though the model sets a user.
  test.each([
    ['a daemon in a directory of root', 'daemon', 'run'],
    ["a daemon in everybody's directory", 'daemon', 'tmp'],
    ['a daemon that takes its time', 'slow', 'run'],
  ])("adopts what the model's own start instruction has started: %s", async (_, behaviour, directory) => {
    const here = await makePlace();
    const pidFile = `${here.path}/${directory}/service.pid`;
    const script = here.service({
      shell,
      process: { user, pidFile, daemon: { executable: '/bin/sh', args: [] } },
      overrides: {
        instructions: {
          start: { activity: 'Starting', instruction: `${here.program} ${behaviour} ${pidFile} >/dev/null 2>&1` },
        },
      },
    });
    expect(script.call('start')).toMatchObject({ exitCode: 0, stderr: '' });
    const pid = readMain(script);
    expect(pid).toBe(script.pid());
    expect(script.call('status').exitCode).toBe(0);
    expect(script.call('stop')).toMatchObject({ exitCode: 0, stderr: '' });
    expect(processesThatMention(here.path)).toEqual([]);
  });

  test('names the directory that keeps the user from what it needs', async () => {
    const here = await makePlace();
    mkdirSync(`${here.path}/closed/tmp`, { recursive: true });
    chmodSync(`${here.path}/closed`, 0o700);
    const script = service(here, 'foreground', {}, { pidFile: `${here.path}/closed/tmp/service.pid` });
    const { exitCode, stderr } = script.call('start');
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain(`user nobody cannot enter ${here.path}/closed, which is on the way to its PID file`);
  });

  describe.each(ways)('with %s', (_, tools) => {
    test.each(['daemon', 'foreground'])('runs a %s as a user without a login shell', async (kind) => {
      const here = await makePlace();
      const script = service(here, kind, tools, { environment: { MARK: "it's\n$here" }, nice: -5 });
      expect(script.call('start')).toMatchObject({ exitCode: 0, stderr: '' });
      const pid = readMain(script);
      expect({
        uids: statusLine(pid, 'Uid'),
        gids: statusLine(pid, 'Gid'),
        groups: statusLine(pid, 'Groups').split(/\s+/),
        capabilities: statusLine(pid, 'CapEff'),
        nice: readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[18],
      }).toEqual({
        uids: [uid, uid, uid, uid].join('\t'),
        gids: [gid, gid, gid, gid].join('\t'),
        groups: [gid],
        capabilities: '0000000000000000',
        nice: '-5',
      });
      const environment = environmentOf(pid);
      expect(['HOME', 'USER', 'LOGNAME', 'SHELL', 'MARK'].map((name) => environment.get(name))).toEqual([
        home,
        user,
        user,
        loginShell,
        "it's\n$here",
      ]);
      expect(script.call('status').exitCode).toBe(0);
      expect(script.call('stop')).toMatchObject({ exitCode: 0, stderr: '' });
      expect(processesThatMention(here.path)).toEqual([]);
    });

    test('leaves alone what the model says about HOME, USER, LOGNAME and SHELL', async () => {
      const here = await makePlace();
      const given = { HOME: '/srv/home', USER: 'somebody', LOGNAME: "o'body", SHELL: '/bin/true' };
      const script = service(here, 'daemon', tools, { environment: given });
      expect(script.call('start').exitCode).toBe(0);
      expect(Object.fromEntries(environmentOf(script.pid()))).toMatchObject(given);
    });
  });

  test('initializes as root, before the process', async () => {
    const here = await makePlace();
    const script = service(here, 'daemon', {}, { initialize: `id -u > ${here.path}/log/initialized` });
    expect(script.call('start').exitCode).toBe(0);
    expect(readFileSync(`${here.path}/log/initialized`, 'utf8')).toBe('0\n');
    expect(await written(script, 'started')).toBe(`started as ${uid}\n`);
  });

  test('logs a foreground process where its user can write, and a daemon where only root can', async () => {
    const here = await makePlace();
    const foreground = service(here, 'foreground', {});
    expect(foreground.logFile).toBe(`${here.path}/tmp/nixproc-service.log`);
    expect(foreground.call('start').exitCode).toBe(0);
    await written(foreground, `started as ${uid}`);
    expect(statSync(foreground.logFile).uid).toBe(Number(uid));
    const daemon = here.service({ name: 'daemon', process: { user, pidFile: `${here.path}/tmp/daemon.pid` } });
    expect(daemon.logFile).toBe(`${here.path}/log/nixproc-daemon.log`);
    expect(daemon.call('start').exitCode).toBe(0);
    expect(statSync(daemon.logFile).uid).toBe(0);
  });

  test('stays root when user changes are disabled', async () => {
    const here = await makePlace();
    const script = here.service({
      shell,
      overrides: { user },
      surroundings: { forceDisableUserChange: true },
    });
    expect(script.call('start').exitCode).toBe(0);
    expect(statusLine(script.pid(), 'Uid')).toBe('0\t0\t0\t0');
  });

  test('says that there is no such user, with exit code 6', async () => {
    const here = await makePlace();
    expect(service(here, 'daemon', {}, { user: 'nixproc-no-such-user' }).call('start')).toMatchObject({
      exitCode: 6,
      stderr: 'service: there is no user "nixproc-no-such-user" on this system\n',
    });
  });

  test('does not take the word of a user about whose process has been started', async () => {
    const here = await makePlace();
    const victim = here.stranger('sleep', '1000');
    const pidFile = `${here.path}/tmp/service.pid`;
    const liar = { executable: here.program, args: ['liar', pidFile, String(victim)] };
    const script = service(here, 'daemon', {}, { daemon: liar });
    const { exitCode, stderr } = script.call('start', { NIXPROC_START_TIMEOUT: '2' });
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`${pidFile} names process ${victim}, which is user 0's, but the file is user ${uid}'s`);
    expect(script.call('stop').exitCode).toBe(0);
    expect(isAlive(victim)).toBe(true);
  });
});

const [, ordinary] = accounts;
const withOrdinary = ordinary === undefined ? test.skip : test;

withOrdinary('an ordinary user cannot start a process of another user, and is told so with exit code 4', async () => {
  const here = await makePlace(ordinary);
  expect(here.service({ process: { user: 'root' } }).call('start')).toMatchObject({
    exitCode: 4,
    stderr: 'service: only root can run a process as user root\n',
  });
});

withOrdinary('a user starts processes of its own without being root', async () => {
  const here = await makePlace(ordinary);
  const script = here.service({ process: { user }, behaviour: 'foreground' });
  expect(script.call('start')).toMatchObject({ exitCode: 0, stderr: '' });
  expect(statusLine(readMain(script), 'Uid')).toBe([uid, uid, uid, uid].join('\t'));
  expect(environmentOf(readMain(script)).get('HOME')).toBe(home);
});
