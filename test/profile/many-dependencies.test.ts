import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { accounts } from '../support/accounts.js';
import { createDeployment } from '../support/deployment.js';

const account = accounts.at(-1);

const model = `
{ pkgs, stateDir, runtimeDir, logDir, tmpDir, forceDisableUserChange, processManager }:
let
  create = import ./nix-processmgmt/nixproc/create-managed-process/universal/create-managed-process-universal.nix {
    inherit pkgs stateDir runtimeDir logDir tmpDir forceDisableUserChange processManager;
  };
  sleeper = instanceName: dependencies:
    create { inherit instanceName dependencies; foregroundProcess = "/bin/sleep"; args = [ "1000" ]; };
  names = builtins.genList (number: "a-service-with-a-rather-long-name-\${toString number}") 700;
  services = builtins.listToAttrs (map (name: { inherit name; value.pkg = sleeper name [ ]; }) names);
in
services // { all.pkg = sleeper "all" (map (name: services.\${name}.pkg) names); }
`;

test('a process that depends on seven hundred others is built', async () => {
  if (account === undefined) throw new Error('there is no account to run as');
  const deployment = await createDeployment(account, 'webapps');
  try {
    const file = join(deployment.directory, 'processes.nix');
    await writeFile(file, model);
    const { stdout } = await deployment.succeed(
      ...['build', '-P', 'systemd', '--no-out-link', '--host-packages', `--state-dir=${deployment.stateDir}`],
      ...['--force-disable-user-change', file],
    );
    const unit = await readFile(join(stdout.trim(), 'etc/systemd/system/nix-process-all.service'), 'utf8');
    for (const property of ['Wants', 'After']) {
      const lines = unit.split('\n').filter((line) => line.startsWith(`${property}=`));
      const names = lines.flatMap((line) => line.slice(property.length + 1).split(' '));
      expect(new Set(names.filter((name) => name.startsWith('nix-process-a-service-with'))).size).toBe(700);
    }
  } finally {
    await deployment.dispose();
  }
});
