import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parsePlanDocument } from '../../src/plan/plan-document.js';
import { accounts } from '../support/accounts.js';
import { createDeployment, type Deployment } from '../support/deployment.js';
import { switchAsPlanned } from '../support/plans.js';
import { statusOf } from '../support/status.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.js';

/** cygrunsrv for a Windows that runs nothing: a service is a file named after it, with its state. */
const cygrunsrv = (state: string): string => `#!/bin/bash
services=${state}/services
fail() {
  printf 'cygrunsrv: Error %s a service: OpenService:  Win32 error %s:\\nSo it is.\\n' "$1" "$2" >&2
  exit 1
}
mkdir -p "$services"
[ "$1" = --list ] || printf '%s\n' "$1 $2" >>${state}/calls
case $1 in
  --list)
    for name in $(ls "$services"); do
      printf '%-20s: %s\\r\\n' Service "$name" 'Current State' "$(cat "$services/$name")"
      echo
    done ;;
  --install) [ ! -e "$services/$2" ] || fail installing 1073; echo Stopped >"$services/$2" ;;
  --start) [ -e "$services/$2" ] || fail starting 1060; echo Running >"$services/$2" ;;
  --stop) [ -e "$services/$2" ] || fail stopping 1060; echo Stopped >"$services/$2" ;;
  --remove) rm "$services/$2" 2>/dev/null || fail removing 1060 ;;
  *) exit 1 ;;
esac
`;

const [account] = accounts;
if (account === undefined) throw new Error('nobody can run the tests');

// The tests are one story: each goes on where the one before has ended.
describe('a deployment under a stand-in for Windows', () => {
  let place: TemporaryDirectory;
  let deployment: Deployment;
  const deploy = (messages: Readonly<Record<string, string>> = {}) =>
    switchAsPlanned(deployment, '-P', 'cygrunsrv', ...deployment.modelOptions(messages), deployment.model);
  /** The beginnings of the calls that changed something. */
  const calls = (): readonly string[] => {
    const file = join(place.path, 'state', 'calls');
    const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
    writeFileSync(file, '');
    return lines;
  };

  beforeAll(async () => {
    place = await makeTemporaryDirectory();
    const state = join(place.path, 'state');
    for (const directory of [state, join(place.path, 'bin')]) {
      mkdirSync(directory);
      chmodSync(directory, 0o777);
    }
    writeFileSync(join(place.path, 'bin', 'cygrunsrv'), cygrunsrv(state), { mode: 0o755 });
    deployment = await createDeployment(account, 'webapps', {
      PATH: `${join(place.path, 'bin')}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin`,
    });
  });
  afterAll(async () => {
    await deployment.dispose();
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
    const made = calls();
    const services = ['nix-process-nginx', 'nix-process-webapp1', 'nix-process-webapp2'];
    expect(made.slice(0, 3).sort()).toEqual(services.map((service) => `--install ${service}`));
    expect(made.slice(3).sort()).toEqual(services.map((service) => `--start ${service}`));
    // Those of a level are started at once.
    expect(made.at(-1)).toBe('--start nix-process-nginx');
    for (const { state } of (await statusOf(deployment)).values()) expect(state).toBe('running');
  });

  test('a second switch does nothing and says so', async () => {
    expect((await deploy()).stderr).toContain('nothing to do');
    expect(calls()).toEqual([]);
  });

  test('a changed service is installed anew while what depends on it is down', async () => {
    await deploy({ webapp2: 'Changed' });
    expect(calls()).toEqual([
      ...['--stop nix-process-nginx', '--stop nix-process-webapp2', '--remove nix-process-webapp2'],
      ...['--install nix-process-webapp2', '--start nix-process-webapp2', '--start nix-process-nginx'],
    ]);
  });

  test('a rollback runs what ran before', async () => {
    await deployment.succeed('rollback');
    expect(calls()).toContain('--install nix-process-webapp2');
  });

  test('an undeployment stops dependents first, and leaves no service', async () => {
    await deployment.succeed('undeploy');
    expect(calls()[0]).toBe('--stop nix-process-nginx');
    expect(readdirSync(join(place.path, 'state', 'services'))).toEqual([]);
  });
});
