import { readFileSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { accounts } from '../support/accounts.js';
import { createDeployment, type Deployment } from '../support/deployment.js';
import { sleeperOptions } from '../support/faults/sleepers.js';

const [account] = accounts;
let deployment: Deployment;
let log: string;
beforeAll(async () => {
  if (account === undefined) throw new Error('there is no account to run as');
  deployment = await createDeployment(account, 'webapps');
  log = join(deployment.stateDir, 'ended');
});
afterEach(() => deployment.tool('undeploy'));
afterAll(() => deployment.dispose());

/** A process that writes its name down when it ends. */
const process = (name: string, version: number, dependencies: string): string => `
  ${name}.pkg = create {
    instanceName = "${name}";
    foregroundProcess = "/bin/sh";
    args = [ "-c" "trap 'echo ${name} >>${log}; exit 0' TERM; while :; do sleep 0.05; done" ];
    environment.VERSION = "${String(version)}";
    dependencies = [ ${dependencies} ];
    overrides.supervisord.startsecs = 0;
  };`;

const deploy = async (manager: string, ...processes: readonly string[]) => {
  const model = join(deployment.directory, 'processes.nix');
  await writeFile(
    model,
    `{ pkgs, stateDir, runtimeDir, logDir, tmpDir, forceDisableUserChange, processManager }:
let
  create = import ./nix-processmgmt/nixproc/create-managed-process/universal/create-managed-process-universal.nix {
    inherit pkgs stateDir runtimeDir logDir tmpDir forceDisableUserChange processManager;
  };
in
rec {${processes.join('')}
}
`,
  );
  return deployment.succeed('switch', '-P', manager, ...sleeperOptions(deployment), model);
};

test.each([
  ['sysvinit', 'sysvinit'],
  ['supervisord', 'supervisord'],
  ['disnix', 'supervisord'],
])('from %s to %s, what is replaced ends before what it depended on until then', async (before, after) => {
  await deploy(before, process('database', 1, ''), process('application', 1, 'database.pkg'));
  writeFileSync(log, '');
  // Without the database, and without a word of it.
  await deploy(after, process('application', 2, ''));
  expect(readFileSync(log, 'utf8')).toBe('application\ndatabase\n');
});
