import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { repository } from '../support/repository.js';
import { createCheckout, nixDirectory, type Checkout } from './support/checkout.js';

jest.setTimeout(120_000);

let checkout: Checkout;
beforeAll(async () => {
  checkout = await createCheckout();
});
afterAll(() => checkout.remove());

test('every expression of the framework is there, or it is said what to use instead', async () => {
  // The files of the framework (revision 0e9ec77). Those that are no expressions only it reads itself.
  const tree = await readFile(join(repository, 'test/shims/support/framework-tree.txt'), 'utf8');
  const paths = tree.split('\n').filter((path) => path.endsWith('.nix'));
  const expression = join(checkout.framework, '..', 'work', 'tree.nix');
  await writeFile(
    expression,
    `map (path: {
      inherit path;
      exists = builtins.pathExists (${nixDirectory} + "/\${path}");
      instead = import ${nixDirectory}/instead.nix "/nowhere/\${path}";
      directory = import ${nixDirectory}/instead.nix (dirOf "/nowhere/\${path}");
    }) [ ${paths.map((path) => `"${path}"`).join(' ')} ]`,
  );
  const { stdout } = await checkout.nix('nix-instantiate', '--eval', '--strict', '--json', expression);
  const answers = JSON.parse(stdout) as {
    readonly path: string;
    readonly exists: boolean;
    readonly instead: string | null;
    readonly directory: string | null;
  }[];
  expect(answers).toHaveLength(paths.length);
  const unanswered = answers.filter(
    ({ path, exists, instead, directory }) =>
      !exists && (instead === null || (path.endsWith('/default.nix') && directory === null)),
  );
  expect(unanswered).toEqual([]);
});

test.each([
  ['nixproc/test-driver/util/execute-deploy.nix', 'test-driver/universal.nix makes machines'],
  ['nixproc/create-image-from-steps/create-multi-process-image.nix', '-P docker runs each process'],
  ['nixproc/backends/disnix/services-adapter.nix', '--engine disnix'],
  ['nixproc/backends/docker/test-module/processes-docker.nix', 'runs the process managers itself'],
  ['nixproc/backends/util', 'create-managed-process-universal.nix'],
  ['examples/services-agnostic/constructors/constructors.nix', 'name a checkout of it'],
])('a model that imports %s learns what to use instead', async (path, words) => {
  await expect(
    checkout.evaluator.evaluateInstances(`{ webapp.pkg = import ../nowhere/${path} { inherit pkgs; }; }`),
  ).rejects.toMatchObject({ why: expect.stringContaining(words) });
});

test('the web applications of the examples, and each directory of the tools, are there for a model', async () => {
  const { model } = await checkout.evaluator.evaluateFiles(
    {
      'processes.nix': `
      { pkgs ? import <nixpkgs> { }, stateDir ? "/var", runtimeDir ? "/run", logDir ? "/var/log", tmpDir ? "/tmp"
      , forceDisableUserChange ? false, processManager }:
      let
        given = { inherit pkgs stateDir runtimeDir logDir tmpDir forceDisableUserChange processManager; };
        constructorsOf = webappMode:
          import ${nixDirectory}/examples/webapps-agnostic/constructors/constructors.nix (given // { inherit webappMode; });
        createManagedProcess =
          import ${nixDirectory}/nixproc/create-managed-process/universal/create-managed-process-universal.nix given;
      in
      {
        any.pkg = (constructorsOf null).webapp { port = 5000; };
        daemon.pkg = (constructorsOf "daemon").webapp { port = 5001; instanceSuffix = "1"; };
        tool.pkg = createManagedProcess {
          name = "tool";
          process = "\${import ${nixDirectory}/tools/idassign { }}/bin/nixproc-id-assign";
        };
      }`,
    },
    { includePaths: [] },
  );
  expect(model.instances.map(({ name, process }) => [name, process])).toMatchObject([
    ['webapp', { foreground: { args: [] }, daemon: { args: ['-D'] }, pidFile: '/tmp/webapp.pid' }],
    ['webapp1', { foreground: null, environment: { PORT: '5001' } }],
    ['tool', { daemon: { executable: expect.stringMatching(/-nixproc-tools-id-assign\/bin\/nixproc-id-assign$/) } }],
  ]);
});
