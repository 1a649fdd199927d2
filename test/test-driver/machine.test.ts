import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { isRoot } from '../support/is-root.js';
import { makeTemporaryDirectory } from '../support/temporary-directory.js';
import { drive, pass } from './support/drive.js';

const asRoot = isRoot ? describe : describe.skip;

asRoot('machine, as scripts have it (needs root)', () => {
  test('succeed returns what commands printed, joined, and fail does so for commands that fail', async () => {
    await pass({
      script: `
assert machine.succeed("echo one", "echo two; echo not this >&2") == "one\\ntwo\\n"
assert machine.fail("echo three; exit 3") == "three\\n"
`,
    });
  });

  test.each([
    ['succeed', 'machine.succeed("echo out; exit 7")', 'failed (exit code 7)'],
    ['fail', 'machine.fail("echo out")', 'unexpectedly succeeded'],
    ['wait_until_succeeds', 'machine.wait_until_succeeds("echo out; false", timeout=1)', 'did not succeed within 1 '],
    ['wait_until_fails', 'machine.wait_until_fails("echo out", timeout=1)', 'did not fail within 1 '],
    ['wait_for_open_port', 'machine.wait_for_open_port(9, timeout=1)', 'TCP port 9 on localhost is not open after 1 '],
    ['wait_for_file', 'machine.wait_for_file("/no/such/file", timeout=1)', 'there is no file /no/such/file after 1 '],
    ['wait_for_unit', 'machine.wait_for_unit("none.service", timeout=1)', 'retrieving systemctl info'],
    ['retry', 'retry(lambda last: last and False, timeout=1)', 'action timed out after 1 '],
  ])('%s fails the test when what it says does not hold', async (_, script, words) => {
    const result = await drive({ script });
    expect(result.exitCode).toBe(1);
    expect(result.event('end')).toMatchObject({ result: 'failed' });
    expect(result.event('failure')).toMatchObject({ message: expect.stringContaining(words), line: 1, text: script });
  });

  test('a port that is open is not closed', async () => {
    const result = await drive({
      script: `
machine.succeed("python3 -m http.server 8123 >&2 &")
machine.wait_for_open_port(8123)
machine.wait_for_closed_port(8123, timeout=1)
`,
    });
    expect(result.event('failure')).toMatchObject({
      message: 'TCP port 8123 on localhost is not closed after 1 seconds',
      line: 4,
    });
  });

  test('execute returns an exit code and what was printed, and fails nothing', async () => {
    await pass({
      script: `
assert machine.execute("echo a; exit 4") == (4, "a\\n")
assert machine.execute("kill -9 $$")[0] == 137
assert machine.execute("echo a", check_output=False) == (0, "")
assert machine.execute("exit 1", check_return=False)[0] == -2
assert machine.execute("sleep 60", timeout=0.2)[0] == 124
`,
    });
  });

  test('commands fail on the first error, on unset variables and within pipes', async () => {
    await pass({
      script: `
machine.fail("false; true")
machine.fail("echo $nothing_of_this_name")
machine.fail("false | true")
`,
    });
  });

  test('commands find in their working directory what others have left there', async () => {
    await pass({
      script: `
machine.succeed("echo kept > file", "cd / && pwd")
assert machine.succeed("cat file; pwd") == "kept\\n/tmp\\n"
assert machine.succeed("echo $HOME $USER; umask") == "/root root\\n0022\\n"
`,
    });
  });

  test('a command is over when its shell is, though something it has started goes on printing', async () => {
    await pass({
      script: `
import time
begin = time.monotonic()
machine.succeed("sleep 30 &")
assert time.monotonic() - begin < 10
machine.wait_until_succeeds("pgrep -x sleep", timeout=10)
`,
    });
  });

  test('programs of the packages of the system are found first', async () => {
    const directory = await makeTemporaryDirectory();
    const bin = join(directory.path, 'bin');
    await mkdir(bin);
    await writeFile(join(bin, 'ls'), '#!/bin/sh\necho ours\n', { mode: 0o755 });
    try {
      await pass({
        packages: [directory.path],
        options: { visible: [directory.path] },
        script: `
assert machine.succeed("ls") == "ours\\n"
assert machine.succeed("su - unprivileged -c ls") == "ours\\n"
`,
      });
    } finally {
      await directory.remove();
    }
  });

  test('waiting ends as soon as what is waited for is there', async () => {
    await pass({
      script: `
import time
begin = time.monotonic()
machine.succeed("(sleep 0.5; echo x > later; exec python3 -m http.server 8123) >&2 &")
machine.wait_for_file("/tmp/later")
assert machine.wait_until_succeeds("cat later") == "x\\n"
machine.wait_for_open_port(8123)
machine.succeed("pkill -f http.server")
machine.wait_for_closed_port(8123)
assert machine.wait_until_fails("pgrep -f http.serve[r]") == ""
assert time.monotonic() - begin < 20
`,
    });
  });

  test('a machine that was shut down, or crashed, is started again with its files and without its processes', async () => {
    await pass({
      script: `
for end in [machine.shutdown, machine.crash]:
    machine.succeed("echo kept > /var/lib/file; echo gone > /run/file; sleep 1000 >&2 &")
    end()
    machine.start()
    assert machine.succeed("cat /var/lib/file") == "kept\\n"
    machine.fail("test -e /run/file")
    machine.fail("pgrep -x sleep")
    machine.succeed("test -d /run/lock")
start_all()
`,
    });
  });

  test('shutdown tells processes to end before it kills them', async () => {
    await pass({
      script: `
machine.succeed("(trap 'echo ended > /var/lib/word; exit' TERM; echo > ready; sleep 1000 & wait) >&2 &")
machine.wait_for_file("/tmp/ready")
machine.shutdown()
assert machine.succeed("cat /var/lib/word") == "ended\\n"
`,
    });
  });

  test('files and directories are copied into the machine and out of it', async () => {
    const directory = await makeTemporaryDirectory();
    await mkdir(join(directory.path, 'tree'));
    await writeFile(join(directory.path, 'tree', 'a file'), 'of the host\n');
    await writeFile(join(directory.path, 'single'), 'single\n', { mode: 0o700 });
    try {
      await pass(
        {
          script: `
import os
source = os.environ["SOURCE"]
machine.copy_from_host(source + "/tree", "/var/lib/copy")
machine.copy_from_host(source + "/single", "/var/lib/copy/renamed")
machine.copy_from_host(source + "/single", "/var/lib/copy")
assert machine.succeed("cat '/var/lib/copy/a file'; cd /var/lib/copy; ls") == "of the host\\na file\\nrenamed\\nsingle\\n"
assert machine.succeed("stat -c %A%U /var/lib/copy/renamed") == "-rwx------root\\n"
machine.succeed("echo of the machine > /var/lib/copy/own")
machine.copy_from_vm("/var/lib/copy", "back")
`,
        },
        { SOURCE: directory.path, out: directory.path },
      );
      const back = join(directory.path, 'back', 'copy');
      expect(await readFile(join(back, 'own'), 'utf8')).toBe('of the machine\n');
      expect(await readFile(join(back, 'a file'), 'utf8')).toBe('of the host\n');
    } finally {
      await directory.remove();
    }
  });
});

asRoot('the script (needs root)', () => {
  test('pieces share their names, as one file does', async () => {
    const log = await pass({
      phases: [
        { name: 'initialTests', instance: null, script: 'import json\ndef twice(x):\n    return 2 * x\n' },
        { name: 'readiness', instance: 'a', script: 'machine.wait_for_file("/etc/passwd")' },
        {
          name: 'tests',
          instance: 'a',
          script: `
    with subtest("doubling"):
        t.assertEqual(json.loads(machine.succeed("echo '[1]'")), [1])
        assert twice(2) == 4
    for m in machines:
        m.log("that was it")
        log.info(machine.name)
`,
        },
        { name: 'postTests', instance: null, script: 'machine.sleep(0)' },
      ],
    });
    expect(log).toContain('subtest: doubling\n');
    expect(log).toContain('machine: that was it\nmachine\n');
  });

  test('phases are told in their order, with how long they took', async () => {
    const { events, event } = await drive({
      phases: [
        { name: 'initialTests', instance: null, script: 'pass' },
        { name: 'tests', instance: 'a', script: 'pass' },
      ],
    });
    expect(events.filter(({ event: kind }) => kind === 'phase').map(({ name, instance }) => [name, instance])).toEqual([
      ['boot', null],
      ['manager', null],
      ['deploy', null],
      ['initialTests', null],
      ['tests', 'a'],
      ['end', null],
    ]);
    expect(Object.keys(event('end')['seconds'] as object)).toEqual(['boot', 'manager', 'deploy', 'tests', 'end']);
  });

  test('a failing step tells its command, output, line and the last lines of the services', async () => {
    const { event, log } = await drive({
      // The words after these are what is asked for when a step fails: logs -n 20 NAME.
      deploy: ['/bin/sh', '-c', 'echo "lines of $2"', 'sh'],
      instances: [{ name: 'other' }, { name: 'web', logs: ['/var/log/web'] }],
      phases: [
        { name: 'initialTests', instance: null, script: 'machine.succeed("seq 30 > /var/log/web")\n' },
        {
          name: 'tests',
          instance: 'web',
          script: '\ndef look():\n    machine.succeed("echo printed; echo complained >&2; exit 3")\n\nlook()\n',
        },
      ],
    });
    expect(event('failure')).toMatchObject({
      phase: 'tests',
      instance: 'web',
      message: 'command `echo printed; echo complained >&2; exit 3` failed (exit code 3)',
      command: 'echo printed; echo complained >&2; exit 3',
      status: 3,
      output: 'printed\ncomplained\n',
      line: 5,
      text: 'look()',
    });
    const [first] = event('failure')['logs'] as readonly { name: string; lines: readonly string[] }[];
    expect(first?.name).toBe('web');
    expect(first?.lines).toHaveLength(20);
    expect(first?.lines.at(-1)).toBe('30');
    expect(log).toContain('File "<tests of web>", line 5');
  });

  test.each([
    ['an assertion', 'x = 1\nassert x == 2, "no"', 'AssertionError: no', 2, 'assert x == 2, "no"'],
    ['a mistake in Python', 'pass\nthis is no Python', 'SyntaxError', 2, 'this is no Python'],
    ['a script that ends itself', 'import sys\nsys.exit(0)', 'SystemExit: 0', 2, 'sys.exit(0)'],
    ['what NixOS has and a machine without a screen has not', 'machine.screenshot("x")', "'screenshot'", 1, ''],
  ])('%s fails the test, with its line', async (_, script, words, line, text) => {
    const result = await drive({ script });
    expect(result.exitCode).toBe(1);
    expect(result.event('failure')).toMatchObject({
      message: expect.stringContaining(words),
      command: null,
      line,
      text: text === '' ? script : text,
    });
  });

  test('a deployment that fails fails the test before its script begins', async () => {
    const { event, events } = await drive({ deploy: ['/bin/sh', '-c', 'echo no room; exit 5'], script: 'pass' });
    expect(event('failure')).toMatchObject({ phase: 'deploy', status: 5, output: 'no room\n', line: null });
    expect(events.map(({ name }) => name)).not.toContain('tests');
  });

  test('what takes longer than it may has failed', async () => {
    const { event, exitCode } = await drive({ script: 'machine.succeed("sleep 1000")', options: { timeout: 2 } });
    expect(exitCode).toBe(1);
    expect(event('end')).toMatchObject({ result: 'failed', reason: 'it took longer than 2 seconds, in tests' });
  });

  test('a file that is no variant is refused', async () => {
    const { exitCode, log } = await drive({ phases: [{ name: 'elsewhere', instance: null, script: '' }] });
    expect(exitCode).toBe(2);
    expect(log).toContain('run.py: there is no phase elsewhere');
  });
});
