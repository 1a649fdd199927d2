import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { asAccount } from '../../support/accounts.js';
import { isRoot } from '../../support/is-root.js';
import { isAlive, processesThatMention } from '../../support/processes.js';
import {
  argumentsOf,
  eachShellOnce,
  environmentOf,
  kill,
  readMain,
  shellsAndAccounts,
  statusLine,
  written,
  type Place,
  type Service,
} from '../support/script-service.js';
import { eventually } from '../../support/waiting.js';
import { makePlace } from './support/service.js';

const specificationOf = ({ unit }: Service): string => join(unit.profile, 'etc/dysnomia/process', unit.name);

/** What Dysnomia's module does: it reads the file as shell variables, and runs the program or ends what the PID file names. */
const dysnomia = (service: Service, activity: 'activate' | 'deactivate'): number => {
  const command = { activate: '"$process"', deactivate: 'kill "$(cat "$pidFile")"' }[activity];
  const { status } = spawnSync('bash', ['-ec', `source "$1"; ${command}`, 'dysnomia', specificationOf(service)], {
    env: { PATH: process.env['PATH'] },
    stdio: 'ignore',
  });
  return status ?? -1;
};

describe.each(shellsAndAccounts)('a process script under $shell as $account.name', ({ shell, account }) => {
  describe.each(['daemon', 'foreground'])('of a process that is a %s', (behaviour) => {
    test('starts it once, tells its state, and stops it without leaving anything', async () => {
      const here = await makePlace(account);
      const service = here.service({ shell, behaviour });
      expect(service.call('status')).toMatchObject({ exitCode: 3, stdout: 'service is not running\n' });
      // Without an argument it starts, as Dysnomia wants it.
      expect(service.call('')).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
      const main = readMain(service);
      expect(await written(service, 'started')).toBe(`started as ${account.uid}\n`);
      expect(service.call('start')).toMatchObject({ exitCode: 0, stderr: '' });
      expect(readMain(service)).toBe(main);
      expect(service.call('status')).toMatchObject({
        exitCode: 0,
        stdout: `service is running, process ${main}\n`,
      });
      expect(service.call('stop')).toMatchObject({ exitCode: 0, stderr: '' });
      expect(service.log()).toContain('terminated');
      expect(processesThatMention(here.path)).toEqual([]);
      expect(readdirSync(join(here.path, 'run'))).toEqual(['nixproc-disnix']);
      expect(service.call('stop').exitCode).toBe(0);
    });

    test('reloads it, and restarts it as another process', async () => {
      const here = await makePlace(account);
      const service = here.service({ shell, behaviour });
      expect(service.call('reload').exitCode).toBe(7);
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
      expect(service.call('status').exitCode).toBe(1);
      expect(service.call('start').exitCode).toBe(0);
      expect(service.call('status').exitCode).toBe(0);
    });

    test('a start that fails says why, and leaves nothing', async () => {
      const here = await makePlace(account);
      const command = { executable: here.program, args: ['broken', '-'] };
      const service = here.service({ shell, process: { daemon: null, [behaviour]: command } });
      const { exitCode, stderr } = service.call('start');
      expect(exitCode).toBe(behaviour === 'daemon' ? 3 : 1);
      expect(stderr).toContain('the port is in use');
      expect(existsSync(service.pidFile)).toBe(false);
    });

    test('has everything that a process can want', async () => {
      const here = await makePlace(account);
      const service = here.service({
        shell,
        behaviour,
        process: {
          directory: join(here.path, 'tmp'),
          umask: '0027',
          nice: 3,
          environment: { GREETING: "it's\n$HOME", 'odd.name': '1', nixproc_name: 'x' },
          path: ['/opt/tool'],
          initialize: 'export LATE=yes; touch made',
        },
      });
      expect(service.call('start')).toMatchObject({ exitCode: 0, stderr: '' });
      const main = readMain(service);
      const environment = environmentOf(main);
      expect(Object.fromEntries(environment)).toMatchObject({
        GREETING: "it's\n$HOME",
        'odd.name': '1',
        nixproc_name: 'x',
        LATE: 'yes',
        // The tools of the package set come first; whoever deploys adds nothing.
        PATH: '/usr/bin:/opt/tool/bin',
      });
      expect(statusLine(main, 'Umask')).toBe('0027');
      expect(readFileSync(`/proc/${main}/stat`, 'utf8').split(') ')[1]?.split(' ')[16]).toBe('3');
      expect(existsSync(join(here.path, 'tmp', 'made'))).toBe(true);
      expect(argumentsOf(main).at(-1)).toBe(service.pidFile);
    });
  });
});

describe.each(eachShellOnce)('a process script under $shell as $account.name', ({ shell, account }) => {
  test('an initialization that fails ends the start', async () => {
    const here = await makePlace(account);
    const service = here.service({ shell, process: { initialize: 'false\ntouch /nonexistent/file' } });
    expect(service.call('start')).toMatchObject({
      exitCode: 1,
      stderr: 'service: its initialization failed\n',
    });
    expect(existsSync(service.pidFile)).toBe(false);
  });

  test('an unknown activity is a mistake (2)', async () => {
    const service = (await makePlace(account)).service({ shell });
    expect(service.call('dance')).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/^Usage: /) });
  });

  test('a helper that holds its output open delays no stop, and stays', async () => {
    const here = await makePlace();
    const service = here.service({ shell, behaviour: 'lending-foreground' });
    expect(service.call('start')).toMatchObject({ exitCode: 0, stderr: '' });
    await written(service, 'the child is there');
    const { exitCode, stderr, milliseconds } = service.call('stop', { NIXPROC_STOP_TIMEOUT: '30' });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(milliseconds).toBeLessThan(20_000);
    expect(service.log()).toContain('terminated');
    expect(processesThatMention(`${here.path}/`)).toHaveLength(1);
    expect(existsSync(service.pidFile)).toBe(false);
  });

  test('a PID file that names a stranger has him killed neither by stop nor by restart', async () => {
    const here = await makePlace(account);
    const service = here.service({ shell, account });
    service.call('start');
    await kill(service.pid());
    const stranger = here.stranger('sleep', '1000');
    const { file, args } = asAccount(account, 'sh', [
      '-c',
      'echo "$1" > "$2"',
      'sh',
      String(stranger),
      service.pidFile,
    ]);
    expect(spawnSync(file, args).status).toBe(0);
    expect(service.call('status').exitCode).toBe(1);
    expect(service.call('restart').exitCode).toBe(0);
    expect(isAlive(stranger)).toBe(true);
  });
});

(isRoot ? describe : describe.skip)('as root', () => {
  test.each(['daemon', 'foreground'])(
    'a %s runs as its user, after an initialization with all rights',
    async (behaviour) => {
      const here = await makePlace();
      const service = here.service({
        behaviour,
        process: {
          user: 'nobody',
          pidFile: join(here.path, 'tmp', 'service.pid'),
          nice: -2,
          environment: { GREETING: 'hello' },
          initialize: `id -u > ${here.path}/log/before`,
        },
      });
      expect(service.call('start')).toMatchObject({ exitCode: 0, stderr: '' });
      const main = readMain(service);
      expect(statusLine(main, 'Uid').split(/\s+/)[1]).toBe('65534');
      expect(readFileSync(`/proc/${main}/stat`, 'utf8').split(') ')[1]?.split(' ')[16]).toBe('-2');
      expect(Object.fromEntries(environmentOf(main))).toMatchObject({ GREETING: 'hello', USER: 'nobody' });
      expect(readFileSync(join(here.path, 'log', 'before'), 'utf8')).toBe('0\n');
      expect(service.call('stop')).toMatchObject({ exitCode: 0, stderr: '' });
      expect(isAlive(main)).toBe(false);
    },
  );
});

describe('Dysnomia', () => {
  test.each(['daemon', 'foreground'])('activates and deactivates a %s by its specification', async (behaviour) => {
    const here = await makePlace();
    const service = here.service({ behaviour });
    expect(readFileSync(specificationOf(service), 'utf8')).toBe(
      `process=${service.script}\npidFile=${service.pidFile}\n`,
    );
    expect(dysnomia(service, 'activate')).toBe(0);
    const main = readMain(service);
    expect(service.call('status').exitCode).toBe(0);
    expect(dysnomia(service, 'deactivate')).toBe(0);
    await written(service, 'terminated');
    await eventually(() => (isAlive(main) ? undefined : true));
  });
});

describe("a process of the user's own, by createProcessScript", () => {
  const own = async (lines: string): Promise<{ here: Place; starter: string }> => {
    const here = await makePlace();
    const starter = join(here.path, 'programs', 'start-it');
    writeFileSync(starter, `#!/bin/sh\n${lines}\n`);
    chmodSync(starter, 0o755);
    return { here, starter };
  };

  test('is started by its program, and known by the PID file that this writes', async () => {
    const { here, starter } = await own('exec "${0%/*}/service.py" daemon "${0%/programs/*}/run/mine.pid"');
    const service = here.direct({ name: 'mine', process: starter, pidFile: join(here.path, 'run/mine.pid') });
    expect(readFileSync(specificationOf(service), 'utf8')).toBe(
      `process=${starter}\npidFile=${here.path}/run/mine.pid\n`,
    );
    expect(service.call('start')).toMatchObject({ exitCode: 0, stderr: '' });
    expect(service.call('status')).toMatchObject({ exitCode: 0 });
    const pid = service.pid();
    expect(service.call('start').exitCode).toBe(0);
    expect(service.pid()).toBe(pid);
    expect(service.call('stop').exitCode).toBe(0);
    expect(isAlive(pid)).toBe(false);
  });

  test('without a PID file has the one that Dysnomia expects, by the name of its program', async () => {
    const { here, starter } = await own('exec "${0%/*}/service.py" daemon "${0%/programs/*}/run/start-it.pid"');
    const service = here.direct({ name: 'mine', process: starter });
    expect(service.call('start').exitCode).toBe(0);
    expect(readMain(service)).toBe(Number(readFileSync(join(here.path, 'run/start-it.pid'), 'utf8')));
    expect(service.call('stop').exitCode).toBe(0);
  });

  test("may run in the foreground of libslack's daemon", async () => {
    const { here, starter } = await own(
      'run=${0%/programs/*}/run; exec daemon --pidfile "$run/mine.pid" --unsafe -- "${0%/*}/service.py" foreground -',
    );
    const service = here.direct({ name: 'mine', process: starter, pidFile: join(here.path, 'run/mine.pid') });
    expect(service.call('start').exitCode).toBe(0);
    expect(service.call('status').exitCode).toBe(0);
    expect(service.call('stop').exitCode).toBe(0);
    expect(processesThatMention(here.path)).toEqual([]);
  });

  test("may stand in the place of the model's own, by an override", async () => {
    const { here, starter } = await own('exec "${0%/*}/service.py" daemon "${0%/programs/*}/run/service.pid"');
    const service = here.service({ overrides: { process: starter }, process: { environment: { UNSEEN: '1' } } });
    expect(service.call('start').exitCode).toBe(0);
    expect(environmentOf(service.pid()).has('UNSEEN')).toBe(false);
    expect(service.call('stop').exitCode).toBe(0);
  });
});
