import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createRun } from '../../src/system/run.js';
import { isRoot } from '../support/is-root.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.js';
import { drive, listWithoutDriver, type DriverResult, type VariantOfTest } from './support/drive.js';

// With root's help, since the machine's own accounts need not have subordinate IDs.
const asRoot = isRoot ? describe : describe.skip;

/** Only Debian's own programs: root's others are not to be seen by an ordinary user. */
const programs = '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin';

asRoot('a machine that an ordinary user makes (with subordinate IDs that root gives)', () => {
  let directory: TemporaryDirectory;

  /** argv to become the user nobody, with or without subordinate IDs. */
  const nobody = (subordinate: string): readonly string[] => [
    ...['unshare', '--mount', '--propagation', 'private', 'sh', '-euc'],
    `mount --bind ${subordinate} /etc/subuid; mount --bind ${subordinate} /etc/subgid
     exec setpriv --reuid=65534 --regid=65534 --clear-groups -- "$@"`,
    'sh',
  ];
  const environment = (): Record<string, string> => ({
    PATH: programs,
    HOME: '/nonexistent',
    NIX_STORE_DIR: join(directory.path, 'nix/store'),
    NIX_STATE_DIR: join(directory.path, 'nix/var/nix'),
    NIX_LOG_DIR: join(directory.path, 'nix/var/log'),
    NIX_CONFIG: 'sandbox = false\nbuild-users-group =\nsubstitute = false',
    NIX_REMOTE: 'local',
  });
  const driveAsNobody = (variant: VariantOfTest, subordinate = 'some'): Promise<DriverResult> =>
    drive(variant, environment(), nobody(join(directory.path, subordinate)));
  const passAsNobody = async (variant: VariantOfTest): Promise<void> => {
    const { exitCode, log } = await driveAsNobody(variant);
    if (exitCode !== 0) throw new Error(`the script did not pass:\n${log}`);
  };

  beforeAll(async () => {
    directory = await makeTemporaryDirectory();
    await writeFile(join(directory.path, 'some'), 'nobody:200000:65536\n');
    await writeFile(join(directory.path, 'few'), 'nobody:200000:1000\n');
    await createRun(process.env)({ file: 'install', args: ['-d', '-o', '65534', join(directory.path, 'nix')] });
  });
  afterAll(() => directory.remove());

  test('has root, other users, a network and fresh directories, and cannot change the host', async () => {
    await passAsNobody({
      users: [{ name: 'ftp', home: '/home/ftp' }],
      script: `
assert machine.succeed("id -u; hostname; ${listWithoutDriver} /tmp /var/lib/misc /root") == "0\\nmachine\\n/root:\\n\\n/tmp:\\n\\n/var/lib/misc:\\n"
assert machine.succeed("su - unprivileged -c 'id -u; pwd; type -p sh >&2'") == "1000\\n/home/unprivileged\\n"
machine.succeed("test $(stat -c %U /home/ftp) = ftp; useradd --system redis; groupadd redis2; getent passwd redis")
machine.fail("echo > /usr/written")
machine.fail("ls -d /etc/mysql /etc/supervisor/supervisord.conf 2>/dev/null | grep .")
machine.succeed("python3 -m http.server 80 >&2 &")
machine.wait_for_open_port(80)
assert machine.succeed("ls /sys/class/net") == "lo\\n"
`,
    });
  });

  test.each(['privileged', 'unprivileged'] as const)('takes what is built there (%s)', async (profile) => {
    const build = (name: string) =>
      `derivation { name = "${name}"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "echo ${name} > $out" ]; }`;
    const built = await createRun({ ...process.env, ...environment() })({
      file: 'setpriv',
      args: [
        ...['--reuid=65534', '--regid=65534', '--clear-groups', '--'],
        ...['nix-build', '--no-out-link', '-E', build('before')],
      ],
    });
    await passAsNobody({
      profile,
      deploy: [
        '/bin/sh',
        '-euc',
        `nix-store --check-validity ${built.stdout.trim()}
         test "$(nix-build --no-out-link -E '${build('inside')}' | xargs cat)" = inside`,
      ],
      script: 'machine.succeed("ls $NIX_STORE_DIR | grep -q inside")',
    });
  });

  test.each(['systemd', 'docker'])('has no %s, which is not taken for a failure', async (manager) => {
    const { exitCode, event } = await driveAsNobody({ manager, script: 'pass' });
    expect(exitCode).toBe(3);
    expect(event('end')).toMatchObject({ result: 'not-tried', reason: expect.stringContaining('root') });
  });

  test('is not made without enough subordinate IDs', async () => {
    const { exitCode, event } = await driveAsNobody({ script: 'pass' }, 'few');
    expect(exitCode).toBe(3);
    expect(event('end')['reason']).toBe('/etc/subuid gives this user no 65534 subordinate IDs');
  });

  test('is not started again, and says so', async () => {
    const { event } = await driveAsNobody({ script: 'machine.crash()\nmachine.start()' });
    expect(event('failure')).toMatchObject({
      line: 2,
      message: expect.stringContaining('a machine that an ordinary user has made cannot be started again'),
    });
  });
});
