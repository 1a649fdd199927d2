import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RunResult } from '../../src/system/ports.js';
import { accounts } from '../support/accounts.js';
import { createDeployment, type Deployment } from '../support/deployment.js';

let deployment: Deployment;
let options: readonly string[];
beforeAll(async () => {
  // Nothing is forbidden to root.
  const ordinary = accounts.at(-1);
  if (ordinary === undefined) throw new Error('there is no account to run as');
  deployment = await createDeployment(ordinary, 'webapps');
  options = ['-P', 'sysvinit', ...deployment.modelOptions()];
});
const closed: string[] = [];
afterAll(async () => {
  for (const directory of closed) await chmod(directory, 0o755);
  await deployment.dispose();
});

/** Runs the tool after shell commands; $HOME is the working directory. */
const after = (commands: string, ...args: readonly string[]): Promise<RunResult> =>
  deployment.run('sh', '-c', `${commands}\nexec "$@"`, 'sh', ...deployment.toolWords, ...args);

/** A directory of the tests' user that nobody else may enter, with a model in it. */
const closedDirectory = async (name: string): Promise<string> => {
  const directory = join(deployment.directory, name);
  await mkdir(directory);
  await writeFile(join(directory, 'processes.nix'), '{ processManager }: { }');
  await chmod(directory, 0);
  closed.push(directory);
  return directory;
};

test('the working directory may be one that the user cannot enter', async () => {
  const enter = 'mkdir -p closed && cd closed && chmod 000 .';
  const { exitCode, stderr } = await after(enter, 'plan', ...options, deployment.model);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
});

test('a directory for temporary files that is not there is named, with the variable that says so', async () => {
  const { exitCode, stderr } = await after(
    'export TMPDIR=/nonexistent',
    'build',
    '--no-out-link',
    ...options,
    deployment.model,
  );
  expect(exitCode).toBe(6);
  expect(stderr).toMatch(/^error: Temporary files cannot be made in \/nonexistent$/m);
  expect(stderr).toMatch(/fix: .*TMPDIR/);
});

test('a model that the user may not read is not said to be missing', async () => {
  const model = join(await closedDirectory('closed-model'), 'processes.nix');
  const { exitCode, stderr } = await deployment.tool('switch', ...options, model);
  expect({ exitCode, stderr }).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining(`The model ${model} cannot be read\n  why: Permission is denied`),
  });
});

test('a file that a model imports and the user may not read is named', async () => {
  const imported = join(await closedDirectory('closed-import'), 'processes.nix');
  const model = join(deployment.directory, 'importing.nix');
  await writeFile(model, `import ${imported}`);
  const { exitCode, stderr } = await deployment.tool('switch', ...options, model);
  expect(exitCode).toBe(3);
  expect(stderr).toMatch(new RegExp(`${imported}.*Permission denied`));
  expect(stderr).toMatch(/fix: Make it readable/);
});

test('a directory that has no default.nix is no model', async () => {
  const { exitCode, stderr } = await deployment.tool('switch', ...options, deployment.directory);
  expect(exitCode).toBe(2);
  expect(stderr).toContain(`There is no model ${deployment.directory}`);
});

test('whoever may not write to the profiles is told how to choose others', async () => {
  const profiles = await closedDirectory('closed-profiles');
  const { exitCode, stderr } = await after(
    `export NIX_USER_PROFILE_DIR=${profiles}`,
    'undeploy',
    '-p',
    `${profiles}/processes`,
  );
  expect(exitCode).toBe(6);
  expect(stderr).toContain('Permission is denied');
  expect(stderr).toMatch(/fix: .*NIX_USER_PROFILE_DIR/);
});

test('a result that cannot be linked is refused before anything is built', async () => {
  const { exitCode, stderr } = await deployment.tool('build', '-o', '/result', ...options, '/no/such/model');
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(/The link \/result to the profile cannot be made/);
  expect(stderr).toContain('--no-out-link');
});

test('a program that refuses its command line is quoted without all that it would take', async () => {
  const model = join(deployment.directory, 'foreground.nix');
  await writeFile(
    model,
    `{ pkgs ? import <nixpkgs> { }, stateDir ? "/var", runtimeDir ? "\${stateDir}/run", processManager }:
    let
      createManagedProcess =
        import <nix-processmgmt/nixproc/create-managed-process/universal/create-managed-process-universal.nix> {
          inherit pkgs stateDir runtimeDir processManager;
          logDir = "\${stateDir}/log";
          tmpDir = "\${stateDir}/tmp";
          forceDisableUserChange = true;
        };
    in
    { sleeper.pkg = createManagedProcess {
        name = "sleeper"; foregroundProcess = "\${pkgs.coreutils}/bin/sleep"; args = [ 1000 ]; }; }`,
  );
  // Nobody but root may write there.
  const { exitCode, stderr } = await deployment.tool('switch', ...options, '--runtime-dir=/sys', model);
  expect(exitCode).toBe(7);
  expect(stderr).toMatch(/\/sys\/.* not writable/);
  expect(stderr).not.toMatch(/usage:/i);
});
