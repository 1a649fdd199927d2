import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startWindows, type RunningWindows } from '../backends/cygrunsrv/support/running-windows.js';
import { parsePlanDocument } from '../../src/plan/plan-document.js';
import { accounts } from '../support/accounts.js';
import { createDeployment, type Deployment } from '../support/deployment.js';
import { switchAsPlanned } from '../support/plans.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.js';

const [account] = accounts;
if (account === undefined) throw new Error('nobody can run the tests');

// The tests are one story: each goes on where the one before has ended.
describe('what Windows is told about a deployment', () => {
  let place: TemporaryDirectory;
  let windows: RunningWindows;
  let deployment: Deployment;
  const deploy = (messages: Readonly<Record<string, string>> = {}) =>
    switchAsPlanned(deployment, '-P', 'cygrunsrv', ...deployment.modelOptions(messages), deployment.model);
  beforeAll(async () => {
    place = await makeTemporaryDirectory();
    windows = await startWindows(account);
    deployment = await createDeployment(account, 'webapps', windows.environment);
  });
  afterAll(async () => {
    await deployment.dispose();
    windows.end();
    await windows.remove();
    await place.remove();
  });

  test('a plan says what the manager cannot express', async () => {
    const model = join(place.path, 'processes.nix');
    writeFileSync(
      model,
      `{ pkgs ? import <nixpkgs> { }, stateDir, runtimeDir, logDir, tmpDir, processManager }:
      let
        createManagedProcess =
          import <nix-processmgmt/nixproc/create-managed-process/universal/create-managed-process-universal.nix> {
            inherit pkgs stateDir runtimeDir logDir tmpDir processManager;
          };
      in
      { web.pkg = createManagedProcess { name = "web"; process = "/bin/web"; credentials.groups.web = { }; }; }
      `,
    );
    const { stdout } = await deployment.succeed(
      ...['plan', '-P', 'cygrunsrv', '--json', '--state-dir', join(deployment.directory, 'state'), model],
    );
    expect(parsePlanDocument(stdout, 'stdout').notes).toContain(
      'web: cygrunsrv makes no users and groups: those of the model have to be accounts of Windows already',
    );
  });

  test('a switch installs every service and starts it, what others depend on first', async () => {
    await deploy();
    const made = windows.calls();
    const services = ['nix-process-nginx', 'nix-process-webapp1', 'nix-process-webapp2'];
    expect(made.slice(0, 3).sort()).toEqual(services.map((service) => `--install ${service}`));
    expect(made.slice(3).sort()).toEqual(services.map((service) => `--start ${service}`));
    // Those of a level are started at once.
    expect(made.at(-1)).toBe('--start nix-process-nginx');
  });

  test('a changed service is installed anew while what depends on it is down', async () => {
    await deploy({ webapp2: 'Changed' });
    expect(windows.calls()).toEqual([
      ...['--stop nix-process-nginx', '--stop nix-process-webapp2', '--remove nix-process-webapp2'],
      ...['--install nix-process-webapp2', '--start nix-process-webapp2', '--start nix-process-nginx'],
    ]);
  });

  test('an undeployment stops dependents first, and leaves no service', async () => {
    await deployment.succeed('undeploy');
    expect(windows.calls()[0]).toBe('--stop nix-process-nginx');
    expect(windows.services()).toEqual([]);
  });
});
