import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { accounts } from '../support/accounts.js';
import { createDeployment, systemPath, type Deployment } from '../support/deployment.js';
import { sleeperOptions } from '../support/faults/sleepers.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.js';

let programs: TemporaryDirectory;
let deployment: Deployment;
beforeAll(async () => {
  const account = accounts.at(-1);
  if (account === undefined) throw new Error('there is no account to run as');
  programs = await makeTemporaryDirectory();
  deployment = await createDeployment(account, 'webapps', { PATH: `${programs.path}:${systemPath}` });
});
afterAll(async () => {
  await deployment.dispose();
  await programs.remove();
});

test('garbage that is collected as soon as a model is evaluated does not keep it from being built', async () => {
  // A collection waits for whoever keeps it from beginning, as long as it likes: here not for ever, since we wait for it.
  const wrapper = join(programs.path, 'nix-instantiate');
  const log = join(deployment.stateDir, 'collections');
  await writeFile(
    wrapper,
    `#!/bin/sh
PATH=${systemPath} nix-instantiate "$@" || exit
timeout 2 nix-store --gc >/dev/null 2>&1 && echo collected >>${log} || echo kept >>${log}
`,
  );
  await chmod(wrapper, 0o755);
  const model = join(deployment.directory, 'collected.nix');
  await writeFile(join(deployment.directory, 'source'), 'text');
  await writeFile(
    model,
    `{ pkgs, stateDir, runtimeDir, logDir, tmpDir, forceDisableUserChange, processManager }:
let
  create = import ./nix-processmgmt/nixproc/create-managed-process/universal/create-managed-process-universal.nix {
    inherit pkgs stateDir runtimeDir logDir tmpDir forceDisableUserChange processManager;
  };
  built = derivation { name = "built"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "echo built >$out" ]; };
in
{
  one.pkg = create {
    instanceName = "one";
    foregroundProcess = "/bin/sh";
    args = [ "-c" "exec sleep 100000" ];
    environment = { BUILT = built; SOURCE = "\${./source}"; };
  };
}
`,
  );
  const { exitCode, stdout, stderr } = await deployment.tool(
    ...['build', '--no-out-link', '-P', 'sysvinit', ...sleeperOptions(deployment), model],
  );
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.not.stringMatching(/(note: <nixpkgs>[^]*){2}/) });
  expect(await readFile(join(stdout.trim(), 'share/nix-processmgmt-ts/manifest.json'), 'utf8')).toContain('"one"');
  expect((await readFile(log, 'utf8')).split('\n')).toEqual(['collected', 'kept', '']);
});
