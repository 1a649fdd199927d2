import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { JsonObject } from '../../../src/system/json.js';
import { isAlive, processesThatMention } from '../../support/processes.js';
import { eventually } from '../../support/waiting.js';
import { kill, makePlace, shells, written, type Place, type Service } from './support/service.js';

describe.each(shells)('under %s', (shell) => {
  const withActivities = (here: Place, activities: JsonObject, more: JsonObject = {}): Service =>
    here.service({ shell, overrides: { activities, ...more } });

  /** What an activity of these commands prints, and its exit code. */
  const outcome = async (commands: string): Promise<readonly [number, string, string]> => {
    const service = withActivities(await makePlace(), { act: commands });
    const { exitCode, stdout, stderr } = service.call('act');
    return [exitCode, stdout, stderr];
  };

  test.each([
    ['log_info_msg "Working..."; true; evaluate_retval', 0, 'Working... done\n', ''],
    ['log_info_msg "Working..."; (exit 3); evaluate_retval', 3, 'Working... failed\n', ''],
    [
      'log_daemon_msg "Working" "thing"; log_progress_msg "(more)"; log_end_msg 0',
      0,
      'Working: thing... (more) done\n',
      '',
    ],
    ['log_daemon_msg "Working"; log_end_msg 7', 7, 'Working... failed\n', ''],
    ['log_success_msg "It works"', 0, 'It works\n', ''],
    ['log_failure_msg "It is broken"', 0, '', 'service: failed: It is broken\n'],
    ['log_info_msg "Working..."; log_warning_msg "odd"', 0, 'Working...\n', 'service: warning: odd\n'],
  ])('%s', async (commands, exitCode, stdout, stderr) => {
    expect(await outcome(commands)).toEqual([exitCode, stdout, stderr]);
  });

  describe('functions of the LSB and of Linux From Scratch', () => {
    /** A service whose activities handle a second daemon, as users write them. */
    const helper = async (): Promise<{ service: Service; pidFile: string; here: Place }> => {
      const here = await makePlace();
      const pidFile = `${here.path}/run/helper.pid`;
      const program = here.program;
      const service = withActivities(here, {
        'helper-start': `start_daemon -f -p ${pidFile} ${program} daemon ${pidFile}`,
        'helper-load': `loadproc -n 3 -p ${pidFile} ${program} daemon ${pidFile}`,
        'helper-stop': `killproc -p ${pidFile} ${program}`,
        'helper-reload': `killproc -p ${pidFile} ${program} -HUP`,
        'helper-status': `statusproc -p ${pidFile} ${program}`,
        'helper-pid': `pidofproc -p ${pidFile} ${program}`,
      });
      return { service, pidFile, here };
    };

    test('start, find, signal and stop another daemon than the service', async () => {
      const { service, pidFile, here } = await helper();
      expect(service.call('helper-pid')).toMatchObject({ exitCode: 3, stdout: '' });
      expect(service.call('helper-status').exitCode).toBe(3);
      expect(service.call('helper-reload').exitCode).toBe(7);
      expect(service.call('helper-stop').exitCode).toBe(0);

      expect(service.call('helper-start')).toMatchObject({ exitCode: 0, stderr: '' });
      const pid = Number(readFileSync(pidFile, 'utf8'));
      expect(service.call('helper-pid')).toMatchObject({ exitCode: 0, stdout: `${pid}\n` });
      expect(service.call('helper-status').exitCode).toBe(0);
      await written(service, 'started');
      expect(service.call('helper-reload').exitCode).toBe(0);
      await written(service, 'reloaded');
      // It is another process than the service's.
      expect(service.call('status').exitCode).toBe(3);

      expect(service.call('helper-stop').exitCode).toBe(0);
      expect(processesThatMention(here.path)).toEqual([]);
      expect(existsSync(pidFile)).toBe(false);
    });

    test('start what runs no second time, with or without -f', async () => {
      const { service, pidFile } = await helper();
      expect(service.call('helper-load').exitCode).toBe(0);
      const pid = readFileSync(pidFile, 'utf8');
      expect(service.call('helper-start').exitCode).toBe(0);
      expect(readFileSync(pidFile, 'utf8')).toBe(pid);
      expect(readFileSync(`/proc/${pid.trim()}/stat`, 'utf8').split(' ')[18]).toBe('3');
    });

    test('say that another daemon died', async () => {
      const { service, pidFile } = await helper();
      service.call('helper-start');
      await kill(Number(readFileSync(pidFile, 'utf8')));
      expect(service.call('helper-pid')).toMatchObject({ exitCode: 1, stdout: '' });
      expect(service.call('helper-status').exitCode).toBe(1);
    });

    test("without -p speak of the service when it is the service's program", async () => {
      const here = await makePlace();
      const service = withActivities(here, {
        where: `pidofproc ${here.program}`,
        end: `killproc ${here.program} TERM`,
      });
      service.call('start');
      const pid = service.pid();
      expect(service.call('where').stdout).toBe(`${pid}\n`);
      expect(service.call('end').exitCode).toBe(0);
    });

    test.each(['start_daemon', 'killproc -x program', 'statusproc', 'pidofproc -p'])(
      '%s is a mistake (2)',
      async (call) => {
        expect((await outcome(call))[0]).toBe(2);
      },
    );
  });

  test('an activity of the user stands in the place of ours, and knows the environment', async () => {
    const here = await makePlace();
    const service = here.service({
      shell,
      process: { environment: { GREETING: 'hello' }, directory: here.path },
      overrides: { activities: { status: 'echo "$GREETING from $PWD"; exit 4', configtest: 'echo "it is fine"' } },
    });
    expect(service.call('status')).toMatchObject({ exitCode: 4, stdout: `hello from ${here.path}\n` });
    expect(service.call('configtest')).toMatchObject({ exitCode: 0, stdout: 'it is fine\n' });
  });

  test('activities call each other, and see what they were called with', async () => {
    const service = withActivities(await makePlace(), {
      twice: 'nixproc_activity once; nixproc_activity once',
      once: 'echo "$1"',
    });
    expect(service.call('twice').stdout).toBe('once\nonce\n');
  });

  test('an instruction of the user is announced with its own word, and what it starts is ours', async () => {
    const here = await makePlace();
    const pidFile = `${here.path}/run/service.pid`;
    const service = here.service({
      shell,
      overrides: {
        instructions: {
          start: {
            activity: 'Launching',
            instruction: `${here.program} daemon ${pidFile} >/dev/null 2>&1 </dev/null
while [ ! -e ${pidFile} ]; do sleep 0.02; done`,
          },
          check: { activity: 'Checking', instruction: 'false' },
        },
      },
    });
    expect(service.call('start')).toMatchObject({ exitCode: 0, stdout: 'Launching service... done\n' });
    expect(readFileSync(service.recordFile, 'utf8')).toMatch(`main ${service.pid()} `);
    expect(service.call('check')).toMatchObject({ exitCode: 1, stdout: 'Checking service... failed\n' });
    expect(service.call('stop').exitCode).toBe(0);
  });

  test('a script without a process remembers whether it was started', async () => {
    const here = await makePlace();
    const mark = `${here.path}/log/mark`;
    const service = here.direct(
      {
        name: 'mount',
        instructions: {
          start: { activity: 'Mounting', instruction: `touch ${mark}` },
          stop: { activity: 'Unmounting', instruction: `rm ${mark}` },
        },
      },
      { shell },
    );
    expect(service.call('status')).toMatchObject({ exitCode: 3, stdout: 'mount is not started\n' });
    expect(service.call('start')).toMatchObject({ exitCode: 0, stdout: 'Mounting mount... done\n' });
    expect(existsSync(mark)).toBe(true);
    expect(service.call('status')).toMatchObject({ exitCode: 0, stdout: 'mount is started\n' });
    expect(service.call('restart').exitCode).toBe(0);
    expect(service.call('stop').exitCode).toBe(0);
    expect(service.call('status').exitCode).toBe(3);
    // It is down: that its commands find nothing to undo is no failure.
    expect(service.call('stop')).toMatchObject({ exitCode: 0 });
  });

  test('global instructions hold for every activity', async () => {
    const here = await makePlace();
    const service = withActivities(
      here,
      { greet: 'greeting' },
      { globalInstructions: 'greeting() { echo hello; }\nNIXPROC_STOP_TIMEOUT=3' },
    );
    expect(service.call('greet').stdout).toBe('hello\n');
  });

  test('a program that the user starts daemons with is called as the LSB says', async () => {
    const here = await makePlace();
    const pidFile = `${here.path}/run/service.pid`;
    const service = here.direct(
      {
        name: 'service',
        process: here.program,
        args: ['daemon', pidFile, "it's"],
        pidFile,
        directory: here.path,
        outer: {
          initialInstructions: `launch() { echo "$@" > ${here.path}/log/called; shift 3; "$@" </dev/null >/dev/null 2>&1; }
finish() { echo "$@" >> ${here.path}/log/called; kill "$(cat ${pidFile})"; }`,
          startDaemon: 'launch',
          stopDaemon: 'finish',
          evaluateCommand: 'echo "[$?]"',
        },
      },
      { shell },
    );
    expect(service.call('start')).toMatchObject({ exitCode: 0, stdout: 'Starting service...[0]\n' });
    expect(service.call('status').exitCode).toBe(0);
    const pid = service.pid();
    service.call('stop');
    expect(readFileSync(`${here.path}/log/called`, 'utf8')).toBe(
      `-f -p ${pidFile} ${here.program} daemon ${pidFile} it's\n-p ${pidFile} ${here.program}\n`,
    );
    await eventually(() => (isAlive(pid) ? undefined : true));
  });
});
