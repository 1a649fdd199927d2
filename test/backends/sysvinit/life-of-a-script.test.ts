import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { isAlive, processesThatMention } from '../../support/processes.js';
import {
  eachShellOnce,
  environmentOf,
  itself,
  kill,
  makePlace,
  readMain,
  shellsAndAccounts,
  statusLine,
  written,
  type Place,
} from './support/service.js';

describe.each(shellsAndAccounts)('an init script under $shell as $account.name', ({ shell, account }) => {
  const place = (): Promise<Place> => makePlace(account);

  describe.each(['daemon', 'foreground'])('of a process that is a %s', (behaviour) => {
    test('starts it, says so, and has recorded it when it returns', async () => {
      const service = (await place()).service({ shell, behaviour });
      expect(service.call('start')).toMatchObject({ exitCode: 0, stdout: 'Starting service... done\n', stderr: '' });
      const main = readMain(service);
      expect(isAlive(main)).toBe(true);
      expect(await written(service, 'started')).toBe(`started as ${account.uid}\n`);
      expect(service.call('status')).toMatchObject({
        exitCode: 0,
        stdout: `service is running, process ${main}\n`,
        stderr: '',
      });
    });

    test('does nothing when it is started twice', async () => {
      const service = (await place()).service({ shell, behaviour });
      service.call('start');
      const pid = service.pid();
      expect(service.call('start')).toMatchObject({ exitCode: 0, stderr: '' });
      expect(service.pid()).toBe(pid);
      expect(service.log().match(/started/g)).toHaveLength(1);
    });

    test('stops it in good order, and leaves no process and no PID file', async () => {
      const here = await place();
      const service = here.service({ shell, behaviour });
      service.call('start');
      await written(service, 'started');
      expect(service.call('stop')).toMatchObject({ exitCode: 0, stdout: 'Stopping service... done\n', stderr: '' });
      expect(service.log()).toContain('terminated');
      expect(processesThatMention(here.path)).toEqual([]);
      expect(readdirSync(`${here.path}/run`)).toEqual(['nixproc-sysvinit']);
      expect(service.call('status')).toMatchObject({ exitCode: 3, stdout: 'service is not running\n' });
    });

    test('does nothing when it is stopped twice, or was never started', async () => {
      const service = (await place()).service({ shell, behaviour });
      expect(service.call('status').exitCode).toBe(3);
      expect(service.call('stop')).toMatchObject({ exitCode: 0, stderr: '' });
      expect(service.call('stop')).toMatchObject({ exitCode: 0, stderr: '' });
    });

    test('restarts it as another process, and starts it when it does not run', async () => {
      const service = (await place()).service({ shell, behaviour });
      expect(service.call('restart').exitCode).toBe(0);
      const pid = service.pid();
      expect(service.call('restart').exitCode).toBe(0);
      expect(service.pid()).not.toBe(pid);
      expect(isAlive(pid)).toBe(false);
      expect(service.call('status').exitCode).toBe(0);
    });

    test('try-restart leaves what does not run alone', async () => {
      const service = (await place()).service({ shell, behaviour });
      expect(service.call('try-restart').exitCode).toBe(0);
      expect(service.call('status').exitCode).toBe(3);
      service.call('start');
      const pid = service.pid();
      expect(service.call('try-restart').exitCode).toBe(0);
      expect(service.pid()).not.toBe(pid);
    });

    test.each(['reload', 'force-reload'])(
      '%s reaches the process itself, and fails with 7 without one',
      async (name) => {
        const service = (await place()).service({ shell, behaviour });
        expect(service.call(name)).toMatchObject({
          exitCode: 7,
          stdout: 'Reloading service...\n failed\n',
          stderr: 'service: it is not running\n',
        });
        service.call('start');
        await written(service, 'started');
        expect(service.call(name).exitCode).toBe(0);
        await written(service, 'reloaded');
        expect(service.call('status').exitCode).toBe(0);
      },
    );

    test('kills what ignores SIGTERM, when its time is over', async () => {
      const here = await place();
      const service = here.service({ shell, behaviour: behaviour === 'daemon' ? 'stubborn' : 'stubborn-foreground' });
      service.call('start');
      await written(service, 'started');
      const { exitCode, stderr, milliseconds } = service.call('stop', { NIXPROC_STOP_TIMEOUT: '1' });
      expect({ exitCode, stderr }).toEqual({
        exitCode: 0,
        stderr: 'service: killing what did not end within 1 seconds\n',
      });
      expect(milliseconds).toBeGreaterThan(1000);
      expect(processesThatMention(here.path)).toEqual([]);
    });

    test('a start that fails has exit code 1 or that of the process, says why, and leaves nothing', async () => {
      const here = await place();
      const command = { executable: here.program, args: ['broken', '-'] };
      const service = here.service({ shell, process: { daemon: null, [behaviour]: command } });
      const { exitCode, stderr, milliseconds } = service.call('start');
      expect(exitCode).toBe(behaviour === 'daemon' ? 3 : 1);
      expect(stderr).toContain('the port is in use');
      // It does not wait until a start has taken too long.
      expect(milliseconds).toBeLessThan(9000);
      expect(existsSync(service.pidFile)).toBe(false);
      expect(service.call('status').exitCode).toBe(3);
    });

    test('a program that is not there is said to be missing, with exit code 5', async () => {
      const missing = { executable: '/nonexistent/bin/program', args: [] };
      const service = (await place()).service({ shell, process: { daemon: null, [behaviour]: missing } });
      expect(service.call('start')).toMatchObject({
        exitCode: 5,
        stderr: 'service: there is no program /nonexistent/bin/program\n',
      });
    });
  });
});

describe.each(eachShellOnce)('an init script under $shell as $account.name', ({ shell, account }) => {
  const place = (): Promise<Place> => makePlace(account);

  test('a killed daemon is dead with a PID file (1), and can be started again', async () => {
    const service = (await place()).service({ shell });
    service.call('start');
    const pid = service.pid();
    await kill(pid);
    expect(service.call('status')).toMatchObject({
      exitCode: 1,
      stdout: `service is dead, but ${service.pidFile} exists\n`,
    });
    expect(service.call('reload').exitCode).toBe(7);
    expect(service.call('start').exitCode).toBe(0);
    expect(service.call('status').exitCode).toBe(0);
  });

  test('a start whose PID file and record cannot be written, as on a full disk, leaves nothing running', async () => {
    const here = await place();
    const service = here.service({
      shell,
      behaviour: 'foreground',
      process: { foreground: { executable: '/bin/sleep', args: ['1000'] }, initialize: "trap '' XFSZ; ulimit -f 0" },
    });
    expect(service.call('start', { NIXPROC_START_TIMEOUT: '2' }).exitCode).toBe(1);
    expect(processesThatMention(service.pidFile)).toEqual([]);
  });

  test('a killed foreground process is dead (1) although its wrapper has cleaned up', async () => {
    const here = await place();
    const service = here.service({ shell, behaviour: 'foreground' });
    service.call('start');
    await kill(readMain(service));
    while (existsSync(service.pidFile)) await written(service, 'started');
    expect(service.call('status')).toMatchObject({
      exitCode: 1,
      stdout: 'service is dead, and nobody stopped it\n',
    });
    expect(service.call('start').exitCode).toBe(0);
  });

  test('a foreground process whose wrapper was killed is still the service, and can be stopped', async () => {
    const here = await place();
    const service = here.service({ shell, behaviour: 'foreground' });
    service.call('start');
    await kill(service.pid());
    expect(service.call('status').exitCode).toBe(0);
    expect(service.call('stop').exitCode).toBe(0);
    expect(processesThatMention(here.path)).toEqual([]);
  });

  test.each([
    ['ends with it', 'parent', {}, ''],
    [
      'is killed when it does not',
      'stubborn-parent',
      { NIXPROC_STOP_TIMEOUT: '1' },
      'service: killing what did not end within 1 seconds\n',
    ],
  ])('what a foreground process has started %s', async (_, behaviour, stopTimeout, stderr) => {
    const here = await place();
    const service = here.service({ shell, behaviour });
    service.call('start');
    await written(service, 'the child is there');
    expect(service.call('stop', stopTimeout)).toMatchObject({ exitCode: 0, stderr });
    expect(processesThatMention(here.path)).toEqual([]);
  });

  test('a daemon that is slow to write its PID file is waited for', async () => {
    const service = (await place()).service({ shell, behaviour: 'slow' });
    expect(service.call('start')).toMatchObject({ exitCode: 0, stderr: '' });
    expect(isAlive(service.pid())).toBe(true);
  });

  test('a daemon that never writes its PID file has failed to start', async () => {
    const service = (await place()).service({ shell, behaviour: 'forgetful' });
    const { exitCode, stderr } = service.call('start', { NIXPROC_START_TIMEOUT: '2' });
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`service: the process did not write ${service.pidFile} within 2 seconds\n`);
    expect(service.call('status').exitCode).toBe(3);
  });

  test('an unknown activity is answered with the usage, on stderr, and exit code 2', async () => {
    const service = (await place()).service({ shell });
    expect(service.call('bogus')).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: `Usage: ${service.script} {start|stop|reload|restart|status|try-restart|force-reload}\n`,
    });
  });

  test.each(['daemon', 'foreground'])('umask, niceness and directory are those of the model for a %s', async (kind) => {
    const here = await place();
    const service = here.service({ shell, behaviour: kind, process: { umask: '0027', nice: 5, directory: here.path } });
    service.call('start');
    const main = readMain(service);
    const stat = readFileSync(`/proc/${main}/stat`, 'utf8');
    expect({
      umask: statusLine(main, 'Umask'),
      nice: stat.slice(stat.lastIndexOf(')')).split(' ')[17],
      directory: readlinkSync(`/proc/${main}/cwd`),
    }).toEqual({ umask: '0027', nice: '5', directory: here.path });
  });

  test('a directory that is not there fails the start, and does not disturb the status', async () => {
    const service = (await place()).service({ shell, process: { directory: '/nonexistent' } });
    expect(service.call('start').exitCode).not.toBe(0);
    expect(service.call('status').exitCode).toBe(3);
  });

  test('initialize runs before the process, in the directory, and hands its variables on', async () => {
    const here = await place();
    const service = here.service({
      shell,
      process: {
        directory: here.path,
        initialize: 'cat > log/made <<END\nmade in $PWD by $(id -u)\nEND\nexport SECRET="$(cat log/made)"',
        environment: { PATH: '/usr/bin:/bin' },
      },
    });
    expect(service.call('start')).toMatchObject({ exitCode: 0, stderr: '' });
    expect(environmentOf(service.pid()).get('SECRET')).toBe(`made in ${here.path} by ${account.uid}`);
  });

  test('when a command of initialize fails the process is not started', async () => {
    const service = (await place()).service({ shell, process: { initialize: 'false\ntrue' } });
    expect(service.call('start')).toMatchObject({ exitCode: 1, stderr: 'service: its initialization failed\n' });
    expect(service.log()).toBe('');
  });

  test('what initialize prints is in the log, and after a failure in the message', async () => {
    const here = await place();
    const service = here.service({ shell, process: { initialize: 'echo all is well' } });
    expect(service.call('start')).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await written(service, 'started as')).toMatch(/^all is well\nstarted as/);
    const broken = here.service({ shell, name: 'broken', process: { initialize: 'echo FATAL: no room\nfalse' } });
    const message = 'FATAL: no room\nbroken: its initialization failed\n';
    expect(broken.call('start')).toMatchObject({ exitCode: 1, stderr: message });
    expect(broken.log()).toBe('FATAL: no room\n');
    // Where others could put a link in the place of the log.
    const shared = here.service({
      ...{ shell, name: 'shared', process: { initialize: 'echo FATAL: no room\nfalse' } },
      surroundings: { directories: { logDir: `${here.path}/tmp` } },
    });
    expect(shared.call('start')).toMatchObject({ exitCode: 1, stderr: message.replace('broken', 'shared') });
    expect(shared.log()).toBe('');
  });

  test('initialize does not run when the service runs', async () => {
    const here = await place();
    const service = here.service({ shell, process: { initialize: `echo once >> ${here.path}/log/initialized` } });
    service.call('start');
    service.call('start');
    expect(readFileSync(`${here.path}/log/initialized`, 'utf8')).toBe('once\n');
  });
});

test.each([
  { caller: 'an operator', environment: {}, looks: 10 },
  {
    caller: 'the boot, which calls one script after the other',
    environment: { RUNLEVEL: '3', PREVLEVEL: 'N' },
    looks: 3,
  },
  { caller: 'whoever looks at all processes together', environment: { NIXPROC_CALLER_LOOKS: '1' }, looks: 0 },
])('a script that $caller calls looks $looks times whether its process stays up', async ({ environment, looks }) => {
  const service = (await makePlace(itself)).service({ behaviour: 'foreground' });
  const env = { PATH: process.env['PATH'], HOME: '/', ...environment };
  const { status, stderr } = spawnSync('/bin/sh', ['-x', service.script, 'start'], { encoding: 'utf8', cwd: '/', env });
  expect({ status, looks: stderr.match(/nixproc_steady=[1-9]/g)?.length ?? 0 }).toEqual({ status: 0, looks });
  expect(environmentOf(readMain(service)).has('NIXPROC_CALLER_LOOKS')).toBe(false);
});
