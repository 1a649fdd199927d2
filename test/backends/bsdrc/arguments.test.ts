import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { isAlive } from '../../support/processes.js';
import { isRoot } from '../../support/is-root.js';
import type { JsonObject } from '../../../src/system/json.js';
import { ModelError } from '../../../src/system/errors.js';
import { bsdrc } from '../../../src/backends/bsdrc/index.js';
import { accounts } from '../../support/accounts.js';
import { renderDirect } from '../support/render-unit.js';
import {
  argumentsOf,
  environmentOf,
  readMain,
  statusLine,
  written,
  type Place,
  type Service,
} from '../support/script-service.js';
import { makePlace, traceOf } from './support/service.js';

/** A script from the arguments of createBSDRCScript, for service.py as a daemon. */
const script = (here: Place, args: JsonObject = {}): Service => {
  const pidFile = join(here.path, 'run', 'web-app.pid');
  return here.direct({
    name: 'web-app',
    command: here.program,
    commandArgs: ['daemon', pidFile],
    pidFile,
    ...args,
  });
};
const textOf = (service: Service): string => readFileSync(service.script, 'utf8');
const configure = (here: Place, file: string, text: string): void => {
  mkdirSync(join(here.path, 'rc.conf.d'), { recursive: true });
  writeFileSync(join(here.path, file), text);
};

describe('createBSDRCScript', () => {
  test('names variables by a name without dashes, and the file by its own', async () => {
    const service = script(await makePlace());
    expect(service.script).toMatch(/\/etc\/rc\.d\/web-app$/);
    expect(textOf(service)).toMatch(/^name=web_app$/m);
    expect(textOf(service)).toMatch(/^rcvar=web_app_enable$/m);
    expect(service.call('=rcvar').stdout).toMatch(/^# web_app : web-app\n#\nweb_app_enable="NO"\n/);
  });

  test('does what rc.conf.d enables, and says what to do about the rest', async () => {
    const here = await makePlace();
    const service = script(here);
    expect(service.call('=start')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining("Set web_app_enable to YES in /etc/rc.conf or use 'onestart'"),
    });
    expect(existsSync(service.pidFile)).toBe(false);
    configure(here, 'rc.conf.d/web_app', 'web_app_enable="YES"\n');
    expect(service.call('=start').exitCode).toBe(0);
    expect(service.call('=stop').exitCode).toBe(0);
    expect(existsSync(service.pidFile)).toBe(false);
  });

  test.each([
    [{ rcvar: 'active' }, '# web_app : web-app\n#\nweb_app_active="NO"\n#   (default: "")\n\n'],
    [{ rcvar: null }, '# web_app : web-app\n#\n\n'],
    [{ rcvarsDefaults: { enable: 'YES' } }, '# web_app : web-app\n#\nweb_app_enable="YES"\n#   (default: "")\n\n'],
  ])('rcvar and rcvarsDefaults: %j', async (args, expected) => {
    expect(script(await makePlace(), args).call('=rcvar').stdout).toBe(expected);
  });

  test('rcvarsDefaults hold unless rc.conf says otherwise, whatever is in them', async () => {
    const here = await makePlace();
    const service = script(here, {
      rcvarsDefaults: { greeting: "it's $HOME", flags: 'daemon' },
      commandArgs: [join(here.path, 'run', 'web-app.pid'), 'last'],
      commands: { greet: { implementation: 'printf %s "$web_app_greeting"' } },
    });
    expect(service.call('greet').stdout).toBe("it's $HOME");
    expect(service.call('start').exitCode).toBe(0);
    // Flags come before the model's arguments.
    expect(argumentsOf(readMain(service)).slice(-3)).toEqual(['daemon', service.pidFile, 'last']);
    service.call('stop');
    configure(here, 'rc.conf', 'web_app_greeting=other\n');
    expect(service.call('greet').stdout).toBe('other');
  });

  test('tells rcorder its order, with the own name among what it provides', async () => {
    const text = textOf(
      script(await makePlace(), { requires: ['NETWORKING'], provides: ['web'], keywords: ['nojail'] }),
    );
    expect(text.split('\n').slice(2, 5)).toEqual([
      '# PROVIDE: web-app web',
      '# REQUIRE: NETWORKING',
      '# KEYWORD: nojail',
    ]);
  });

  test('hands over nothing that is not wanted', async () => {
    const text = textOf(script(await makePlace()));
    expect(text).not.toMatch(/^(required_|sig_|extra_commands=.*start)/m);
    expect(text).not.toContain('# REQUIRE');
    expect(text).not.toContain('# KEYWORD');
  });

  test('limits, login class, routing table and protection reach the tools of FreeBSD', async () => {
    if (!isRoot) return;
    const here = await makePlace();
    const service = script(here, {
      limits: '-n 100 -u 20',
      loginClass: 'www',
      fib: 2,
      oomProtect: true,
    });
    expect(service.call('start')).toMatchObject({ exitCode: 0, stderr: '' });
    expect(traceOf(here)).toEqual(['limits -C www -n 100 -u 20', 'setfib -F 2', `protect -p ${readMain(service)}`]);
    service.call('stop');
  });

  test.each([
    ['YES', 'protect -p'],
    ['ALL', 'protect -d -i -p'],
    ['all', 'protect -d -i -p'],
  ])('oomProtect = "%s"', async (oomProtect, expected) => {
    const here = await makePlace();
    const service = script(here, { oomProtect });
    expect(service.call('start').exitCode).toBe(0);
    expect(traceOf(here).at(-1)).toBe(`${expected} ${readMain(service)}`);
    service.call('stop');
  });

  test('takes on no login class as an ordinary user, but the limits that are asked for', async () => {
    const account = accounts.at(-1);
    const here = await makePlace(account);
    const plain = script(here);
    expect(plain.call('start')).toMatchObject({ exitCode: 0, stderr: '' });
    expect(traceOf(here)).toEqual([]);
    plain.call('stop');
    const limited = script(here, { limits: '-n 100', name: 'limited' });
    expect(limited.call('start')).toMatchObject({ exitCode: 0, stderr: '' });
    expect(traceOf(here)).toEqual(['limits -n 100']);
    limited.call('stop');
  });

  test.each([
    ['requiredFiles', { requiredFiles: ['/nonexistent/file'] }, '/nonexistent/file is not readable'],
    ['requiredDirs', { requiredDirs: ['/nonexistent'] }, '/nonexistent is not a directory'],
    ['requiredVars', { requiredVars: ['other_enable'] }, 'other_enable is not enabled'],
    ['requiredModules', { requiredModules: ['present', 'missing:if_missing'] }, 'Unable to load kernel module missing'],
  ])('%s keep it from starting', async (_, args, words) => {
    const here = await makePlace();
    const service = script(here, args);
    const { exitCode, stderr } = service.call('start');
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringContaining(words) });
    expect(existsSync(service.pidFile)).toBe(false);
  });

  test('requirements that are met do not', async () => {
    const here = await makePlace();
    configure(here, 'rc.conf', 'other_enable=YES\n');
    const service = script(here, {
      requiredFiles: ['/etc/passwd', here.program],
      requiredDirs: [here.path],
      requiredVars: ['other_enable'],
      requiredModules: ['fuse', 'fusefs~fuse.*'],
    });
    expect(service.call('start')).toMatchObject({ exitCode: 0, stderr: '' });
    expect(traceOf(here).filter((line) => line.startsWith('kldload'))).toEqual(['kldload fuse', 'kldload fusefs']);
    service.call('stop');
  });

  test('a reload and a stop have their signals', async () => {
    const here = await makePlace();
    const service = script(here, { reloadSignal: '-HUP', stopSignal: 'SIGUSR1' });
    expect(textOf(service)).toMatch(/^sig_stop=USR1$/m);
    expect(textOf(service)).not.toContain('sig_reload=');
    service.call('start');
    await written(service, 'started');
    service.call('reload');
    await written(service, 'reloaded');
    const pid = readMain(service);
    expect(service.call('stop').exitCode).toBe(0);
    expect(isAlive(pid)).toBe(false);
    // SIGUSR1 ends it without a word.
    expect(service.log()).not.toContain('terminated');
  });

  test("a script may have other default signals than FreeBSD's", async () => {
    const here = await makePlace();
    const subr = join(here.path, 'programs', 'rc.subr');
    const service = script(here, {
      outer: {
        rcSubr: subr,
        defaultStopSignal: 'INT',
        defaultReloadSignal: 'HUP',
        builtinCommands: ['start', 'reload'],
      },
      stopSignal: 'INT',
      commands: { stop: { pre: 'echo before' } },
    });
    expect(textOf(service)).not.toContain('sig_stop=');
    expect(textOf(service)).toMatch(/^extra_commands=stop$/m);
    expect(textOf(service)).toContain(`. ${subr}\n`);
  });

  test('commands have what comes before, in their place, and after', async () => {
    const here = await makePlace();
    const note = (word: string): string => `echo ${word} >> ${here.path}/log/order`;
    const service = script(here, {
      commands: {
        start: { pre: note('prestart'), post: `${note('poststart')}; echo "$rc_pid" > ${here.path}/log/pid` },
        stop: { pre: note('prestop'), post: note('poststop') },
        configtest: { pre: note('pretest'), implementation: note('test'), post: note('posttest') },
      },
    });
    expect(textOf(service)).toMatch(/^extra_commands='configtest reload'$/m);
    for (const command of ['start', 'configtest', 'stop']) expect(service.call(command).exitCode).toBe(0);
    expect(readFileSync(join(here.path, 'log/order'), 'utf8').trim().split('\n')).toEqual([
      ...['prestart', 'poststart', 'pretest', 'test', 'posttest', 'prestop', 'poststop'],
    ]);
    expect(Number(readFileSync(join(here.path, 'log/pid'), 'utf8'))).toBeGreaterThan(1);
  });

  test('a command before the start that fails ends it, and leaves no process', async () => {
    const here = await makePlace();
    const service = script(here, { commands: { start: { pre: 'false' } } });
    expect(service.call('start').exitCode).toBe(1);
    expect(existsSync(service.pidFile)).toBe(false);
  });

  test("a start, a stop, a reload and a status of the user's own are used", async () => {
    const here = await makePlace();
    const pidFile = join(here.path, 'run', 'web-app.pid');
    const service = script(here, {
      commands: {
        start: { implementation: `${here.program} daemon ${pidFile} >/dev/null 2>&1 </dev/null` },
        stop: { implementation: `kill "$(cat ${pidFile})" && rm ${pidFile}` },
        reload: { implementation: 'echo reloading' },
        status: { implementation: 'echo fine' },
      },
    });
    expect(service.call('start').exitCode).toBe(0);
    expect(readMain(service)).toBe(service.pid());
    expect(service.call('reload').stdout).toBe('reloading\n');
    expect(service.call('status').stdout).toBe('fine\n');
    expect(service.call('stop').exitCode).toBe(0);
    expect(readFileSync(service.recordFile, 'utf8')).toMatch(/^stopped /);
  });

  test('a script without a process remembers whether it was started', async () => {
    const here = await makePlace();
    const service = here.direct({
      name: 'mount',
      commands: {
        start: { implementation: `touch ${here.path}/run/mounted` },
        stop: { implementation: `rm ${here.path}/run/mounted` },
      },
    });
    expect(service.call('status')).toMatchObject({ exitCode: 1, stdout: 'mount is not started\n' });
    expect(service.call('start').exitCode).toBe(0);
    expect(service.call('status')).toMatchObject({ exitCode: 0, stdout: 'mount is started\n' });
    expect(service.call('stop').exitCode).toBe(0);
    expect(service.call('status').exitCode).toBe(1);
  });

  test.each([
    [true, 'a b\n'],
    [false, '\n'],
  ])('commands get more words with flexibleParameters = %j', async (flexibleParameters, expected) => {
    const here = await makePlace();
    const service = script(here, { flexibleParameters, commands: { say: { implementation: 'echo "$*"' } } });
    expect(spawnSync(service.script, ['onesay', 'a', 'b'], { encoding: 'utf8' }).stdout).toBe(expected);
  });

  test("variables for programs are seen by commands, those of rc.subr's only by the process", async () => {
    const here = await makePlace();
    const service = script(here, {
      environment: { GREETING: 'hello', name: 'x', ID: '7' },
      path: ['/opt/tool'],
      commands: { show: { implementation: 'echo "$GREETING $name ${PATH##*:}"' } },
    });
    expect(service.call('show').stdout).toBe('hello web_app /opt/tool/bin\n');
    service.call('start');
    const environment = environmentOf(readMain(service));
    expect(Object.fromEntries(environment)).toMatchObject({
      GREETING: 'hello',
      name: 'x',
      ID: '7',
      PATH: '/opt/tool/bin',
    });
    service.call('stop');
  });

  test('output of a daemon may be lost', async () => {
    const here = await makePlace();
    const service = script(here, { enableDaemonOutputLogging: false });
    service.call('start');
    expect(existsSync(join(here.path, 'log/nixproc-web-app.log'))).toBe(false);
    expect(service.call('stop').exitCode).toBe(0);
    const wrapped = script(here, {
      enableDaemonOutputLogging: false,
      commandIsDaemon: false,
      commandArgs: ['foreground', '-'],
    });
    expect(wrapped.call('start')).toMatchObject({ exitCode: 0, stderr: '' });
    expect(wrapped.call('stop').exitCode).toBe(0);
    expect(existsSync(join(here.path, 'log/nixproc-web-app.log'))).toBe(false);
  });

  test('a PID file has a name by instance or program', async () => {
    const here = await makePlace();
    const pidFileOf = (args: JsonObject): unknown =>
      script(here, { pidFile: null, ...args }).unit.activation['pidFile'];
    expect(pidFileOf({})).toBe(join(here.path, 'run/service.py.pid'));
    expect(pidFileOf({ instanceName: 'one', name: 'a' })).toBe(join(here.path, 'run/one.pid'));
    expect(pidFileOf({ user: 'www', name: 'b' })).toBe(join(here.path, 'tmp/service.py.pid'));
  });

  (isRoot ? test : test.skip).each([true, false])(
    'another user, in the background by itself: %j',
    async (commandIsDaemon) => {
      const here = await makePlace();
      const pidFile = join(here.path, 'tmp', 'web.pid');
      const service = script(here, {
        user: 'nobody',
        pidFile,
        commandIsDaemon,
        commandArgs: [commandIsDaemon ? 'daemon' : 'foreground', pidFile, 'it\'s "$HOME" `x` \\ %'],
        nice: 2,
        umask: '077',
        environment: { GREETING: '"$(id)"\n' },
        commands: { start: { pre: `id -u > ${here.path}/log/before` } },
      });
      expect(service.call('start')).toMatchObject({ exitCode: 0, stderr: '' });
      const main = readMain(service);
      expect(statusLine(main, 'Uid').split(/\s+/)[1]).toBe('65534');
      expect(statusLine(main, 'Umask')).toBe('0077');
      expect(argumentsOf(main).at(-1)).toBe('it\'s "$HOME" `x` \\ %');
      expect(environmentOf(main).get('GREETING')).toBe('"$(id)"\n');
      expect(readFileSync(join(here.path, 'log/before'), 'utf8')).toBe('0\n');
      expect(service.call('stop')).toMatchObject({ exitCode: 0, stderr: '' });
      expect(isAlive(main)).toBe(false);
    },
  );

  test('without user changes nobody else is asked for', async () => {
    const here = await makePlace();
    const service = here.direct(
      { name: 'web', command: here.program, user: 'nobody' },
      { surroundings: { forceDisableUserChange: true } },
    );
    expect(textOf(service)).not.toMatch(/^.*web_user:=/m);
  });

  test.each([
    ['comand', { comand: '/bin/x' }, 'createBSDRCScript has no such argument'],
    ['name', { name: 'web.sh' }, 'ignores scripts whose names end'],
    ['name', { name: 'a b' }, 'contains " "'],
    ['command', { command: 'web' }, 'expected an absolute path'],
    ['command', { command: '/opt/my program' }, 'expected letters'],
    ['pidFile', { pidFile: "/run/it's.pid" }, 'expected letters'],
    ['pidFile', { instanceName: 'my web' }, 'cannot handle'],
    ['nice', { nice: 'low' }, 'expected an integer'],
    ['fib', { fib: -1 }, 'expected the number of a routing table'],
    ['limits', { limits: '; reboot' }, 'expected options of limits(1)'],
    ['loginClass', { loginClass: 'a b' }, 'expected letters'],
    ['user', { user: '$(id)' }, 'expected letters'],
    ['oomProtect', { oomProtect: 'maybe' }, 'expected true, false, "YES" or "ALL"'],
    ['requiredFiles.0', { requiredFiles: ['/my file'] }, 'expected letters'],
    ['requiredVars.0', { requiredVars: ['a-b'] }, "expected a shell variable's name"],
    ['rcvar', { rcvar: 'a b' }, "expected a shell variable's name"],
    ['rcvarsDefaults.a-b', { rcvarsDefaults: { 'a-b': '1' } }, "expected the end of a shell variable's name"],
    ['reloadSignal', { reloadSignal: '; rm' }, 'expected a signal'],
    ['requires.0', { requires: ['A B'] }, 'expected letters'],
    ['commands.a-b', { commands: { 'a-b': {} } }, "expected a shell variable's name"],
    ['commands.start', { commands: { start: 'x' } }, 'expected an attribute set with pre, implementation and post'],
    ['commands.start.implementation', { command: null }, 'does not know how to start'],
  ])('refuses a wrong %s', (property, args, why) => {
    const render = (): unknown =>
      renderDirect(
        bsdrc,
        { name: 'web', command: '/bin/web', ...args },
        {
          root: '/nonexistent',
        },
      );
    expect(render).toThrow(ModelError);
    try {
      render();
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      const name = 'name' in args ? args.name : 'web';
      expect(error.message).toBe(`Process instance "${name}" has an argument that bsdrc cannot take: ${property}`);
      expect(error.why).toContain(why);
    }
  });
});
