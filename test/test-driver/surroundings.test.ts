import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { createRun } from '../../src/system/run.js';
import { isRoot } from '../support/is-root.js';
import { makeTemporaryDirectory } from '../support/temporary-directory.js';
import { drive, listWithoutDriver, pass } from './support/drive.js';

const asRoot = isRoot ? describe : describe.skip;

asRoot('what is in a machine that root makes (needs root)', () => {
  test('/run, /tmp and /var are fresh, whatever the host has there', async () => {
    await pass({
      script: `
assert machine.succeed("${listWithoutDriver} /tmp /dev/shm /var/lib/misc") == "/dev/shm:\\n\\n/tmp:\\n\\n/var/lib/misc:\\n"
assert machine.succeed("ls /run").split() == ["lock", "sshd", "user"]
assert machine.succeed("readlink /var/run /var/lock") == "/run\\n/run/lock\\n"
assert machine.succeed("stat -c %a /tmp /var/tmp /run/lock") == "1777\\n1777\\n1777\\n"
`,
    });
  });

  test('what is written stays in it', async () => {
    const directory = await makeTemporaryDirectory();
    try {
      const before = await readFile('/etc/passwd', 'utf8');
      await pass({
        options: { visible: [directory.path] },
        script: `
machine.succeed("echo x > /usr/lib/nixproc-written; rm /etc/hostname; useradd somebody; echo > /nix/written")
machine.fail("echo x > ${directory.path}/written")
machine.fail("echo 1 > /proc/sys/kernel/panic")
`,
      });
      const run = createRun(process.env);
      const left = await run({
        file: 'ls',
        args: ['/usr/lib/nixproc-written', '/nix/written', `${directory.path}/written`],
      });
      expect(left.stdout).toBe('');
      expect(await readFile('/etc/passwd', 'utf8')).toBe(before);
    } finally {
      await directory.remove();
    }
  });

  test('processes, network, host name and message queues are its own', async () => {
    await pass({
      script: `
assert machine.succeed("hostname") == "machine\\n"
assert machine.succeed("ls /sys/class/net") == "lo\\n"
assert len(machine.succeed("ls -d /proc/[0-9]*").split()) <= 4
machine.succeed("python3 -m http.server --bind localhost 80 >&2 &")
machine.wait_for_open_port(80)
machine.succeed("grep -q '^127.0.0.1.*machine' /etc/hosts; ipcs -q >&2; test -d /dev/mqueue")
`,
    });
  });

  test('two machines have the same port at the same time', async () => {
    const script = `
machine.succeed("python3 -m http.server 8124 >&2 &")
machine.wait_for_open_port(8124)
machine.sleep(1)
machine.succeed("pgrep -f http.serve[r]")
`;
    await Promise.all([pass({ script }), pass({ script })]);
  });

  test('orphans are waited for at once', async () => {
    await pass({
      script: `
machine.succeed("(sleep 0.1 & echo $! > orphan)")
machine.wait_until_fails("test -d /proc/$(cat orphan)")
`,
    });
  });

  test('the user unprivileged has the number 1000, a shell and a home, and accounts of packages are not there', async () => {
    await pass({
      users: [
        { name: 'ftp', home: '/home/ftp', group: 'files', extraGroups: ['users'] },
        { name: 'robot', uid: 1234, isNormalUser: true },
      ],
      script: `
assert machine.succeed("id unprivileged").startswith("uid=1000(unprivileged) gid=100(users)")
assert machine.succeed("su - unprivileged -c 'type -p sh; pwd; echo > file; stat -c %U .'").endswith("/home/unprivileged\\nunprivileged\\n")
assert machine.succeed("getent passwd unprivileged").endswith(":/home/unprivileged:/bin/bash\\n")
people = [l.split(":") for l in machine.succeed("getent passwd").splitlines()]
assert [p[0] for p in people if 1000 <= int(p[2]) < 30000] == ["unprivileged", "robot"], people
machine.succeed("test $(stat -c %U:%G /home/ftp) = ftp:files; id -nG ftp | grep -w users")
machine.succeed("useradd --system redis; su unprivileged -c 'test $USER = root || true'")
`,
    });
  });

  test('what the host has configured for itself is not there', async () => {
    await pass({
      script: `
machine.fail("ls -d /root/.ssh /etc/mysql /etc/supervisor/supervisord.conf /etc/supervisord.conf /root/.config 2>/dev/null | grep .")
assert machine.succeed("ls -A /etc/systemd/system") == ""
assert machine.succeed("find /etc -path '/etc/rc?.d/*'") == ""
machine.succeed("mkdir -m 700 /root/.ssh; mkdir -p /etc/mysql/conf.d")
`,
    });
  });

  test.each([
    ['launchd', 'launchd needs macOS'],
    ['bsdrc', 'rc.d scripts need FreeBSD'],
    ['none', 'there is no process manager none'],
  ])('a suite for %s is not tried, which says why and is not taken for passed', async (manager, reason) => {
    const { exitCode, event, events } = await drive({ manager, script: 'pass' });
    expect(exitCode).toBe(3);
    expect(event('end')).toMatchObject({ result: 'not-tried', reason });
    // It did not begin with anything but the end.
    expect(events.map(({ event: kind, name }) => name ?? kind)).toEqual(['end', 'end']);
  });
});

asRoot('the Nix store of a machine (needs root)', () => {
  const places = (directory: string) => ({
    NIX_STORE_DIR: join(directory, 'store'),
    NIX_STATE_DIR: join(directory, 'var/nix'),
    NIX_LOG_DIR: join(directory, 'var/log'),
    NIX_CONFIG: 'sandbox = false\nbuild-users-group =\nsubstitute = false',
    NIX_REMOTE: 'local',
  });

  test.each(['privileged', 'unprivileged'] as const)(
    'is the caller’s, and takes what is built there (%s)',
    async (profile) => {
      const directory = await makeTemporaryDirectory();
      const environment = places(directory.path);
      const run = createRun({ ...process.env, ...environment });
      const build = (name: string) =>
        `derivation { name = "${name}"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "echo ${name} > $out" ]; }`;
      try {
        const built = await run({ file: 'nix-build', args: ['--no-out-link', '-E', build('before')] });
        expect(built.stderr).toContain('before');
        await run({
          file: 'nix-env',
          args: ['-p', join(directory.path, 'var/nix/profiles/mine'), '--set', built.stdout.trim()],
        });
        const files = ['-c', `find ${directory.path} | sort | sha256sum`];
        const before = await run({ file: 'sh', args: files });
        await pass(
          {
            profile,
            deploy: [
              '/bin/sh',
              '-euc',
              `nix-store --check-validity ${built.stdout.trim()}
             test "$(nix-build --no-out-link -E '${build('inside')}' | xargs cat)" = inside
             test ! -e "$NIX_STATE_DIR/profiles/mine"`,
            ],
            script: 'machine.succeed("ls $NIX_STORE_DIR | grep -q inside")',
          },
          environment,
        );
        expect((await run({ file: 'sh', args: files })).stdout).toBe(before.stdout);
      } finally {
        await directory.remove();
      }
    },
  );

  test('does not lose what is in the journal of Nix’ database', async () => {
    const directory = await makeTemporaryDirectory();
    const program = join(directory.path, 'copy.py');
    // A writer that has not ended keeps its last changes in the journal.
    await writeFile(
      program,
      `
import os, sqlite3, sys
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
from machine.store import copy_database
os.mkdir("from"); os.mkdir("to")
writer = sqlite3.connect("from/db.sqlite")
writer.execute("pragma journal_mode = wal"); writer.execute("pragma wal_autocheckpoint = 0")
writer.execute("create table t (x)")
for i in range(500):
    writer.execute("insert into t values (?)", ("x" * 1000,))
writer.commit()
assert os.path.getsize("from/db.sqlite-wal") > 500000
copy_database("from", "to")
print(sqlite3.connect("to/db.sqlite").execute("select count(*) from t").fetchone()[0])
`,
    );
    try {
      const { stdout, stderr } = await createRun(process.env)({
        file: 'python3',
        args: ['-I', program, join(import.meta.dirname, '../../nix/test-driver')],
        cwd: directory.path,
      });
      expect(stderr).toBe('');
      expect(stdout).toBe('500\n');
      await rm(program);
    } finally {
      await directory.remove();
    }
  });
});
