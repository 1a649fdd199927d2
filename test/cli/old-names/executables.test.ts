import { readFile, readdir, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { oldCommands } from '../../../src/cli/old-names/old-commands.js';
import type { RunResult } from '../../../src/system/ports.js';
import { createRun } from '../../../src/system/run.js';
import { repository } from '../../support/repository.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../../support/temporary-directory.js';

let directory: TemporaryDirectory;
beforeAll(async () => {
  directory = await makeTemporaryDirectory();
});
afterAll(() => directory.remove());

const environment = (): Record<string, string | undefined> => {
  const nix = join(directory.path, 'nix');
  return {
    PATH: process.env['PATH'],
    HOME: directory.path,
    NIX_USER_PROFILE_DIR: join(directory.path, 'profiles'),
    NIX_REMOTE: 'local',
    NIX_STORE_DIR: join(nix, 'store'),
    NIX_STATE_DIR: join(nix, 'var', 'nix'),
    NIX_LOG_DIR: join(nix, 'var', 'log'),
    NIX_CONFIG: 'substitute = false',
  };
};
const call = (name: string, args: readonly string[], env: Record<string, string> = {}): Promise<RunResult> =>
  createRun({ ...environment(), ...env })({
    file: process.execPath,
    args: [name.includes('/') ? name : join(repository, 'bin', name), ...args],
    cwd: directory.path,
  });

const names = oldCommands.map(({ name }) => name).sort();

test('bin and package.json have an executable for every command (npm run old-names writes them)', async () => {
  // The package is one of ES modules, whose loader takes its time; what bin has is CommonJS.
  const bin = (await readdir(join(repository, 'bin'))).filter((name) => name !== 'package.json');
  expect(bin.sort()).toEqual(['nix-processmgmt-ts', ...names]);
  const description = JSON.parse(await readFile(join(repository, 'package.json'), 'utf8')) as {
    bin: Record<string, string>;
  };
  expect(description.bin).toEqual({
    ...Object.fromEntries(bin.map((name) => [name, `bin/${name}`])),
    'nixproc-chainload-user': 'nix/tools/nixproc-chainload-user',
  });
  for (const name of names) {
    expect(await readFile(join(repository, 'bin', name), 'utf8')).toBe(
      "#!/usr/bin/env node\nrequire('../dist/nixproc.js');\n",
    );
    expect((await stat(join(repository, 'bin', name))).mode & 0o111).toBe(0o111);
  }
});

test.each(names)('%s --help shows how it is called and every option', async (name) => {
  const { exitCode, stdout, stderr } = await call(name, ['--help']);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout).toMatch(new RegExp(`^Usage: ${name} `));
  for (const { name: option } of oldCommands.find((command) => command.name === name)?.options ?? []) {
    expect(stdout).toContain(`--${option}`);
  }
});

test('a link with another name leads to the command, too', async () => {
  const link = join(directory.path, 'init');
  await symlink(join(repository, 'bin', 'nixproc-init-state'), link);
  expect((await call(link, ['--help'])).stdout).toContain('Usage: nixproc-init-state');
});

test('a wrong option is an error with words and without a stack', async () => {
  const { exitCode, stdout, stderr } = await call('nixproc-sysvinit-switch', ['--nonsense']);
  expect({ exitCode, stdout, stderr }).toEqual({
    exitCode: 2,
    stdout: '',
    stderr: 'error: There is no option --nonsense\n',
  });
});

test('NIXPROC is not needed, and a note says so', async () => {
  const { exitCode, stdout, stderr } = await call('nixproc-sysvinit-switch', ['--list-generations'], { NIXPROC: '/x' });
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' });
  expect(stderr).toBe('note: NIXPROC is set, but not needed: the framework is built in\n');
});

test('user changes that are disabled, and every directory, reach what activation works from', async () => {
  const kinds = ['state', 'runtime', 'log', 'tmp', 'cache', 'spool', 'lock', 'lib'];
  const built = async (args: readonly string[], env: Record<string, string>): Promise<unknown> => {
    const { exitCode, stdout, stderr } = await call(
      'nixproc-build',
      ['-P', 'sysvinit', '--undeploy', '--no-out-link', ...args],
      env,
    );
    if (exitCode !== 0) throw new Error(stderr);
    return JSON.parse(await readFile(join(stdout.trim(), 'share/nix-processmgmt-ts/manifest.json'), 'utf8'));
  };
  const expected = {
    forceDisableUserChange: true,
    directories: Object.fromEntries(kinds.map((kind) => [`${kind}Dir`, `/of/${kind}`])),
  };
  const options = [...kinds.map((kind) => `--${kind}-dir=/of/${kind}`), '--force-disable-user-change'];
  expect(await built(options, {})).toMatchObject(expected);
  expect(
    await built([], {
      ...Object.fromEntries(kinds.map((kind) => [`NIXPROC_${kind.toUpperCase()}_DIR`, `/of/${kind}`])),
      NIXPROC_FORCE_DISABLE_USER_CHANGE: '1',
    }),
  ).toMatchObject(expected);
  expect(await built(options, { NIXPROC_STATE_DIR: '/of/the/variable' })).toMatchObject(expected);
});
