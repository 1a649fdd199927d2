import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { accounts } from '../support/accounts.js';
import { createDeployment, systemPath, type Deployment } from '../support/deployment.js';
import { addForeignProfile } from '../support/foreign-generation.js';
import { findLeftovers, nothing } from '../support/leftovers.js';
import { isAlive } from '../support/processes.js';
import { repository } from '../support/repository.js';
import { statusOf } from '../support/status.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.js';

interface Component {
  readonly name: string;
  readonly type?: string;
  readonly target?: string;
  readonly dependsOn?: readonly string[];
}

describe.each(accounts)('what nix-processmgmt runs through Disnix, as $name', (account) => {
  let deployment: Deployment;
  let programs: TemporaryDirectory;
  let user = '';
  let coordinator = '';
  const pidFile = (name: string): string => join(deployment.runtimeDir, `${name}.pid`);
  const log = (): string => join(deployment.directory, 'ends');
  const modelFile = (): string => join(deployment.directory, 'processes.nix');
  const options = (manager = 'disnix'): readonly string[] => [
    ...['-P', manager, '--host-packages', `--state-dir=${deployment.stateDir}`, '--force-disable-user-change'],
    modelFile(),
  ];
  const must = async (...command: readonly [string, ...string[]]): Promise<string> => {
    const { exitCode, stdout, stderr } = await deployment.run(...command);
    if (exitCode !== 0) throw new Error(`${command.join(' ')} ended with ${exitCode}: ${stdout}${stderr}`);
    return stdout.trim();
  };
  const pidOf = async (name: string): Promise<number> => Number(await readFile(pidFile(name), 'utf8'));

  const writeModel = (names: readonly string[]): Promise<void> =>
    writeFile(
      modelFile(),
      `{ pkgs, stateDir, runtimeDir, logDir, tmpDir, forceDisableUserChange, processManager }:
let
  create = import <nix-processmgmt/nixproc/create-managed-process/universal/create-managed-process-universal.nix> {
    inherit pkgs stateDir runtimeDir logDir tmpDir forceDisableUserChange processManager;
  };
in
{
${names
  .map(
    (name) =>
      `  ${name}.pkg = create { name = "${name}"; instanceName = "${name}"; foregroundProcess = "/bin/sleep"; args = [ "1000" ]; };`,
  )
  .join('\n')}
}
`,
    );

  /** A component as Dysnomia's module for processes takes it; its process says when it ends. */
  const addComponent = async (name: string): Promise<string> => {
    const script = join(deployment.directory, `start-${name}`);
    const process = `trap 'sleep 0.3; echo ${name} >>${log()}; rm -f ${pidFile(name)}; exit' TERM; while :; do sleep 0.1; done`;
    await writeFile(script, `#!/bin/sh\nsetsid sh -c "${process}" >/dev/null 2>&1 &\necho $! >${pidFile(name)}\n`);
    await chmod(script, 0o755);
    const text = `process=${script}\npidFile="${pidFile(name)}"\n`;
    return addForeignProfile(deployment, { [`etc/dysnomia/process/${name}`]: { text } }, `${name}-process`);
  };

  /** Has components in the coordinator's profile of Disnix, as disnix-deploy leaves it. */
  const setManifest = async (components: readonly Component[]): Promise<string> => {
    const services: string[] = [];
    const mappings: string[] = [];
    for (const { name, type = 'process', target = 'localhost', dependsOn = [] } of components) {
      const pkg = await addComponent(name);
      const inner = dependsOn.map(
        (other) =>
          `<mapping><service>key-${other}</service><container>process</container><target>${target}</target></mapping>`,
      );
      services.push(
        `<service name="key-${name}"><name>${name}</name><pkg>${pkg}</pkg><type>${type}</type>`,
        `<dependsOn>${inner.join('')}</dependsOn><connectsTo/><providesContainers/></service>`,
      );
      mappings.push(
        `<mapping><service>key-${name}</service><container>process</container><target>${target}</target></mapping>`,
      );
    }
    const targets = [...new Set(components.map(({ target = 'localhost' }) => target))].map(
      (
        target,
      ) => `<target name="${target}"><properties><property name="hostname" type="string">${target}</property></properties>
<containers><container name="process"/></containers><system>x86_64-linux</system><numOfCores>1</numOfCores>
<clientInterface>disnix-run-activity</clientInterface><targetProperty>hostname</targetProperty></target>`,
    );
    const manifest = join(deployment.directory, 'manifest.xml');
    await writeFile(
      manifest,
      `<?xml version="1.0"?>
<manifest version="2"><profiles><profile name="localhost">/nix/store/profile</profile></profiles>
<services>${services.join('\n')}</services><infrastructure>${targets.join('')}</infrastructure>
<serviceMappings>${mappings.join('')}</serviceMappings><snapshotMappings/></manifest>\n`,
    );
    const stored = await must('nix-store', '--add', manifest);
    const stateDirectory = await must('sh', '-c', 'printf %s "$NIX_STATE_DIR"');
    const link = join(stateDirectory, 'profiles/per-user', user, 'disnix-coordinator/default');
    await must('mkdir', '-p', dirname(link));
    await must('nix-env', '--profile', link, '--set', stored);
    return link;
  };
  const start = (name: string): Promise<string> => must(join(deployment.directory, `start-${name}`));

  beforeEach(async () => {
    programs = await makeTemporaryDirectory();
    const program = join(programs.path, 'disnix-activate');
    await copyFile(join(repository, 'test/integration/programs/disnix-activate'), program);
    await chmod(program, 0o755);
    deployment = await createDeployment(account, 'webapps', { PATH: `${programs.path}:${systemPath}` });
    user = await must('id', '-un');
    await must('mkdir', '-p', deployment.runtimeDir, deployment.logDir);
    await mkdir(deployment.directory, { recursive: true });
    coordinator = await setManifest([{ name: 'base' }, { name: 'gone', dependsOn: ['base'] }, { name: 'dead' }]);
    for (const name of ['base', 'gone']) await start(name);
  });
  afterEach(async () => {
    await deployment.dispose();
    await programs.remove();
  });

  test.each(['local', 'disnix'])(
    'is ended, dependents first, and runs anew by the scripts of the profile: engine %s',
    async (engine) => {
      const before = await Promise.all(['base', 'gone'].map(pidOf));
      await writeModel(['base', 'added']);
      const plan = await deployment.succeed('plan', ...options());
      expect(plan.stderr + plan.stdout).toMatch(
        /another tool has deployed base, dead, gone with disnix \(\/\S+-manifest\.xml\): that is taken over/,
      );
      expect(before.map(isAlive)).toEqual([true, true]);

      await deployment.succeed('switch', '--engine', engine, ...options());
      expect(before.map(isAlive)).toEqual([false, false]);
      expect(await readFile(log(), 'utf8')).toBe('gone\nbase\n');
      const status = await statusOf(deployment);
      expect([...status].map(([name, { state }]) => [name, state])).toEqual([
        ['added', 'running'],
        ['base', 'running'],
      ]);

      // From now on the profile says what runs, whatever Disnix has in its own.
      const { stderr } = await deployment.succeed('switch', ...options());
      expect(stderr).not.toContain('another tool');
      await deployment.succeed('undeploy');
      await deployment.succeed('generations', 'delete', 'all');
      expect(await findLeftovers(deployment)).toEqual(nothing);
    },
  );

  test('moves to another manager when it is named', async () => {
    const before = await Promise.all(['base', 'gone'].map(pidOf));
    await writeModel(['base']);
    await deployment.succeed('switch', ...options('sysvinit'), '--old-profile', coordinator);
    expect(before.map(isAlive)).toEqual([false, false]);
    const status = await statusOf(deployment);
    expect([...status].map(([name, { manager, state }]) => [name, manager, state])).toEqual([
      ['base', 'sysvinit', 'running'],
    ]);
    await deployment.succeed('undeploy');
  });

  test('runs again when the first switch fails', async () => {
    await writeModel(['base']);
    await writeFile(
      modelFile(),
      (await readFile(modelFile(), 'utf8')).replace('"/bin/sleep"; args = [ "1000" ]', '"/bin/false"'),
    );
    const { exitCode } = await deployment.tool('switch', ...options());
    expect(exitCode).toBe(7);
    const pids = await Promise.all(['base', 'gone'].map(pidOf));
    expect(pids.map(isAlive)).toEqual([true, true]);
    for (const pid of pids) await must('kill', String(pid));
  });

  test.each([
    ['a service of another type', [{ name: 'base' }, { name: 'gone', type: 'wrapper' }]],
    ['another machine', [{ name: 'base' }, { name: 'gone', target: 'elsewhere' }]],
  ])('%s beside them makes it a deployment that is left alone', async (_, components) => {
    await setManifest(components.map((component) => component));
    const pids = await Promise.all(['base', 'gone'].map(pidOf));
    await writeModel(['added']);
    await deployment.succeed('switch', ...options());
    expect(pids.map(isAlive)).toEqual([true, true]);
    await deployment.succeed('undeploy');
    for (const pid of pids) await must('kill', String(pid));
  });

  test('a process that has got the PID of an old PID file by chance is left alone', async () => {
    const gone = await pidOf('gone');
    await must('touch', '-d', '2020-01-01', pidFile('gone'));
    await writeModel(['base']);
    await deployment.succeed('switch', ...options());
    expect(isAlive(gone)).toBe(true);
    await deployment.succeed('undeploy');
    await must('kill', String(gone));
  });
});
