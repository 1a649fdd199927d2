import { chmod, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sampleEvaluation } from '../../src/cli/code-cache/sample-evaluation.js';
import { makeStandIns } from '../../src/cli/code-cache/stand-ins.js';
import type { RunResult } from '../../src/system/ports.js';
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

const parts = ['program.js', 'unchanged.js', 'later.js'];

test('no module is in two parts, where it would be two', async () => {
  const sources = (await Promise.all(parts.map(sourcesOf))).flat();
  expect(sources.length).toBeGreaterThan(100);
  expect(sources.filter((source, index) => sources.indexOf(source) !== index)).toEqual([]);
});

test('what is loaded before Nix is started has neither schemas nor process managers in it', async () => {
  const heavy = /node_modules\/zod\/|src\/backends\/(?!registry\.ts)/;
  expect(await sourcesOf('unchanged.js')).toContainEqual(expect.stringMatching(heavy));
  expect((await sourcesOf('program.js')).filter((source) => heavy.test(source))).toEqual([]);
});

test.each([['build', '--no-out-link'], ['switch'], ['plan'], ['eval']])(
  '%s starts Nix without the parts that are loaded meanwhile',
  async (...command) => {
    const place = join(directory.path, command.join(' '));
    const bin = join(place, 'path');
    const tool = join(place, 'tool');
    await mkdir(bin, { recursive: true });
    await copyTool(tool);
    for (const file of await readdir(join(tool, 'dist'))) {
      if (/^(?:unchanged|later)\.js/.test(file)) await rm(join(tool, 'dist', file));
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
    expect(result.stderr).toMatch(/unchanged\.js|later\.js/);
  },
);

test('a switch that changes nothing needs no part that renders', async () => {
  const place = join(directory.path, 'unchanged');
  const tool = join(place, 'tool');
  await copyTool(tool);
  const model = join(place, 'processes.nix');
  await writeFile(model, sampleEvaluation({ application: [] }));
  const units = join(place, 'units');
  await mkdir(units);
  const env = {
    PATH: `${makeStandIns(place)}:${process.env['PATH'] ?? ''}`,
    HOME: place,
    NIX_USER_PROFILE_DIR: join(place, 'profiles'),
    SYSTEMD_TARGET_DIR: units,
    NIXPROC_SETTLE: '0',
  };
  await mkdir(env.NIX_USER_PROFILE_DIR);
  const switchAgain = (): Promise<RunResult> =>
    createRun(env)({
      file: process.execPath,
      args: [
        ...[join(tool, 'bin', 'nix-processmgmt-ts'), 'switch', '-P', 'systemd', '--force-disable-user-change'],
        ...['--state-dir', join(place, 'state'), model],
      ],
    });

  expect(await switchAgain()).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('starting application') });
  for (const file of await readdir(join(tool, 'dist'))) {
    if (file.startsWith('later.js')) await rm(join(tool, 'dist', file));
  }
  expect(await switchAgain()).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('nothing to do') });
});
