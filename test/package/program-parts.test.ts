import { chmod, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createRun } from '../../src/system/run.js';
import { copyTool } from '../support/installation.js';
import { repository } from '../support/repository.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.js';

let directory: TemporaryDirectory;
beforeAll(async () => {
  directory = await makeTemporaryDirectory();
});
afterAll(() => directory.remove());

/** The files that a part of the program was made of. */
const sourcesOf = async (part: string): Promise<readonly string[]> => {
  const { sources } = JSON.parse(await readFile(join(repository, 'dist', `${part}.map`), 'utf8')) as {
    readonly sources: readonly string[];
  };
  return sources.filter((source) => source.startsWith('../'));
};

test('no module is in both parts, where it would be two', async () => {
  const later = new Set(await sourcesOf('later.js'));
  expect((await sourcesOf('program.js')).filter((source) => later.has(source))).toEqual([]);
});

test('what is loaded before Nix is started has neither schemas nor process managers in it', async () => {
  const heavy = /node_modules\/zod\/|src\/backends\/(?!registry\.ts)/;
  expect(await sourcesOf('later.js')).toContainEqual(expect.stringMatching(heavy));
  expect((await sourcesOf('program.js')).filter((source) => heavy.test(source))).toEqual([]);
});

test.each([['build', '--no-out-link'], ['switch'], ['plan'], ['eval']])(
  '%s starts Nix without the part that is loaded later',
  async (...command) => {
    const place = join(directory.path, command.join(' '));
    const bin = join(place, 'path');
    const tool = join(place, 'tool');
    await mkdir(bin, { recursive: true });
    await copyTool(tool);
    for (const file of await readdir(join(tool, 'dist'))) {
      if (file.startsWith('later.js')) await rm(join(tool, 'dist', file));
    }
    await writeFile(join(bin, 'nix-instantiate'), `#!/bin/sh\n: >'${place}/started'\n`);
    await chmod(join(bin, 'nix-instantiate'), 0o755);
    await writeFile(join(place, 'processes.nix'), '{ }');
    const result = await createRun({
      PATH: `${bin}:${process.env['PATH'] ?? ''}`,
      HOME: place,
      NIX_USER_PROFILE_DIR: join(place, 'profiles'),
    })({
      file: process.execPath,
      args: [
        join(tool, 'bin', 'nix-processmgmt-ts'),
        ...command,
        ...['-P', 'sysvinit', '--state-dir', join(place, 'state'), join(place, 'processes.nix')],
      ],
    });
    expect(await readdir(place)).toContain('started');
    expect(result.stderr).toContain('later.js');
  },
);
