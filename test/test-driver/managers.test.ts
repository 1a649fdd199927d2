import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { isRoot } from '../support/is-root.js';
import { makeTemporaryDirectory } from '../support/temporary-directory.js';
import { drive, pass } from './support/drive.js';

const asRoot = isRoot ? describe : describe.skip;

/** Prints the variables that a deployment has; the script finds them in a file. */
const showEnvironment = ['/bin/sh', '-c', 'id -un; pwd; env | sort'];

asRoot('process managers in a machine (needs root)', () => {
  test.each([
    ['privileged', 'root\n/root\n', 'SUPERVISORD_CONF_DIR=/var/lib/supervisord\n'],
    [
      'unprivileged',
      'unprivileged\n/home/unprivileged\n',
      'SUPERVISORD_CONF_DIR=/home/unprivileged/var/lib/supervisord\n',
    ],
  ] as const)(
    'supervisord listens at port 9001 and reads what is linked into conf.d (%s)',
    async (profile, who, variable) => {
      const log = await pass({
        manager: 'supervisord',
        profile,
        deploy: showEnvironment,
        script: `
directory = "/var" if "${profile}" == "privileged" else "/home/unprivileged/var"
machine.succeed("printf '[program:one]\\\\ncommand=sleep 1000\\\\n' > %s/lib/supervisord/conf.d/one.conf" % directory)
machine.succeed("supervisorctl update >&2")
machine.wait_until_succeeds("supervisorctl status one | grep RUNNING")
machine.succeed("pgrep -u ${profile === 'privileged' ? 'root' : 'unprivileged'} -x sleep")
`,
      });
      expect(log).toContain(who);
      expect(log).toContain(variable);
    },
  );

  test('systemd is the first process, and knows units that are linked where the framework links them', async () => {
    await pass({
      manager: 'systemd',
      script: `
assert machine.succeed("cat /proc/1/comm; systemctl is-system-running") == "systemd\\nrunning\\n"
machine.succeed("printf '[Service]\\\\nExecStart=/bin/sleep infinity\\\\n' > /etc/systemd-mutable/system/one.service")
machine.systemctl("daemon-reload")
assert machine.start_job("one")[0] == 0
machine.wait_for_unit("one")
machine.require_unit_state("one")
assert machine.get_unit_property("one.service", "SubState") == "running"
machine.shutdown()
machine.start()
machine.wait_for_unit("multi-user.target")
machine.require_unit_state("one", "inactive")
`,
    });
  });

  test('a unit that has failed is not waited for, and its journal is shown', async () => {
    const { event } = await drive({
      manager: 'systemd',
      script: `
machine.succeed("printf '[Service]\\\\nExecStart=/bin/sh -c \\"echo no such luck; exit 1\\"\\\\n' > /etc/systemd/system/bad.service; systemctl daemon-reload; systemctl start bad")
machine.wait_for_unit("bad.service")
`,
    });
    expect(event('failure')).toMatchObject({ line: 3, message: 'unit "bad.service" reached state "failed"' });
    const logs = event('failure')['logs'] as readonly { name: string; lines: readonly string[] }[];
    expect(logs[0]?.name).toBe('bad.service');
    expect(logs[0]?.lines.join('\n')).toContain('no such luck');
  });

  test('an ordinary user has a systemd of their own', async () => {
    const log = await pass({
      manager: 'systemd',
      profile: 'unprivileged',
      deploy: ['/bin/sh', '-euc', 'systemctl --user is-system-running; env | sort'],
      script: `
assert machine.systemctl("is-system-running", "unprivileged") == (0, "running\\n")
machine.wait_for_unit("default.target", "unprivileged")
`,
    });
    expect(log).toContain('XDG_RUNTIME_DIR=/run/user/1000\n');
  });

  test.each(['privileged', 'unprivileged'] as const)('containers can be made (%s)', async (profile) => {
    await pass({
      manager: 'docker',
      profile,
      deploy: ['/bin/sh', '-euc', 'test "$NIXPROC_CONTAINER_ENGINE" = podman; podman ps --all'],
      script: 'machine.succeed("ls /run >&2")',
    });
  });

  test('s6-svscan supervises the runtime directory, and s6-rc looks for its live directory at the usual place', async () => {
    const directory = await makeTemporaryDirectory();
    const bin = join(directory.path, 'bin');
    await mkdir(bin);
    // s6-rc itself is not in Debian; s6-svscan is.
    for (const name of ['s6-rc', 's6-rc-compile', 's6-rc-init', 's6-rc-update'])
      await writeFile(join(bin, name), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
    try {
      for (const profile of ['privileged', 'unprivileged'] as const) {
        const runtimeDir = profile === 'privileged' ? '/var/run' : '/home/unprivileged/var/run';
        await pass(
          {
            manager: 's6-rc',
            profile,
            script: `
machine.succeed("s6-svscanctl -a ${runtimeDir}/service")
assert machine.succeed("readlink /run/s6-rc") == "${runtimeDir}/nix-processmgmt-ts/processes/live\\n"
`,
          },
          { PATH: `${bin}:${process.env['PATH'] ?? ''}` },
        );
      }
    } finally {
      await directory.remove();
    }
  });

  test('one that is not on PATH is not tried', async () => {
    if (existsSync('/usr/bin/s6-rc')) return;
    const { event } = await drive({ manager: 's6-rc' }, { PATH: '/usr/local/bin:/usr/bin:/bin' });
    expect(event('end')).toMatchObject({ result: 'not-tried', reason: 's6-rc is not on PATH' });
  });
});
