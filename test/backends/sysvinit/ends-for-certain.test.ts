import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { isAlive, processesThatMention } from '../../support/processes.js';
import { eventually } from '../../support/waiting.js';
import { makePlace, shells, written, type Place, type Service } from './support/service.js';

describe.each(shells)('under %s', (shell) => {
  /** A service whose model says how it is stopped. */
  const stoppedBy = (here: Place, instruction: string, behaviour = 'lingering'): Service =>
    here.service({
      shell,
      behaviour,
      overrides: { instructions: { stop: { activity: 'Stopping', instruction } } },
    });

  test.each([
    ['returns before the process has ended', (pidFile: string) => `kill -TERM "$(cat ${pidFile})"`, ''],
    ['leaves its function', (pidFile: string) => `kill -TERM "$(cat ${pidFile})"; return 0`, ''],
    ['fails', () => 'false', 'service: its commands for a stop ended with exit code 1: it gets SIGTERM\n'],
  ])('a stop counts when the process has ended, also where its instruction %s', async (_, instruction, words) => {
    const here = await makePlace();
    const service = stoppedBy(here, instruction(`${here.path}/run/service.pid`));
    expect(service.call('start').exitCode).toBe(0);
    await written(service, 'started');
    const pid = service.pid();
    expect(service.call('stop')).toMatchObject({ exitCode: 0, stderr: words });
    expect(isAlive(pid)).toBe(false);
    expect(service.log()).toContain('terminated');
    // It is down now, and its instruction finds nothing.
    expect(service.call('stop')).toMatchObject({ exitCode: 0 });
  });

  test('what an instruction does not end in time is killed', async () => {
    const here = await makePlace();
    const service = stoppedBy(here, 'true', 'stubborn');
    expect(service.call('start').exitCode).toBe(0);
    const { exitCode, stderr } = service.call('stop', { NIXPROC_STOP_TIMEOUT: '1' });
    expect({ exitCode, stderr }).toEqual({
      exitCode: 0,
      stderr: 'service: killing what did not end within 1 seconds\n',
    });
    expect(processesThatMention(`${here.path}/run`)).toEqual([]);
  });

  test('a process that was told to end is never taken for the service, and ends before the next one starts', async () => {
    const here = await makePlace();
    const service = here.service({ shell, behaviour: 'lingering' });
    expect(service.call('start').exitCode).toBe(0);
    await written(service, 'started');
    const pid = service.pid();
    const stop = spawn(service.script, ['stop'], { stdio: 'ignore' });
    await eventually(() => (readFileSync(service.recordFile, 'utf8').includes('stopping') ? true : undefined));
    stop.kill('SIGKILL');
    expect(service.call('status')).toMatchObject({
      exitCode: 1,
      stdout: `service was told to end, but process ${pid} still lives\n`,
    });
    expect(service.call('start').exitCode).toBe(0);
    expect(isAlive(pid)).toBe(false);
    expect(service.pid()).not.toBe(pid);
    expect(isAlive(service.pid())).toBe(true);
  });

  /** A daemon that forks twice, with children: plain, looked after for a job with a session of its own, and an orphan. */
  const family = `use POSIX 'setsid';
    exit 0 if fork; setsid(); exit 0 if fork;
    my $kin = sub { my $pid = fork; if (!$pid) { $_[0]->(); exec '/usr/bin/sleep', $_[1] } };
    $kin->(sub {}, 1811);
    $kin->(sub { if (!fork) { setsid(); exec '/usr/bin/sleep', 1813 } }, 1812);
    $kin->(sub { exit 0 if fork }, 1814);
    $kin->(sub { setsid() }, 1815);
    open my $out, '>', $ARGV[0]; print $out $$; close $out; exec '/usr/bin/sleep', 1810`;

  test.each([
    ['with its session, but for who looks after another one', false, ['1812', '1813', '1815']],
    ['alone, where the model says so', true, ['1811', '1812', '1813', '1814', '1815']],
  ])('a daemon ends %s', async (_, endsAlone, staying) => {
    const here = await makePlace();
    const service = here.service({
      shell,
      process: { daemon: { executable: '/usr/bin/perl', args: ['-e', family, `${here.path}/run/service.pid`] } },
      surroundings: { endsAlone },
    });
    const sleepers = () =>
      processesThatMention(here.path)
        .map(({ commandLine }) => /^\/usr\/bin\/sleep (\d+)$/.exec(commandLine)?.[1] ?? commandLine)
        .sort();
    expect(service.call('start')).toMatchObject({ exitCode: 0, stderr: '' });
    await eventually(() => {
      expect(sleepers()).toEqual(['1810', '1811', '1812', '1813', '1814', '1815']);
      return true;
    });
    expect(service.call('stop')).toMatchObject({ exitCode: 0, stderr: '' });
    expect(sleepers()).toEqual(staying);
  });

  test.each([
    ['never writes its PID file', 'forgetful', 'did not write'],
    ['names another process', 'liar', 'names process'],
  ])('a failed start leaves no daemon that %s', async (_, behaviour, words) => {
    const here = await makePlace();
    const args = [behaviour, `${here.path}/run/service.pid`, '1'];
    const service = here.service({ shell, process: { daemon: { executable: here.program, args } } });
    const { exitCode, stderr } = service.call('start', { NIXPROC_START_TIMEOUT: '1' });
    expect(exitCode).toBe(1);
    expect(stderr).toContain(words);
    expect(processesThatMention(`${here.path}/run`)).toEqual([]);
  });

  test('what a failed start has left, and cannot be told for certain, is named and left alone', async () => {
    const here = await makePlace();
    // It overwrites what it was started with, as nginx does.
    const args = ['-e', 'fork and exit; $0 = "another title"; sleep 100', '--', here.path];
    const service = here.service({ shell, process: { daemon: { executable: '/usr/bin/perl', args } } });
    const { exitCode, stderr } = service.call('start', { NIXPROC_START_TIMEOUT: '1' });
    expect(exitCode).toBe(1);
    const [, pid = ''] = /process (\d+) may be what was started, and still runs/.exec(stderr) ?? [];
    expect(isAlive(Number(pid))).toBe(true);
    process.kill(Number(pid), 'SIGKILL');
  });
});
