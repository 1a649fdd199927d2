import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunResult } from '../../../../src/system/ports.js';
import { asAccount, type Account } from '../../../support/accounts.js';
import { createDeployment, type Deployment } from '../../../support/deployment.js';
import { statusOf } from '../../../support/status.js';
import { bootSystemd, type SystemdNamespace } from '../../../support/systemd-namespace.js';
import { makeTemporaryDirectory } from '../../../support/temporary-directory.js';
import { createRun } from '../../../../src/system/run.js';

/** Whose systemd the tests work with. */
export type Whose = 'system' | 'user';

/** A real systemd with a deployment in it, which is told models as Nix texts. */
export interface Machine {
  readonly namespace: SystemdNamespace;
  readonly deployment: Deployment;
  /** Where systemd's units are linked into. */
  readonly unitDirectory: string;
  /** Writes the model: instances as Nix expressions that may use `create`, `createDirectly` and the other instances. */
  readonly writeModel: (instances: Readonly<Record<string, string>>) => Promise<void>;
  /** Writes the model and switches to it. */
  readonly deploy: (instances: Readonly<Record<string, string>>, ...options: readonly string[]) => Promise<RunResult>;
  /** The same for what has to succeed; returns what was said. */
  readonly mustDeploy: (instances: Readonly<Record<string, string>>) => Promise<string>;
  /** systemctl as an operator uses it; throws when it fails. */
  readonly systemctl: (...args: readonly string[]) => Promise<string>;
  readonly property: (unit: string, property: string) => Promise<string>;
  /** Every unit of ours that systemd has loaded, with its ActiveState. */
  readonly loadedUnits: () => Promise<Readonly<Record<string, string>>>;
  /** "state detail" of each instance. */
  readonly states: () => Promise<Readonly<Record<string, string>>>;
  /** Main PIDs, as systemd tells them. */
  readonly pids: (...names: readonly string[]) => Promise<readonly string[]>;
  /** What is in the directory of the units, masks of the namespace left out. */
  readonly unitFiles: () => Promise<readonly string[]>;
  readonly dispose: () => Promise<void>;
}

const header = `
{ pkgs, stateDir, runtimeDir, logDir, tmpDir, forceDisableUserChange, processManager }:
let
  framework = ./nix-processmgmt/nixproc;
  create = import "\${toString framework}/create-managed-process/universal/create-managed-process-universal.nix" {
    inherit pkgs stateDir runtimeDir logDir tmpDir forceDisableUserChange processManager;
  };
  createDirectly = import "\${toString framework}/backends/systemd/create-systemd-service.nix" {
    inherit (pkgs) stdenv;
    inherit forceDisableUserChange;
  };
  createWith = import "\${toString framework}/backends/systemd/create-systemd-service.nix";
in
rec {
`;

/** A service that does nothing until it is stopped; further properties in Nix. */
export const sleeper = (name: string, properties = ''): string =>
  `create { name = "${name}"; foregroundProcess = "/bin/sleep"; args = [ "infinity" ]; ${properties} }`;

/** A service that a shell runs. */
export const shellService = (name: string, commands: string, properties = ''): string =>
  `create { name = "${name}"; foregroundProcess = "/bin/sh"; args = [ "-c" ''${commands}'' ]; ${properties} }`;

export const createMachine = async (whose: Whose, root: Account): Promise<Machine> => {
  const namespace = await bootSystemd();
  const home = await makeTemporaryDirectory();
  const account = whose === 'system' ? namespace.accountInside(root) : await namespace.addUser(home.path);
  await namespace.mustRun('chown', `${account.uid}:${account.gid}`, home.path);
  const deployment = await createDeployment(account, 'webapps');
  const model = join(deployment.directory, 'processes.nix');
  const scope = whose === 'user' ? ['--user'] : [];
  const unitDirectory = whose === 'system' ? '/etc/systemd/system' : join(home.path, '.config/systemd/user');
  const runHere = createRun(process.env);

  const systemctl: Machine['systemctl'] = async (...args) => {
    const { exitCode, stdout, stderr } = await runHere(asAccount(account, 'systemctl', [...scope, ...args]));
    if (exitCode !== 0) throw new Error(`systemctl ${args.join(' ')}: exit code ${exitCode}\n${stdout}${stderr}`);
    return stdout.trim();
  };
  const property: Machine['property'] = (unit, name) => systemctl('show', '--value', `--property=${name}`, unit);
  const writeModel: Machine['writeModel'] = (instances) =>
    writeFile(
      model,
      `${header}${Object.entries(instances)
        .map(([name, pkg]) => `  ${name} = { pkg = ${pkg}; };\n`)
        .join('')}}\n`,
    );
  const options = [
    '--host-packages',
    `--state-dir=${deployment.stateDir}`,
    ...(whose === 'user' ? ['--force-disable-user-change'] : []),
  ];
  const switchTo = (...more: readonly string[]) => ['switch', '-P', 'systemd', ...options, ...more, model];
  const deploy: Machine['deploy'] = async (instances, ...more) => {
    await writeModel(instances);
    return deployment.tool(...switchTo(...more));
  };
  return {
    namespace,
    deployment,
    unitDirectory,
    writeModel,
    deploy,
    mustDeploy: async (instances) => {
      await writeModel(instances);
      return (await deployment.succeed(...switchTo())).stderr;
    },
    systemctl,
    property,
    loadedUnits: async () =>
      Object.fromEntries(
        (await systemctl('list-units', '--all', '--plain', '--no-legend', 'nix-process-*', 'nix-processmgmt-*'))
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => line.split(/\s+/))
          .map(([unit = '', , active = '']) => [unit, active]),
      ),
    states: async () =>
      Object.fromEntries([...(await statusOf(deployment))].map(([instance, { state }]) => [instance, state])),
    pids: (...names) => Promise.all(names.map((name) => property(`nix-process-${name}.service`, 'MainPID'))),
    unitFiles: async () =>
      (await namespace.mustRun('find', unitDirectory, '-mindepth', '1', '!', '-lname', '/dev/null', '-printf', '%P\n'))
        .split('\n')
        .filter((line) => line !== '')
        .sort(),
    dispose: async () => {
      await deployment.dispose();
      await namespace.dispose();
      await home.remove();
    },
  };
};
