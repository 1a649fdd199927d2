import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { accounts, asAccount } from '../support/accounts.js';
import { createDeployment, systemPath, type Deployment } from '../support/deployment.js';
import { runningSleepers, sleeperOptions, writeSleepers } from '../support/faults/sleepers.js';
import { findLeftovers, nothing } from '../support/leftovers.js';
import { planOf } from '../support/plans.js';
import { killProcessesThatMention } from '../support/processes.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.js';
import { eventually } from '../support/waiting.js';

let surroundings: TemporaryDirectory;
let deployment: Deployment;
afterEach(async () => {
  await deployment.dispose();
  await surroundings.remove();
});

const user = accounts.slice(-1);
const root = accounts.filter(({ uid }) => uid === 0);
const sleepers = { base: { version: '1' }, user: { version: '1', dependsOn: ['base'] } };
const all = ['base 1', 'user 1'];

/** Speaks as Debian's crontab(1) does, for a file in the place of /var/spool/cron. */
const crontab = (file: string): string => `#!/bin/sh
case "$1" in
  -l) [ -e ${file} ] && exec cat ${file}; echo "no crontab for $(id -un)" >&2; exit 1 ;;
  -) exec cat >${file} ;;
  *) exit 2 ;;
esac
`;

const makeSurroundings = async (): Promise<string> => {
  surroundings = await makeTemporaryDirectory();
  chmodSync(surroundings.path, 0o777);
  mkdirSync(join(surroundings.path, 'bin'));
  writeFileSync(join(surroundings.path, 'bin', 'crontab'), crontab(join(surroundings.path, 'table')), { mode: 0o755 });
  // Whoever runs the tests may have a systemd, which would be told instead.
  writeFileSync(join(surroundings.path, 'bin', 'systemctl'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  return surroundings.path;
};

const switchArguments = async (manager: string): Promise<readonly string[]> => [
  ...['-P', manager, ...sleeperOptions(deployment), '--enable-at-boot'],
  await writeSleepers(deployment, 'processes', sleepers),
];

const reboot = async (): Promise<void> => {
  killProcessesThatMention(deployment.directory);
  await eventually(() => {
    expect(runningSleepers(deployment)).toEqual([]);
    return true;
  });
  await rm(deployment.runtimeDir, { recursive: true, force: true });
};

const expectAll = (): Promise<true> =>
  eventually(() => {
    expect(runningSleepers(deployment)).toEqual(all);
    return true;
  }, 30);

const linesOfTable = (): readonly string[] => readFileSync(join(surroundings.path, 'table'), 'utf8').split('\n');

test.each(user)('$name gets a line in the crontab, which runs the deployment and goes with it', async (account) => {
  const place = await makeSurroundings();
  const others = ['# mine', '', '5 4 * * * echo 50\\% "of it" # nixproc-'];
  writeFileSync(join(place, 'table'), [...others, ''].join('\n'));
  chmodSync(join(place, 'table'), 0o666);
  deployment = await createDeployment(account, 'webapps', { PATH: `${place}/bin:${systemPath}` });
  const args = await switchArguments('supervisord');
  expect((await planOf(deployment, ...args)).steps.at(-1)).toMatchObject({
    ...{ kind: 'boot', action: 'enable', path: 'your crontab', reasons: ['it was asked for'] },
  });
  expect(linesOfTable()).toEqual([...others, '']);

  expect((await deployment.succeed('switch', ...args)).stderr).toContain('it will start at boot: your crontab');
  const [line = '', ...rest] = linesOfTable().slice(others.length);
  expect(line).toMatch(/^@reboot .* # nixproc-processes-[0-9a-f]{8}$/);
  expect({ rest, before: linesOfTable().slice(0, others.length) }).toEqual({ rest: [''], before: others });
  expect((await deployment.succeed('switch', ...args)).stderr).toContain('nothing to do');
  // Who does not say it again keeps it.
  await deployment.succeed('switch', ...args.filter((word) => word !== '--enable-at-boot'));
  expect(linesOfTable()).toContain(line);

  await reboot();
  // With what cron gives.
  const command = line.replace(/^@reboot /, '').replaceAll('\\%', '%');
  const cron = asAccount(account, 'env', ['-i', 'PATH=/usr/bin:/bin', 'sh', '-c', `exec ${command}`]);
  const child = spawn(cron.file, cron.args, { stdio: 'ignore' });
  const ended = once(child, 'exit');
  await expectAll();
  expect((await deployment.tool('status')).exitCode).toBe(0);
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  expect(runningSleepers(deployment)).toEqual([]);

  // Somebody takes it away: that is respected, until a repair is asked for.
  writeFileSync(join(place, 'table'), [...others, ''].join('\n'));
  const withoutOption = args.filter((word) => word !== '--enable-at-boot');
  await deployment.succeed('switch', ...withoutOption);
  expect(linesOfTable()).toEqual([...others, '']);
  await deployment.succeed('switch', '--repair', ...withoutOption);
  expect(linesOfTable()).toContain(line);

  expect((await deployment.succeed('undeploy')).stderr).toContain('it will not start at boot any more');
  expect(linesOfTable()).toEqual([...others, '']);
  expect(await findLeftovers(deployment)).toEqual(nothing);
});

test.each(root)('$name gets a service where runit runs the machine, which waits for the next boot', async (account) => {
  const place = await makeSurroundings();
  const etc = join(place, 'etc');
  for (const directory of ['sv', 'service']) mkdirSync(join(etc, directory), { recursive: true });
  const runsvdir = spawn('runsvdir', ['-P', join(etc, 'service')], { stdio: 'ignore', cwd: '/' });
  try {
    deployment = await createDeployment(account, 'webapps', { RUNIT_TARGET_DIR: etc });
    const args = await switchArguments('disnix');
    await deployment.succeed('switch', ...args);
    const [name = ''] = readdirSync(join(etc, 'service'));
    expect(name).toMatch(/^nixproc-processes-[0-9a-f]{8}$/);
    const service = join(etc, 'sv', name);
    const pidOf = (): string => readFileSync(join(service, 'supervise', 'pid'), 'utf8').trim();
    await eventually(() => {
      expect(readFileSync(`/proc/${pidOf()}/comm`, 'utf8')).toBe('sleep\n');
      return true;
    });

    await reboot();
    const run = readFileSync(join(service, 'run'), 'utf8');
    writeFileSync(join(service, 'run'), run.replace(/'?[0-9a-f]{8}-[0-9a-f-]{27}'?/, 'another'));
    expect((await deployment.run('sv', 'restart', service)).exitCode).toBe(0);
    await expectAll();
    expect((await deployment.run('sv', 'down', service)).exitCode).toBe(0);
    await eventually(() => {
      expect(runningSleepers(deployment)).toEqual([]);
      return true;
    });

    // Whoever disables it does not end the deployment.
    expect((await deployment.run('sv', 'up', service)).exitCode).toBe(0);
    await expectAll();
    rmSync(join(etc, 'service', name));
    await eventually(async () => ((await deployment.run('sv', 'status', service)).exitCode === 0 ? undefined : true));
    expect(runningSleepers(deployment)).toEqual(all);

    await deployment.succeed('undeploy');
    expect([readdirSync(join(etc, 'sv')), readdirSync(join(etc, 'service'))]).toEqual([[], []]);
  } finally {
    const ended = once(runsvdir, 'exit');
    runsvdir.kill('SIGHUP');
    await ended;
  }
});

test.each(root)(
  '$name gets an init script where System V init runs the machine, also for a manager that init does not know',
  async (account) => {
    const place = await makeSurroundings();
    deployment = await createDeployment(account, 'webapps', { SYSVINIT_TARGET_DIR: join(place, 'etc') });
    await deployment.succeed('switch', ...(await switchArguments('disnix')));
    const scripts = readdirSync(join(place, 'etc', 'init.d'));
    expect(scripts).toEqual([expect.stringMatching(/^nixproc-processes-[0-9a-f]{8}$/)]);
    const script = join(place, 'etc', 'init.d', scripts[0] ?? '');
    expect(readdirSync(join(place, 'etc', 'rc3.d'))).toEqual([`S99${scripts[0] ?? ''}`]);
    const call = (activity: string) =>
      deployment.run('env', '-i', 'PATH=/sbin:/usr/sbin:/bin:/usr/bin', 'sh', script, activity);

    await reboot();
    expect((await call('status')).exitCode).toBe(3);
    expect(await call('start')).toMatchObject({ exitCode: 0 });
    await expectAll();
    expect((await call('status')).exitCode).toBe(0);
    expect(await call('stop')).toMatchObject({ exitCode: 0 });
    expect(runningSleepers(deployment)).toEqual([]);

    // A move to a manager whose own scripts the system starts takes it away.
    await deployment.succeed('switch', ...(await switchArguments('sysvinit')));
    expect(readdirSync(join(place, 'etc', 'init.d')).sort()).toEqual(['base', 'user']);
    await deployment.succeed('switch', ...(await switchArguments('disnix')));
    expect(readdirSync(join(place, 'etc', 'init.d'))).toEqual(scripts);
    await deployment.succeed('undeploy');
    expect(
      readdirSync(join(place, 'etc'), { recursive: true }).filter((name) => String(name).includes('nixproc')),
    ).toEqual([]);
  },
);

test.each(user)('$name is told before anything is done that nothing starts programs at boot', async (account) => {
  await makeSurroundings();
  writeFileSync(
    join(surroundings.path, 'bin', 'crontab'),
    '#!/bin/sh\necho "You may not use this program" >&2\nexit 1\n',
  );
  deployment = await createDeployment(account, 'webapps', {
    PATH: `${surroundings.path}/bin:${systemPath}`,
  });
  const { exitCode, stderr } = await deployment.tool('switch', ...(await switchArguments('supervisord')));
  expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining('nix-processmgmt-ts run') });
  expect(runningSleepers(deployment)).toEqual([]);
  expect(existsSync(join(surroundings.path, 'table'))).toBe(false);
});
