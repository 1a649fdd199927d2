import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RunResult } from '../../src/system/ports.js';
import { createRun } from '../../src/system/run.js';
import { accounts } from '../support/accounts.js';
import { createDeployment, type Deployment } from '../support/deployment.js';
import { repository } from '../support/repository.js';

const [account] = accounts;
if (account === undefined) throw new Error('nobody can run the tests');

let deployment: Deployment;
let project: string;
const npm = (cwd: string, ...args: readonly string[]): Promise<RunResult> =>
  createRun(process.env)({ file: 'npm', args, cwd });

beforeAll(async () => {
  deployment = await createDeployment(account, 'webapps');
  project = join(deployment.directory, 'project');
  await mkdir(project);
  await writeFile(join(project, 'package.json'), '{ "private": true }');
});
afterAll(() => deployment.dispose());

test('the packed tool is installed without a network and evaluates and builds with the shims that it brings', async () => {
  // The test command has just built dist/; building it again would take it away from the other tests for a moment.
  const packed = await npm(repository, 'pack', '--ignore-scripts', '--json', '--pack-destination', project);
  expect(packed).toMatchObject({ exitCode: 0 });
  const [{ filename }] = JSON.parse(packed.stdout) as [{ filename: string }];
  expect(await npm(project, 'install', '--offline', '--ignore-scripts', `./${filename}`)).toMatchObject({
    exitCode: 0,
  });

  const tool = join(project, 'node_modules', '.bin', 'nix-processmgmt-ts');
  // As npm links it: the commands' other names are told apart by the name that they are called by.
  const help = await deployment.run(join(project, 'node_modules', '.bin', 'nixproc-sysvinit-switch'), '--help');
  expect(help).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Usage: nixproc-sysvinit-switch ') });
  const built = await deployment.run(
    tool,
    ...['build', '-P', 'sysvinit', '--no-out-link', '--host-packages', ...deployment.modelOptions(), deployment.model],
  );
  expect(built).toMatchObject({ exitCode: 0 });
  expect(built.stdout).toMatch(/-processes\n$/);

  const shims = join(project, 'node_modules', 'nix-processmgmt-ts', 'nix', 'nixproc');
  const builtByNix = await deployment.run(
    'nix-build',
    ...[
      join(shims, 'backends', 'sysvinit', 'build-sysvinit-env.nix'),
      '--no-out-link',
      '--arg',
      'hostPackages',
      'true',
    ],
    ...['--argstr', 'exprFile', deployment.model, '--argstr', 'node', process.execPath],
    ...['--option', 'sandbox', 'false', '--option', 'build-users-group', ''],
  );
  expect(builtByNix).toMatchObject({ exitCode: 0 });
  expect(builtByNix.stdout).toMatch(/-processes\n$/);
});
