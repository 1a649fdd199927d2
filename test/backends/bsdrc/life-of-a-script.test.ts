import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { isAlive, processesThatMention } from '../../support/processes.js';
import {
  argumentsOf,
  environmentOf,
  kill,
  readMain,
  shellsAndAccounts,
  statusLine,
  written,
} from '../support/script-service.js';
import { makePlace } from './support/service.js';

// rc.d scripts run under /bin/sh; the launcher runs under the shell of the model's packages.
describe.each(shellsAndAccounts)('an rc.d script with a launcher for $shell as $account.name', ({ shell, account }) => {
  describe.each(['daemon', 'foreground'])('of a process that is a %s', (behaviour) => {
    test('starts it once, tells its state, and stops it without leaving anything', async () => {
      const here = await makePlace(account);
      const service = here.service({ shell, behaviour });
      expect(service.call('status').exitCode).toBe(1);
      expect(service.call('start')).toMatchObject({ exitCode: 0, stdout: 'Starting service.\n', stderr: '' });
      const main = readMain(service);
      expect(service.pid()).toBe(main);
      expect(await written(service, 'started')).toBe(`started as ${account.uid}\n`);
      expect(service.call('status')).toMatchObject({
        exitCode: 0,
        stdout: `service is running, process ${main}\n`,
      });
      expect(service.call('start')).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining(`service: it is already running, process ${main}\n`),
      });
      expect(isAlive(main)).toBe(true);
      expect(service.call('stop')).toMatchObject({ exitCode: 0, stderr: '' });
      expect(service.log()).toContain('terminated');
      expect(processesThatMention(`${here.path}/`)).toEqual([]);
      expect(readdirSync(join(here.path, 'run'))).toEqual(['nixproc-bsdrc']);
      expect(service.call('stop').exitCode).toBe(0);
    });

    test('reloads it, and restarts it as another process', async () => {
      const service = (await makePlace(account)).service({ shell, behaviour });
      expect(service.call('reload').exitCode).toBe(1);
      expect(service.call('restart').exitCode).toBe(0);
      const first = readMain(service);
      await written(service, 'started');
      expect(service.call('reload').exitCode).toBe(0);
      await written(service, 'reloaded');
      expect(service.call('restart').exitCode).toBe(0);
      expect(isAlive(first)).toBe(false);
      expect(readMain(service)).not.toBe(first);
    });

    test('says that it was killed, and starts it again', async () => {
      const service = (await makePlace(account)).service({ shell, behaviour });
      service.call('start');
      await kill(readMain(service));
      expect(service.call('status')).toMatchObject({
        exitCode: 1,
        stdout: expect.stringMatching(/^service is dead/),
      });
      expect(service.call('start').exitCode).toBe(0);
      expect(service.call('status').exitCode).toBe(0);
    });

    test('kills what does not end in time', async () => {
      const here = await makePlace(account);
      const service = here.service({ shell, behaviour: behaviour === 'daemon' ? 'stubborn' : 'stubborn-foreground' });
      service.call('start');
      await written(service, 'started');
      expect(service.call('stop', { NIXPROC_STOP_TIMEOUT: '1' })).toMatchObject({
        exitCode: 0,
        stderr: 'service: killing what did not end within 1 seconds\n',
      });
      expect(processesThatMention(`${here.path}/`)).toEqual([]);
    });

    test('a start that fails says why, and leaves nothing', async () => {
      const here = await makePlace(account);
      const command = { executable: here.program, args: ['broken', '-'] };
      const service = here.service({ shell, process: { daemon: null, [behaviour]: command } });
      const { exitCode, stderr, milliseconds } = service.call('start');
      expect(exitCode).toBe(1);
      expect(stderr).toContain('the port is in use');
      // It does not wait until a start has taken too long.
      expect(milliseconds).toBeLessThan(9000);
      expect(existsSync(service.pidFile)).toBe(false);
      expect(processesThatMention(`${here.path}/`)).toEqual([]);
      expect(readFileSync(service.recordFile, 'utf8')).toMatch(/^failed /);
      expect(service.call('restart').exitCode).toBe(1);
      expect(processesThatMention(`${here.path}/`)).toEqual([]);
    });

    test('has everything that a process can want', async () => {
      const here = await makePlace(account);
      const directory = join(here.path, 'tmp');
      const service = here.service({
        shell,
        behaviour,
        process: {
          directory,
          umask: '0027',
          nice: 3,
          environment: { GREETING: "it's\n$HOME", 'odd.name': '1', name: "not rc.subr's", PS: 'nor this' },
          path: ['/opt/tool'],
          initialize: `echo "$GREETING/$name/$PATH" > ${directory}/made`,
        },
      });
      expect(service.call('start')).toMatchObject({ exitCode: 0, stderr: '' });
      const main = readMain(service);
      expect(Object.fromEntries(environmentOf(main))).toMatchObject({
        GREETING: "it's\n$HOME",
        'odd.name': '1',
        name: "not rc.subr's",
        PS: 'nor this',
        // Its own packages alone.
        PATH: '/opt/tool/bin',
      });
      expect(readFileSync(join(directory, 'made'), 'utf8')).toMatch(/^it's\n\$HOME\/not rc\.subr's\/\/opt\/tool\/bin:/);
      expect(statusLine(main, 'Umask')).toBe('0027');
      expect(readFileSync(`/proc/${main}/stat`, 'utf8').split(') ')[1]?.split(' ')[16]).toBe('3');
      expect(argumentsOf(main).at(-1)).toBe(service.pidFile);
      expect(service.call('stop').exitCode).toBe(0);
    });
  });

  test('a directory with spaces is gone to all the same', async () => {
    const here = await makePlace(account);
    const directory = join(here.path, "tmp/it's here");
    mkdirSync(directory);
    const service = here.service({ shell, process: { directory } });
    expect(service.call('start').exitCode).toBe(0);
    expect(processesThatMention(`${here.path}/`)).not.toEqual([]);
    service.call('stop');
  });

  test('an initialization that fails ends the start', async () => {
    const here = await makePlace(account);
    const service = here.service({
      shell,
      process: { initialize: `echo FATAL: no room\nfalse\ntouch ${here.path}/tmp/made` },
    });
    const { exitCode, stderr } = service.call('start');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('FATAL: no room\n');
    expect(service.log()).toContain('FATAL: no room\n');
    expect(existsSync(join(here.path, 'tmp', 'made'))).toBe(false);
    expect(existsSync(service.pidFile)).toBe(false);
  });

  test('a PID file that names a stranger has him neither killed nor taken for the service', async () => {
    const here = await makePlace(account);
    const service = here.service({ shell });
    service.call('start');
    await kill(service.pid());
    const stranger = here.stranger('sleep', '1000');
    writeFileSync(service.pidFile, `${stranger}\n`);
    expect(service.call('status').exitCode).toBe(1);
    expect(service.call('reload').exitCode).toBe(1);
    expect(service.call('restart').exitCode).toBe(0);
    expect(isAlive(stranger)).toBe(true);
    expect(service.pid()).not.toBe(stranger);
  });
});
