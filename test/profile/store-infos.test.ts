import { expect, test } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readStoreInfos } from '../../src/profile/store-infos.js';
import { ActivationError } from '../../src/system/errors.js';
import { createRun } from '../../src/system/run.js';
import { makeTemporaryDirectory } from '../support/temporary-directory.js';

/** Runs with a Nix store of its own. */
const withStore = async (
  use: (store: { readonly run: ReturnType<typeof createRun>; readonly directory: string }) => Promise<void>,
): Promise<void> => {
  const { path: directory, remove } = await makeTemporaryDirectory();
  const run = createRun({
    ...process.env,
    NIX_REMOTE: 'local',
    NIX_STORE_DIR: join(directory, 'store'),
    NIX_STATE_DIR: join(directory, 'var'),
    NIX_LOG_DIR: join(directory, 'log'),
    NIX_CONFIG: 'substitute = false',
  });
  try {
    await use({ run, directory });
  } finally {
    await remove();
  }
};

test('real store paths are described with size, references and whether they were built', () =>
  withStore(async ({ run, directory }) => {
    await writeFile(
      join(directory, 'default.nix'),
      `derivation {
        name = "tool-1.2";
        system = builtins.currentSystem;
        builder = "/bin/sh";
        args = [ "-c" "echo \${builtins.toFile "text" "hello"} > $out" ];
      }`,
    );
    const { stdout, stderr } = await run({
      file: 'nix-build',
      args: [
        join(directory, 'default.nix'),
        '--no-out-link',
        ...['--option', 'sandbox', 'false', '--option', 'build-users-group', ''],
      ],
    });
    const tool = stdout.trim();
    if (tool === '') throw new Error(stderr);
    const text = (await readFile(tool, 'utf8')).trim();
    const infos = await readStoreInfos([tool], { run });
    expect([...infos.keys()].sort()).toEqual([tool, text].sort());
    expect(infos.get(tool)).toMatchObject({ references: [text], wasBuilt: true });
    expect(infos.get(text)).toMatchObject({ references: [], wasBuilt: false });
    // The NAR of a file has a fixed frame around its content, which is padded to eight bytes.
    expect(infos.get(text)?.size).toBe(120);
  }));

test('a path that is not in the store is an error in the words of Nix', () =>
  withStore(async ({ run, directory }) => {
    const missing = join(directory, 'store', `${'0'.repeat(32)}-missing`);
    const error: unknown = await readStoreInfos([missing], { run }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ActivationError);
    expect((error as ActivationError).why).toContain('is not valid');
  }));

test('nothing is asked about no paths', async () => {
  const run = (): Promise<never> => Promise.reject(new Error('nothing was to be run'));
  expect(await readStoreInfos([], { run })).toEqual(new Map());
});
