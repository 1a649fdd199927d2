import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, chmod, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sampleEvaluation } from '../../src/cli/code-cache/sample-evaluation.js';
import { makeStandIns } from '../../src/cli/code-cache/stand-ins.js';
import { createRun } from '../../src/system/run.js';
import { copyTool } from '../support/installation.js';
import { repository } from '../support/repository.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.js';
import { eventually } from '../support/waiting.js';

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
  const heavy = /node_modules\/zod\/|src\/backends\/(?!registry\.ts|[^/]+\/facts\.ts)/;
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

/** A copy of the tool that deploys one process to a systemd which is none. */
const makePlace = async (name: string) => {
  const place = join(directory.path, name);
  const tool = join(place, 'tool');
  await copyTool(tool);
  const model = join(place, 'processes.nix');
  await writeFile(model, sampleEvaluation({ application: [] }));
  const bin = makeStandIns(place);
  const env = {
    PATH: `${bin}:${process.env['PATH'] ?? ''}`,
    HOME: place,
    NIX_USER_PROFILE_DIR: join(place, 'profiles'),
    SYSTEMD_TARGET_DIR: join(place, 'units'),
    NIXPROC_SETTLE: '0',
  };
  for (const path of [env.NIX_USER_PROFILE_DIR, env.SYSTEMD_TARGET_DIR]) await mkdir(path);
  const argv = [
    ...[process.execPath, join(tool, 'bin', 'nix-processmgmt-ts'), 'switch', '-P', 'systemd'],
    ...['--force-disable-user-change', '--state-dir', join(place, 'state'), model],
  ] as const;
  return {
    path: place,
    bin,
    /** Starts a switch. */
    begin: (...options: readonly string[]) => {
      const [node, ...args] = argv;
      const child = spawn(node, [...args, ...options], { env, stdio: ['ignore', 'ignore', 'pipe'] });
      let stderr = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
      return {
        stderr: () => stderr,
        end: async () => {
          const [exitCode] = (await once(child, 'close')) as [number | null];
          return { exitCode, stderr };
        },
      };
    },
    removeParts: async (pattern: RegExp): Promise<void> => {
      for (const file of await readdir(join(tool, 'dist'))) {
        if (pattern.test(file)) await rm(join(tool, 'dist', file));
      }
    },
  };
};

test('a switch that changes nothing needs no part that renders', async () => {
  const { begin, removeParts } = await makePlace('unchanged');
  expect(await begin().end()).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('starting application') });
  await removeParts(/^later\.js/);
  expect(await begin().end()).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('nothing to do') });
});

test('who waits has loaded all of the program: for another command, and for a long evaluation', async () => {
  const { path, bin, begin, removeParts } = await makePlace('waiting');
  await rename(join(bin, 'nix-instantiate'), join(bin, 'stand-in'));
  await writeFile(
    join(bin, 'nix-instantiate'),
    `#!/bin/sh\n: >${path}/begun\nwhile [ ! -e ${path}/go ]; do sleep 0.1; done\nexec ${bin}/stand-in "$@"\n`,
  );
  await chmod(join(bin, 'nix-instantiate'), 0o755);
  const first = begin();
  await eventually(() => access(join(path, 'begun')).then(() => true));
  const second = begin('--wait-lock', '60');
  await eventually(() => second.stderr().includes('waiting for') || undefined);
  // A tenth of it is what counts as long.
  await sleep(1000);
  const ends = [first.end(), second.end()];
  await removeParts(/^(?:unchanged|later)\.js/);
  await writeFile(join(path, 'go'), '');
  expect(await Promise.all(ends)).toMatchObject([
    { exitCode: 0, stderr: expect.stringContaining('starting application') },
    { exitCode: 0, stderr: expect.stringContaining('nothing to do') },
  ]);
});
