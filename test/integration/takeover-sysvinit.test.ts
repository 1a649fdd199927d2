import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { accounts } from '../support/accounts.js';
import { createDeployment, type Deployment } from '../support/deployment.js';
import { findLeftovers, nothing } from '../support/leftovers.js';
import { addForeignProfile, setForeignGeneration, type ForeignFile } from '../support/foreign-generation.js';
import { statusOf } from '../support/status.js';

jest.setTimeout(60_000);

const [account] = accounts;
if (account === undefined) throw new Error('nobody can run the tests');

/** What another tool generates for a process: an init script in a manner of its own, without any record. */
const foreignScript = (
  name: string,
  { pidFile, path, greeting }: { readonly pidFile: string; readonly path: string; readonly greeting: string },
): ForeignFile => ({
  executable: true,
  text: `#!/bin/sh
## BEGIN INIT INFO
# Provides: ${name}
# Default-Start: 3 4 5
## END INIT INFO
export PATH="${path}:$PATH"
export GREETING="${greeting}"
alive() { [ -f ${pidFile} ] && kill -0 "$(cat ${pidFile})" 2>/dev/null; }
case "$1" in
  start) alive || daemon --unsafe --inherit --pidfile ${pidFile} -- /bin/sleep infinity ;;
  stop)
    if alive; then
      kill "$(cat ${pidFile})"
      while [ -e ${pidFile} ]; do sleep 0.1; done
    fi
    ;;
  restart) "$0" stop; "$0" start ;;
  status) if alive; then echo "${name} runs"; else echo "${name} does not run"; exit 3; fi ;;
esac
`,
});

const model = (greetings: Readonly<Record<string, string>>): string => `
{ pkgs, stateDir, runtimeDir, logDir, tmpDir, forceDisableUserChange, processManager }:
let
  create = import <nix-processmgmt/nixproc/create-managed-process/universal/create-managed-process-universal.nix> {
    inherit pkgs stateDir runtimeDir logDir tmpDir forceDisableUserChange processManager;
  };
in
{
${Object.entries(greetings)
  .map(
    ([name, greeting]) => `  ${name}.pkg = create {
    name = "${name}"; instanceName = "${name}";
    foregroundProcess = "/bin/sleep"; args = [ "infinity" ]; environment.GREETING = "${greeting}";
  };`,
  )
  .join('\n')}
}
`;

// One story: each test goes on where the one before has ended.
describe('a profile that another tool has deployed with init scripts', () => {
  let deployment: Deployment;
  let foreign = '';
  const options = (): readonly string[] => [
    ...['-P', 'sysvinit', '--host-packages', `--state-dir=${deployment.stateDir}`, '--force-disable-user-change'],
  ];
  const modelFile = (): string => join(deployment.directory, 'processes.nix');
  const pids = async (): Promise<Readonly<Record<string, number | null>>> =>
    Object.fromEntries([...(await statusOf(deployment))].map(([name, { pid }]) => [name, pid]));
  const states = async (): Promise<Readonly<Record<string, string>>> =>
    Object.fromEntries([...(await statusOf(deployment))].map(([name, { state }]) => [name, state]));
  const runScripts = async (activity: string): Promise<void> => {
    for (const name of ['steady', 'changed', 'gone']) {
      const { exitCode, stderr } = await deployment.run(join(foreign, 'etc/rc.d/init.d', name), activity);
      if (exitCode !== 0) throw new Error(`${name} ${activity}: ${stderr}`);
    }
  };
  const scripts = (path: string, greetings: Readonly<Record<string, string>>): Record<string, ForeignFile> =>
    Object.fromEntries(
      Object.entries(greetings).map(([name, greeting]) => [
        `etc/rc.d/init.d/${name}`,
        foreignScript(name, { pidFile: `${deployment.runtimeDir}/${name}.pid`, path, greeting }),
      ]),
    );
  let path = '';

  beforeAll(async () => {
    deployment = await createDeployment(account, 'webapps', { NIXPROC_SETTLE: '0' });
    await writeFile(modelFile(), model({ steady: 'hello', changed: 'hello', extra: 'hello' }));
    const built = await deployment.succeed('build', '--no-out-link', ...options(), modelFile());
    const manifest = JSON.parse(
      await readFile(join(built.stdout.trim(), 'share/nix-processmgmt-ts/manifest.json'), 'utf8'),
    ) as { units: readonly { properties: { path: readonly string[] } }[] };
    path = (manifest.units[0]?.properties.path ?? []).join(':');
    await deployment.succeed('init-state', `--state-dir=${deployment.stateDir}`, '--force-disable-user-change');
    foreign = await addForeignProfile(
      deployment,
      scripts(path, { steady: 'hello', changed: 'good morning', gone: 'hello' }),
    );
    await setForeignGeneration(deployment, foreign);
    await runScripts('start');
  });
  afterAll(() => deployment.dispose());

  test('its generation is listed with its manager, and status sees what runs', async () => {
    const { stdout } = await deployment.succeed('generations', '--json');
    expect(JSON.parse(stdout)).toEqual([
      expect.objectContaining({ number: 1, manager: 'sysvinit', processes: 3, current: true }),
    ]);
    expect(await states()).toEqual({ steady: 'running', changed: 'running', gone: 'running' });
  });

  test('a plan names what differs, and nothing of what does not', async () => {
    const { stdout } = await deployment.succeed('plan', ...options(), modelFile());
    expect(stdout).toContain('environment.GREETING: good morning → hello');
    expect(stdout).not.toMatch(/(?:start|stop)\S* +steady/);
  });

  test('the first switch keeps the process that did not change, and no other', async () => {
    const before = await pids();
    const { stderr } = await deployment.succeed('switch', ...options(), modelFile());
    expect(stderr).toContain('done: generation 2 with 3 processes under sysvinit (1 left untouched)');
    const after = await pids();
    expect(Object.keys(after).sort()).toEqual(['changed', 'extra', 'steady']);
    expect(after['changed']).not.toBe(before['changed']);
    expect(await states()).toEqual({ steady: 'running', changed: 'running', extra: 'running' });
    expect(stderr).not.toContain('steady');
    expect(stderr).toContain('stopping gone');
    const { exitCode } = await deployment.run(join(foreign, 'etc/rc.d/init.d/gone'), 'status');
    expect(exitCode).toBe(3);
  });

  test('what was taken over is stopped and started like any other', async () => {
    await deployment.succeed('stop', 'steady');
    expect(await states()).toMatchObject({ steady: 'stopped' });
    expect((await deployment.run(join(foreign, 'etc/rc.d/init.d/steady'), 'status')).exitCode).toBe(3);
    await deployment.succeed('start', 'steady');
    expect(await states()).toMatchObject({ steady: 'running' });
  });

  test('a rollback runs the generation of the other tool by its own scripts, and another switch comes back', async () => {
    await deployment.succeed('rollback');
    expect(await states()).toEqual({ steady: 'running', changed: 'running', gone: 'running' });
    expect((await deployment.run(join(foreign, 'etc/rc.d/init.d/gone'), 'status')).exitCode).toBe(0);
    await deployment.succeed('stop', 'gone');
    expect(await states()).toMatchObject({ gone: 'stopped' });
    const before = await pids();
    await deployment.succeed('switch', ...options(), modelFile());
    expect(await states()).toEqual({ steady: 'running', changed: 'running', extra: 'running' });
    expect((await pids())['steady']).toBe(before['steady']);
  });

  /** Switches as the other tool does: it calls the scripts of the profile that it leaves, which are ours. */
  const switchWithOtherTool = async (profile: string, ...obsolete: readonly string[]): Promise<void> => {
    for (const name of obsolete) {
      const script = join(deployment.profilesDir, 'processes/etc/rc.d/init.d', name);
      expect((await deployment.run(script, 'stop')).exitCode).toBe(0);
    }
    await setForeignGeneration(deployment, profile);
  };

  test('a generation that the other tool puts on top of ours is taken over again', async () => {
    const later = await addForeignProfile(deployment, scripts(path, { steady: 'hello', changed: 'hello' }));
    await switchWithOtherTool(later, 'extra');
    const before = await pids();
    expect(await states()).toEqual({ steady: 'running', changed: 'running' });
    await deployment.succeed('switch', ...options(), modelFile());
    expect(await pids()).toMatchObject(before);
    expect(await states()).toEqual({ steady: 'running', changed: 'running', extra: 'running' });
  });

  test('an undeployment stops what another tool runs, and an old profile may be a generation of it', async () => {
    const last = await addForeignProfile(deployment, scripts(path, { steady: 'hello' }), 'last');
    await switchWithOtherTool(last, 'changed', 'extra');
    await deployment.succeed('undeploy');
    expect((await deployment.run(join(last, 'etc/rc.d/init.d/steady'), 'status')).exitCode).toBe(3);
    await deployment.run(join(last, 'etc/rc.d/init.d/steady'), 'start');
    await deployment.succeed('switch', '--old-profile', last, ...options(), modelFile());
    expect(await states()).toEqual({ steady: 'running', changed: 'running', extra: 'running' });
    await deployment.succeed('undeploy');
    expect(await findLeftovers(deployment)).toEqual(nothing);
  });
});
