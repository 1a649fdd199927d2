import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { canThrowAway } from '../support/throw-away-root.js';
import { createVictim, secret, type Victim } from './support/victim.js';

const isFull = process.env['NIXPROC_HOSTILE'] === 'full';
jest.setTimeout(600_000);
const describeAsRoot = canThrowAway ? describe : describe.skip;

/** What somebody puts where root, or a service, is going to write; $file is its name. */
const obstacles: Readonly<Record<string, string>> = {
  'a pipe': 'mkfifo -m 666 $file',
  'a directory': 'mkdir $file',
  "a link to root's file": 'ln -s /root/secret $file',
  'a link to a file that is not there': 'ln -s /etc/cron.d/made $file',
  'a file that everybody may write': 'umask 0; echo "$bystander" > $file',
  'a link to itself': 'ln -s $file $file',
  'a link to a device': 'ln -s /dev/zero $file',
};
const files = ['/tmp/worker.pid', '/tmp/nixproc-worker.log'] as const;

describeAsRoot('a stranger who was in /tmp first', () => {
  let victim: Victim;
  let bystander: string;
  beforeAll(async () => {
    victim = await createVictim();
    bystander = await victim.root('cat /root/bystander');
  });
  afterAll(() => victim.stop());
  // Also after a test that failed: what it left must not be in the way of the next one.
  afterEach(async () => {
    await victim.root('rm -rf /tmp/*.pid /tmp/nixproc-* /tmp/nix-processmgmt-ts');
    await victim.tool('undeploy');
    await victim.root('pkill -u svc || true; pkill -u stranger || true');
  });

  const cases = files.flatMap((file) => Object.entries(obstacles).map(([name, script]) => ({ file, name, script })));

  test.each(isFull ? cases : cases.filter(({ name }) => !/itself|device|not there/.test(name)))(
    'with $name at $file neither hangs a switch, nor reads or writes by it',
    async ({ file, script }) => {
      await victim.stranger(`file=${file}; bystander=${bystander}; ${script}`);
      const { exitCode, stderr } = await victim.switchTo('sysvinit');
      const logs = await victim.tool('logs', 'worker');
      const status = await victim.tool('status');
      expect(await victim.harm()).toBe('');
      // Root may take away what is in its way, and says so; or refuses before anything is done.
      expect({ exitCode, stderr, isIn: [0, 6].includes(exitCode) }).toMatchObject({ isIn: true });
      expect([0, 2, 6]).toContain(logs.exitCode);
      expect([0, 3, 4, 6]).toContain(status.exitCode);
      expect(`${stderr}${logs.stdout}${logs.stderr}${status.stdout}${status.stderr}`).not.toContain(secret);
      // In our words: what is in the way, whose it is, where, and what becomes of it.
      const words = exitCode === 0 ? '(?:removed|moved)' : 'in the way';
      expect(stderr).toMatch(new RegExp(`(?:${words}.* of user 4712|of user 4712.*${words}).*${file}`));
      if (exitCode === 0) {
        expect(status.exitCode).toBe(0);
        expect(await victim.root(`ls -ld ${file}* | grep stranger || true`)).toBe('');
        expect(await victim.root("pgrep -u svc -fx 'sleep 100001' | wc -l")).toBe('1');
      }
      if (exitCode === 0 && file.endsWith('.log')) {
        // Nobody but the service reads what it prints.
        const owner = await victim.root(`stat -c '%F %U' ${file}`);
        expect(owner).toMatch(/^regular (?:empty )?file (?:svc|root)$/);
        await victim.root(`if [ -n "$(find ${file} -perm /022)" ]; then echo others may write; exit 1; fi`);
      }
      expect((await victim.tool('undeploy')).exitCode).toBe(0);
      expect(await victim.harm()).toBe('');
    },
  );

  test('what a stranger puts at the place of PID files that a service has lost goes with its stop, and is told', async () => {
    expect(await victim.switchTo('sysvinit')).toMatchObject({ exitCode: 0 });
    await victim.root('rm /tmp/worker.pid /tmp/worker.clientpid');
    await victim.stranger('echo $$ > /tmp/worker.pid; mkdir /tmp/worker.clientpid; touch /tmp/worker.clientpid/file');
    const { exitCode, stderr } = await victim.tool('stop', 'worker');
    expect({ exitCode, stderr }).toEqual({
      exitCode: 0,
      stderr: expect.stringMatching(
        /removed a file of user 4712 from \/tmp\/worker.pid[^]*moved a directory of user 4712 from \/tmp\/worker.clientpid/,
      ),
    });
    expect(await victim.root("pgrep -u svc -fx 'sleep 100001' | wc -l")).toBe('0');
    expect(await victim.root('ls -d /tmp/worker.pid /tmp/worker.clientpid 2>/dev/null || true')).toBe('');
    expect((await victim.tool('start', 'worker')).exitCode).toBe(0);
    expect(await victim.root("stat -c '%U' /tmp/worker.pid")).toBe('svc');
    await victim.root('rm -r /tmp/worker.clientpid.moved-*');
  });

  test.each(['supervisord'])(
    'with a runtime directory of their own has root neither remove nor end anything by it (%s)',
    async (manager) => {
      await victim.root(
        'mkdir -p /root/precious; touch /root/precious/supervisord.sock /root/precious/file; ls -R /root > /victim/root',
      );
      await victim.stranger(`
        mkdir -p /tmp/nix-processmgmt-ts /tmp/theirs; chmod 777 /tmp/nix-processmgmt-ts
        ln -s /root/precious /tmp/nix-processmgmt-ts/processes`);
      const linked = await victim.switchTo(manager, '--runtime-dir', '/tmp');
      expect({ ...linked, isIn: [6, 7, 8].includes(linked.exitCode) }).toMatchObject({ isIn: true });
      await victim.stranger(`
        rm /tmp/nix-processmgmt-ts/processes; mkdir /tmp/nix-processmgmt-ts/processes
        cd /tmp/nix-processmgmt-ts/processes
        echo ${bystander} > supervisord.pid
        echo "2020-01-01 00:00:00,000 INFO spawned: 'worker' with pid ${bystander}" > supervisord.log`);
      const forged = await victim.switchTo(manager, '--runtime-dir', '/tmp');
      expect({ ...forged, isIn: [6, 7, 8].includes(forged.exitCode) }).toMatchObject({ isIn: true });
      expect(await victim.root('ls -R /root | cmp - /victim/root; rm -r /root/precious')).toBe('');
      expect(await victim.harm()).toBe('');
    },
  );

  test('who listens on the port of a service is not ended for it', async () => {
    await victim.stranger(`
      setsid python3 -c 'import socket, time; s = socket.socket(); s.bind(("127.0.0.1", 14711)); s.listen(); time.sleep(10000)' \\
        < /dev/null > /dev/null 2>&1 & echo $! > /tmp/theirs-pid`);
    await victim.root(
      "sed 's/worker.pkg = create/worker.port = 14711; worker.pkg = create/' /victim/processes.nix > /victim/port.nix",
    );
    const deploy = (...options: readonly string[]) =>
      victim.tool('switch', '-P', 'sysvinit', '--host-packages', ...options, '/victim/port.nix');
    const first = await deploy();
    expect({ ...first, isIn: [0, 4, 6].includes(first.exitCode) }).toMatchObject({ isIn: true });
    await deploy('--allow-conflicts');
    await victim.tool('restart', 'worker');
    await victim.tool('undeploy');
    expect(await victim.root('cat /proc/$(cat /tmp/theirs-pid)/comm')).toBe('python3');
    expect(await victim.harm()).toBe('');
  });
});
