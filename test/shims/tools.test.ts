import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { managerNames } from '../../src/backends/registry.js';
import { isRoot } from '../support/is-root.js';
import { repository } from '../support/repository.js';
import { createCheckout, nixDirectory, type Checkout } from './support/checkout.js';

jest.setTimeout(120_000);

let checkout: Checkout;
beforeAll(async () => {
  checkout = await createCheckout();
});
afterAll(() => checkout.remove());

const tools = (...attributes: readonly string[]): Promise<readonly string[]> =>
  checkout.build(
    `let tools = import ${nixDirectory}/tools { }; in [ ${attributes.map((name) => `tools.${name}`).join(' ')} ]`,
  );

test('the tools of all managers together with the common ones are the commands that we have', async () => {
  const paths = await tools('common', ...managerNames);
  const installed = await Promise.all(paths.map((path) => readdir(join(path, 'bin'))));
  const executables = (await readdir(join(repository, 'bin'))).filter((name) => name !== 'package.json');
  expect(installed.flat().sort()).toEqual(executables.sort());
  expect(installed[1 + managerNames.indexOf('sysvinit')]).toEqual(
    expect.arrayContaining(['nixproc-sysvinit-deploy', 'nixproc-sysvinit-runactivity', 'nixproc-sysvinit-switch']),
  );
});

test('tools take the package set and the system that models pass, and work where only the store is', async () => {
  const [path = ''] = await checkout.build(
    `(import ${nixDirectory}/tools { pkgs = import <nixpkgs> { }; system = builtins.currentSystem; }).init-state`,
  );
  const state = join(checkout.evaluator.directory, 'state');
  const { exitCode, stderr } = await checkout.evaluator.run({
    file: join(path, 'bin', 'nixproc-init-state'),
    args: ['--state-dir', state, '--force-disable-user-change'],
  });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(await readdir(state)).toContain('log');
});

test('tools that are reached by a link have no program to install, and say so', async () => {
  await expect(checkout.build(`(import ${checkout.framework}/tools { }).common`)).rejects.toThrow(
    /The commands of nix-processmgmt-ts are not beside .*nix-processmgmt: name the nix directory of an installed/,
  );
});

(isRoot ? test : test.skip)('chainload-user runs a command as another user [needs root]', async () => {
  const [path = ''] = await tools('chainload-user');
  const command = join(path, 'bin', 'nixproc-chainload-user');
  const run = (...args: readonly string[]) => checkout.evaluator.run({ file: command, args });
  const { exitCode, stdout } = await run('nobody', '/bin/sh', '-c', 'id -un; id -G; echo "$1"', 'sh', 'two words');
  const { stdout: groups } = await checkout.evaluator.run({ file: 'id', args: ['-G', 'nobody'] });
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: `nobody\n${groups.trim()}\ntwo words\n` });
  expect((await run('nobody')).stderr).toContain('Usage: nixproc-chainload-user USER COMMAND');
  expect((await run('no-such-user', 'true')).exitCode).not.toBe(0);
});
