import { spawn } from 'node:child_process';
import { lstatSync, readdirSync } from 'node:fs';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { basename, delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { installStandIn } from '../backends/s6-rc/support/stand-in.js';
import { accounts } from '../support/accounts.js';
import { createDeployment, systemPath, type Deployment } from '../support/deployment.js';
import { addForeignProfile, setForeignGeneration, type ForeignFile } from '../support/foreign-generation.js';
import { findLeftovers, nothing } from '../support/leftovers.js';
import { isAlive } from '../support/processes.js';
import { statusOf } from '../support/status.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.js';
import { eventually } from '../support/waiting.js';

const [account] = accounts;
if (account === undefined) throw new Error('nobody can run the tests');

const script = (text: string): ForeignFile => ({ executable: true, text: `#!/usr/bin/execlineb -P\n\n${text}\n` });
const plain = (text: string): ForeignFile => ({ text: `${text}\n` });

describe('a profile that nix-processmgmt has deployed with s6-rc', () => {
  let directory: TemporaryDirectory;
  let deployment: Deployment;
  let scan: ReturnType<typeof spawn>;
  let foreign = '';
  const live = (): string => join(deployment.runtimeDir, 's6-rc');
  const scanDirectory = (): string => join(deployment.runtimeDir, 'service');
  const modelFile = (): string => join(deployment.directory, 'processes.nix');
  const options = (): readonly string[] => [
    ...['-P', 's6-rc', '--host-packages', `--state-dir=${deployment.stateDir}`, '--force-disable-user-change'],
    modelFile(),
  ];
  const must = async (file: string, ...args: readonly string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await deployment.run(file, ...args);
    if (exitCode !== 0) throw new Error(`${[file, ...args].join(' ')} ended with ${exitCode}: ${stdout}${stderr}`);
    return stdout.trim();
  };
  const pidOf = async (service: string): Promise<number> =>
    Number(await must('s6-svstat', '-o', 'pid', join(live(), 'servicedirs', service)));

  const writeModel = (): Promise<void> =>
    writeFile(
      modelFile(),
      `{ pkgs, stateDir, runtimeDir, logDir, tmpDir, forceDisableUserChange, processManager }:
let
  create = import <nix-processmgmt/nixproc/create-managed-process/universal/create-managed-process-universal.nix> {
    inherit pkgs stateDir runtimeDir logDir tmpDir forceDisableUserChange processManager;
  };
  sleeper = name: greeting: create {
    inherit name;
    foregroundProcess = "/bin/sleep"; args = [ "infinity" ]; environment.GREETING = greeting;
  };
in
{
  steady.pkg = sleeper "steady" "hello";
  changed.pkg = sleeper "changed" "good evening";
  daemonic.pkg = create {
    name = "daemonic";
    daemon = "/bin/sh"; daemonArgs = [ "-c" "sleep infinity & echo $! >$PID_FILE" ];
    pidFile = "\${runtimeDir}/daemonic.pid"; environment.PID_FILE = "\${runtimeDir}/daemonic.pid";
  };
}
`,
    );

  /** The layout of nix-processmgmt, with the PATH of our own packages. */
  const layout = async (): Promise<Readonly<Record<string, ForeignFile>>> => {
    const { stdout } = await deployment.succeed('build', '--no-out-link', ...options());
    const own = await readFile(join(stdout.trim(), 'etc/s6/sv/steady-srv/run'), 'utf8');
    const [, path = ''] = /export PATH (\S+)/.exec(own) ?? [];
    const envFile = join(deployment.directory, 'envfile');
    await writeFile(envFile, `GREETING=hello\nPATH=${path}\n`);
    const sv = 'etc/s6/sv';
    const longruns = ['steady', 'changed', 'gone'].flatMap((name): [string, ForeignFile][] => {
      const log = join(deployment.logDir, 's6-log', name);
      return [
        [`${sv}/${name}-srv/type`, plain('longrun')],
        [`${sv}/${name}-srv/producer-for`, plain(`${name}-log`)],
        [`${sv}/${name}-srv/run`, script(`envfile ${envFile}\nfdmove -c 2 1\n\nexec /bin/sleep "infinity"`)],
        [`${sv}/${name}-log/type`, plain('longrun')],
        [`${sv}/${name}-log/consumer-for`, plain(`${name}-srv`)],
        [`${sv}/${name}-log/pipeline-name`, plain(name)],
        [`${sv}/${name}-log/notification-fd`, plain('3')],
        [`${sv}/${name}-log/run`, script(`foreground { mkdir -p ${log} }\nexec -c s6-log -d3 ${log}`)],
      ];
    });
    const pidFile = join(deployment.runtimeDir, 'daemonic.pid');
    // It takes a while to end, and its script does not wait for that.
    const daemon = `trap "sleep 0.7; rm ${pidFile}; exit" TERM; while :; do sleep 0.1; done`;
    return {
      ...Object.fromEntries(longruns),
      [`${sv}/daemonic/type`]: plain('oneshot'),
      [`${sv}/daemonic/up`]: script(
        `exec /bin/sh "-c" "sh -c '${daemon.replaceAll('"', '\\"')}' & echo $! >${pidFile}"`,
      ),
      [`${sv}/daemonic/down`]: script(`backtick PID { cat ${pidFile} }\nimportas -i PID PID\nkill $PID`),
      [`${sv}/default/type`]: plain('bundle'),
      [`${sv}/default/contents`]: plain('steady\nchanged\ngone\ndaemonic'),
    };
  };

  beforeEach(async () => {
    directory = await makeTemporaryDirectory();
    const { bin, env } = installStandIn(directory.path);
    deployment = await createDeployment(account, 'webapps', { ...env, PATH: [bin, systemPath].join(delimiter) });
    await writeModel();
    foreign = await addForeignProfile(deployment, await layout());
    // As nixproc-s6-svscan and nixproc-s6-rc-deploy do it.
    await mkdir(scanDirectory(), { recursive: true });
    scan = spawn('s6-svscan', [scanDirectory()], { stdio: 'ignore' });
    await eventually(
      async () => (await deployment.run('s6-svscanctl', '-a', scanDirectory())).exitCode === 0 || undefined,
    );
    const databases = join(deployment.stateDir, 'etc/s6/rc');
    await mkdir(databases, { recursive: true });
    const database = join(databases, `compiled-${basename(foreign).slice(0, 32)}`);
    await must('s6-rc-compile', database, join(foreign, 'etc/s6/sv'));
    await must('s6-rc-init', '-c', database, '-l', live(), scanDirectory());
    // What the daemon prints goes to whoever runs its script.
    await must('sh', '-c', 'exec s6-rc -l "$0" -u change default >/dev/null 2>&1', live());
    await symlink(database, join(databases, 'compiled'));
    await setForeignGeneration(deployment, foreign);
  });
  afterEach(async () => {
    await deployment.run('s6-svscanctl', '-t', scanDirectory());
    if (scan.exitCode === null) await new Promise((resolve) => scan.once('exit', resolve));
    await deployment.dispose();
    await directory.remove();
  });

  test('is taken over: what did not change runs on, what did is restarted in its place, and what is gone ends', async () => {
    const [steady, changed, gone] = await Promise.all(['steady-srv', 'changed-srv', 'gone-srv'].map(pidOf));
    const pidFile = join(deployment.runtimeDir, 'daemonic.pid');
    const daemon = Number(await readFile(pidFile, 'utf8'));
    const { stderr } = await deployment.succeed('switch', ...options());
    expect(stderr).toContain('restarting changed (environment.GREETING: hello → good evening)');
    expect(stderr).not.toMatch(/\w+ing steady/);
    expect(await pidOf('steady-srv')).toBe(steady);
    expect(await pidOf('changed-srv')).not.toBe(changed);
    expect([gone, daemon].map((pid) => isAlive(pid ?? 0))).toEqual([false, false]);
    const status = await statusOf(deployment);
    expect([...status].map(([name, { state }]) => [name, state])).toEqual(
      expect.arrayContaining([
        ['steady', 'running'],
        ['changed', 'running'],
        ['daemonic', 'running'],
      ]),
    );
    expect(status.get('daemonic')?.pid).toBe(Number(await readFile(pidFile, 'utf8')));
    // The live state stays where it was, and the databases are ours from now on.
    expect(lstatSync(live()).isSymbolicLink()).toBe(true);
    expect(readdirSync(deployment.stateDir)).toContain('etc');
    expect(readdirSync(join(deployment.stateDir, 'etc'))).toEqual([]);

    await deployment.succeed('rollback');
    expect((await statusOf(deployment)).get('gone')).toMatchObject({ state: 'running' });
    await deployment.succeed('undeploy');
    expect(readdirSync(deployment.runtimeDir)).toEqual(['service']);
    expect(readdirSync(scanDirectory())).toEqual(['.s6-svscan']);
    expect(scan.exitCode).toBe(null);
  });

  test('ends with an undeployment, which leaves the s6-svscan of others', async () => {
    const pids = await Promise.all(['steady-srv', 'changed-srv', 'gone-srv'].map(pidOf));
    const daemon = Number(await readFile(join(deployment.runtimeDir, 'daemonic.pid'), 'utf8'));
    await must('env', `NIXPROC_STATE_DIR=${deployment.stateDir}`, ...deployment.toolWords, 'undeploy');
    expect([...pids, daemon].filter(isAlive)).toEqual([]);
    expect(readdirSync(deployment.runtimeDir)).toEqual(['service']);
    expect(readdirSync(scanDirectory())).toEqual(['.s6-svscan']);
    expect(readdirSync(join(deployment.stateDir, 'etc'))).toEqual([]);
    expect(scan.exitCode).toBe(null);
    await deployment.run('s6-svscanctl', '-t', scanDirectory());
    await eventually(() => (scan.exitCode === null ? undefined : true));
    expect(await findLeftovers(deployment)).toEqual(nothing);
  });
});
