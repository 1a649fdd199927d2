import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { accounts } from '../../support/accounts.js';
import { isRoot } from '../../support/is-root.js';
import { isAlive } from '../../support/processes.js';
import { eventually } from '../../support/waiting.js';
import { eachShellOnce, kill, makePlace, written, type Place, type Service } from './support/service.js';

/** Gives a file to the account whose place it is in. */
const putFile = (path: string, text: string, uid: number): void => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  if (isRoot) chownSync(path, uid, uid);
};

const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

describe.each(eachShellOnce)('an init script under $shell as $account.name', ({ shell, account }) => {
  const place = (): Promise<Place> => makePlace(account);
  const writePidFile = (service: Service, pid: number): void => {
    putFile(service.pidFile, `${pid}\n`, account.uid);
  };

  /** A service that died hard, and whose PID file names another process now. */
  const takenOver = async (): Promise<{ service: Service; stranger: number; here: Place }> => {
    const here = await place();
    const service = here.service({ shell, account });
    service.call('start');
    await kill(service.pid());
    const stranger = here.stranger('sleep', '1000');
    writePidFile(service, stranger);
    return { service, stranger, here };
  };

  test('says that a stranger in the PID file is not the service', async () => {
    const { service, stranger } = await takenOver();
    expect(service.call('status')).toMatchObject({
      exitCode: 1,
      stdout: `service is dead; process ${stranger}, which ${service.pidFile} names, is not this service\n`,
    });
  });

  test('does not stop a stranger, and removes the PID file that names it', async () => {
    const { service, stranger } = await takenOver();
    expect(service.call('stop')).toMatchObject({
      exitCode: 0,
      stderr: `service: process ${stranger}, which ${service.pidFile} names, is not this service: left alone\n`,
    });
    expect(isAlive(stranger)).toBe(true);
    expect(existsSync(service.pidFile)).toBe(false);
  });

  test.each(['reload', 'force-reload'])('%s sends a stranger no signal', async (activity) => {
    const { service, stranger } = await takenOver();
    // SIGHUP would end a sleep.
    expect(service.call(activity).exitCode).toBe(7);
    expect(isAlive(stranger)).toBe(true);
  });

  test.each(['start', 'restart'])('%s starts the service beside a stranger', async (activity) => {
    const { service, stranger } = await takenOver();
    expect(service.call(activity).exitCode).toBe(0);
    expect(isAlive(stranger)).toBe(true);
    expect(isAlive(service.pid())).toBe(true);
    expect(service.pid()).not.toBe(stranger);
  });

  test('knows the recorded PID with another start time for a stranger, even if it runs the same program', async () => {
    const here = await place();
    const service = here.service({ shell, account });
    const twin = here.stranger(here.program, 'foreground', '-');
    writePidFile(service, twin);
    putFile(service.recordFile, `main ${twin} 1 ${boot}\n`, account.uid);
    expect(service.call('status').exitCode).toBe(1);
    expect(service.call('stop').exitCode).toBe(0);
    expect(isAlive(twin)).toBe(true);
  });

  test('knows the process of another service for a stranger, even if it runs the same program', async () => {
    const here = await place();
    const sibling = here.service({ shell, account, name: 'sibling' });
    const service = here.service({ shell, account, name: 'service' });
    sibling.call('start');
    writePidFile(service, sibling.pid());
    expect(service.call('status').exitCode).toBe(1);
    expect(service.call('stop').exitCode).toBe(0);
    expect(sibling.call('status').exitCode).toBe(0);
  });

  test('knows a process of another program for a stranger although there is no record', async () => {
    const here = await place();
    const service = here.service({ shell, account });
    // It has the program's path among its arguments, as an editor would.
    const editor = here.stranger('tail', '-f', here.program);
    writePidFile(service, editor);
    expect(service.call('status').exitCode).toBe(1);
    service.call('stop');
    expect(isAlive(editor)).toBe(true);
  });

  test('knows its service without a record by its program', async () => {
    const here = await place();
    const service = here.service({ shell, account });
    service.call('start');
    const pid = service.pid();
    rmSync(service.recordFile);
    expect(service.call('status').exitCode).toBe(0);
    expect(service.call('stop').exitCode).toBe(0);
    expect(isAlive(pid)).toBe(false);
  });

  test('knows a wrapped service without a record by its wrapper', async () => {
    const here = await place();
    const service = here.service({ shell, account, behaviour: 'foreground' });
    service.call('start');
    const pid = service.pid();
    rmSync(service.recordFile);
    expect(service.call('status').exitCode).toBe(0);
    expect(service.call('stop').exitCode).toBe(0);
    expect(isAlive(pid)).toBe(false);
  });

  test('knows a program that is no script by what runs, whatever it calls itself', async () => {
    const here = await place();
    const service = here.service({ shell, account, process: { daemon: { executable: '/usr/bin/tail', args: [] } } });
    const titled = here.stranger('bash', '-c', 'exec -a "tail: master process" /usr/bin/tail -f /dev/null');
    await eventually(() => (readFileSync(`/proc/${titled}/cmdline`, 'utf8').startsWith('tail:') ? true : undefined));
    writePidFile(service, titled);
    if (isRoot && account.uid !== 0) {
      // Root's process cannot be looked into: it is not taken for the service.
      expect(service.call('status').exitCode).toBe(1);
    } else {
      expect(service.call('status').exitCode).toBe(0);
    }
  });

  test('finds the service without its PID file', async () => {
    const service = (await place()).service({ shell, account });
    service.call('start');
    const pid = service.pid();
    rmSync(service.pidFile);
    expect(service.call('status')).toMatchObject({ exitCode: 0, stdout: `service is running, process ${pid}\n` });
    expect(service.call('stop').exitCode).toBe(0);
    expect(isAlive(pid)).toBe(false);
  });

  test('has not started what was there before, whatever the PID file says', async () => {
    const here = await place();
    const pidFile = `${here.path}/run/service.pid`;
    const elder = here.stranger(here.program, 'foreground', '-');
    // Start times are counted in hundredths of a second.
    await pause(50);
    const daemon = { executable: here.program, args: ['liar', pidFile, String(elder)] };
    const service = here.service({ shell, account, process: { daemon } });
    const { exitCode, stderr } = service.call('start', { NIXPROC_START_TIMEOUT: '2' });
    expect(exitCode).toBe(1);
    const why = isRoot && account.uid !== 0 ? `is user 0's, but the file is user ${account.uid}'s` : 'was there before';
    expect(stderr).toContain(`names process ${elder}, which ${why}`);
  });

  test('follows a daemon that executed itself anew', async () => {
    const service = (await place()).service({ shell, account, behaviour: 'successor' });
    service.call('start');
    const first = service.pid();
    await written(service, 'started');
    process.kill(first, 'SIGUSR2');
    const heir = await eventually(() => (service.pid() === first || isAlive(first) ? undefined : service.pid()));
    expect(service.call('status')).toMatchObject({ exitCode: 0, stdout: `service is running, process ${heir}\n` });
    expect(service.call('stop').exitCode).toBe(0);
    expect(isAlive(heir)).toBe(false);
  });

  test.each([
    ['nothing', ''],
    ['words', 'not a number\n'],
    ['zero', '0\n'],
    ['a negative number', '-1\n'],
    ['a number that no process can have', '99999999999999999999\n'],
    ['init', '1\n'],
  ])('does no harm when the PID file holds %s', async (_, text) => {
    const service = (await place()).service({ shell, account });
    putFile(service.pidFile, text, account.uid);
    expect(service.call('status').exitCode).toBe(1);
    expect(service.call('stop')).toMatchObject({ exitCode: 0 });
    expect(existsSync(service.pidFile)).toBe(false);
    expect(service.call('start').exitCode).toBe(0);
  });

  test('does not take a record of another boot for one of this', async () => {
    const here = await place();
    const service = here.service({ shell, account });
    const twin = here.stranger('sleep', '1000');
    const startTime = readFileSync(`/proc/${twin}/stat`, 'utf8').split(' ')[21] ?? '';
    putFile(service.recordFile, `main ${twin} ${startTime} 00000000-0000-0000-0000-000000000000\n`, account.uid);
    expect(service.call('status').exitCode).toBe(3);
  });

  test('does not wait for a PID file that is a pipe', async () => {
    const here = await place();
    const service = here.service({ shell, account });
    here.stranger('mkfifo', service.pidFile);
    await eventually(() => (existsSync(service.pidFile) ? true : undefined));
    expect(service.call('status').milliseconds).toBeLessThan(9000);
  });
});

const [, stranger] = accounts;
const asRootWithAnother = stranger === undefined ? test.skip : test;

asRootWithAnother('a record that another user wrote proves nothing to root', async () => {
  const here = await makePlace();
  const service = here.service();
  const victim = here.stranger('sleep', '1000');
  const startTime = readFileSync(`/proc/${victim}/stat`, 'utf8').split(' ')[21] ?? '';
  putFile(service.recordFile, `main ${victim} ${startTime} ${boot}\n`, stranger?.uid ?? 0);
  putFile(service.pidFile, `${victim}\n`, stranger?.uid ?? 0);
  expect(service.call('stop').exitCode).toBe(0);
  expect(isAlive(victim)).toBe(true);
});

asRootWithAnother("an ordinary user sees that root's service runs, and is told that it cannot stop it", async () => {
  const here = await makePlace();
  const service = here.service();
  service.call('start');
  const pid = service.pid();
  const asOther = here.service({ profile: `${here.path}/profile-2`, ...(stranger && { account: stranger }) });
  expect(asOther.call('status').exitCode).toBe(0);
  expect(asOther.call('stop')).toMatchObject({
    exitCode: 4,
    stderr: `service: not permitted to send a signal to process ${pid}\n`,
  });
  expect(isAlive(pid)).toBe(true);
});
