import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { accounts } from '../support/accounts.js';
import { createDeployment, type Deployment } from '../support/deployment.js';

let deployment: Deployment;
let model: string;
beforeAll(async () => {
  const account = accounts.at(-1);
  if (account === undefined) throw new Error('nobody can run the tests');
  deployment = await createDeployment(account, 'webapps');
  model = join(deployment.directory, 'processes.nix');
  await writeFile(
    model,
    `{ pkgs ? import <nixpkgs> { }, stateDir ? "/var", processManager, word ? "sleeper" }:
    let
      createManagedProcess =
        import <nix-processmgmt/nixproc/create-managed-process/universal/create-managed-process-universal.nix> {
          inherit pkgs stateDir processManager;
          runtimeDir = "\${stateDir}/run";
          logDir = "\${stateDir}/log";
          tmpDir = "\${stateDir}/tmp";
          forceDisableUserChange = true;
        };
    in
    { sleeper.pkg = createManagedProcess {
        name = word; instanceName = word;
        foregroundProcess = "\${pkgs.coreutils}/bin/sleep"; args = [ 1000 ]; }; }`,
  );
});
afterAll(() => deployment.dispose());

const deploy = (profile: string, manager: string, word = 'sleeper') =>
  deployment.tool(
    ...['switch', '-P', manager, '-p', profile, `--state-dir=${deployment.stateDir}`, '--force-disable-user-change'],
    ...[`--extra-params={ word = "${word}"; }`, model],
  );
const pidOf = async (profile: string): Promise<number> => {
  const { stdout } = await deployment.tool('status', '--json', '-p', profile);
  return (JSON.parse(stdout) as readonly { readonly pid: number }[])[0]?.pid ?? 0;
};

test.each(['sysvinit', 'disnix'])(
  'a process of another profile is never taken over or ended under %s',
  async (manager) => {
    expect((await deploy('one', manager)).exitCode).toBe(0);
    const pid = await pidOf('one');
    const { exitCode, stderr } = await deploy('two', manager);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 4,
      stderr: expect.stringContaining(`is that of another profile, ${join(deployment.profilesDir, 'one')}`),
    });
    // Other names do not meet.
    expect((await deploy('two', manager, 'other')).exitCode).toBe(0);
    expect((await deployment.tool('undeploy', '-p', 'two')).exitCode).toBe(0);
    expect(await pidOf('one')).toBe(pid);
    expect((await deployment.tool('undeploy', '-p', 'one')).exitCode).toBe(0);
    // Nothing of the first one is left that could be in the way.
    expect((await deploy('two', manager)).exitCode).toBe(0);
    expect((await deployment.tool('undeploy', '-p', 'two')).exitCode).toBe(0);
  },
);
