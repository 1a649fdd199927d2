import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { managerNames } from '../../src/backends/registry.js';
import type { RunResult } from '../../src/system/ports.js';
import { createEvaluator, type Evaluator } from '../evaluate/support/evaluation.js';
import { isRoot } from '../support/is-root.js';
import { repository } from '../support/repository.js';

const services = join(repository, 'nix', 'services');
const suites = readdirSync(join(services, 'tests'))
  .filter((name) => name.endsWith('-processes.nix'))
  .map((name) => name.replace('-processes.nix', ''));

let evaluator: Evaluator;
let nixpkgs: string;
beforeAll(async () => {
  evaluator = await createEvaluator('sandbox = false\nbuild-users-group =\nsubstitute = false');
  nixpkgs = join(evaluator.directory, 'nixpkgs');
  await mkdir(nixpkgs);
  // The packages of the services need not be there to be evaluated.
  const packages =
    'apacheHttpd influxdb jre mariadb mcron nginx openssh postgresql redis su subversion tomcat vsftpd xinetd';
  await writeFile(
    join(nixpkgs, 'default.nix'),
    `{ system ? builtins.currentSystem, ... }:
    let
      package = name: derivation { inherit name system; builder = "/bin/sh"; };
      names = builtins.filter builtins.isString (builtins.split " " "${packages}");
    in
    import ${repository}/nix/host-packages { inherit system; }
    // builtins.listToAttrs (map (name: { inherit name; value = package name; }) names)`,
  );
});
afterAll(() => evaluator.remove());

const tool = (...args: readonly string[]): Promise<RunResult> =>
  evaluator.run({ file: process.execPath, args: [join(repository, 'bin', 'nix-processmgmt-ts'), ...args] });

test('every constructor has a suite, and a line in the documentation', () => {
  const constructors = [...readFileSync(join(services, 'default.nix'), 'utf8').matchAll(/^ {2}(\w+) = call /gm)].map(
    ([, name = '']) => name,
  );
  const [reference = ''] = readFileSync(join(repository, 'docs', 'services.md'), 'utf8').split('## What was run');
  const documented = [...reference.matchAll(/^\| `(\w+)` /gm)].map(([, name = '']) => name);
  expect(constructors.length).toBeGreaterThan(10);
  expect(documented).toEqual(constructors);
  // That of nginx tries the proxy, too.
  expect(suites.sort()).toEqual(constructors.filter((name) => name !== 'nginxReverseProxyHostBased').sort());
});

test.each([...managerNames])('all of them are evaluated for %s, without a warning', async (manager) => {
  const model = join(evaluator.directory, 'processes.nix');
  await writeFile(
    model,
    `{ pkgs ? import <nixpkgs> { }, stateDir, processManager, forceDisableUserChange }:
    let
      of = service:
        let
          processes = import (${services}/tests + "/\${service}-processes.nix") {
            inherit pkgs stateDir processManager forceDisableUserChange;
          };
        in
        map (name: { name = "\${service}-\${name}"; value = processes.\${name}; }) (builtins.attrNames processes);
    in
    builtins.listToAttrs (builtins.concatLists (map of [ ${suites.map((name) => `"${name}"`).join(' ')} ]))`,
  );
  const { exitCode, stdout, stderr } = await tool('eval', '-P', manager, '-I', `nixpkgs=${nixpkgs}`, model);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout).toContain('apache-secondary');
  // Nothing listens for others unless it is told to: neither by its arguments nor by a file that Nix writes.
  expect(stdout).toContain('listen_addresses=127.0.0.1');
  expect(stdout).toContain('--bind-address=127.0.0.1');
  expect(stdout).toContain('--auth-local=peer --auth-host=scram-sha-256');
  expect(stdout).toContain('--skip-test-db');
});

test('the model in the documentation can be used as it is', async () => {
  const [, example = ''] =
    /```nix\n([\s\S]*?)```/.exec(readFileSync(join(repository, 'docs', 'services.md'), 'utf8')) ?? [];
  const model = join(evaluator.directory, 'documented.nix');
  await writeFile(model, example);
  const { exitCode, stdout, stderr } = await tool('eval', '-P', 'sysvinit', '-I', `nixpkgs=${nixpkgs}`, model);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout).toContain('max_connections=50');
});

// An ordinary user's machine cannot run systemd, and needs subordinate IDs.
(isRoot ? test : test.skip)('nginx and its proxy answer, as root and as an ordinary user', async () => {
  const { stdout } = await tool(
    ...['test', '--json', '--host-packages', '-A', 'nginx', '-P', 'sysvinit', '-P', 'supervisord'],
    join(services, 'tests'),
  );
  expect(JSON.parse(stdout)).toMatchObject({ passed: 4, failed: 0, notTried: 0 });
});
