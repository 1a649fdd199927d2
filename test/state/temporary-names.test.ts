import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createInstallation } from '../../src/backends/systemd/installation.js';
import { provideDatabase } from '../../src/backends/s6-rc/databases.js';
import { placeOf } from '../../src/backends/s6-rc/place.js';
import { changeLinks } from '../../src/backends/supervisord/program-links.js';
import { writeTextAtomically } from '../../src/state/atomic-file.js';
import { sweepTemporaries, temporaryBeside, temporaryOptions } from '../../src/state/temporary-names.js';
import { deployedProfile, deployedUnit } from '../backends/systemd/support/deployed.js';
import { bundleProgram } from '../support/bundle-program.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.js';

let temporary: TemporaryDirectory;
beforeEach(async () => {
  temporary = await makeTemporaryDirectory();
});
afterEach(() => temporary.remove());

const makeDirectory = (name: string): string => {
  const path = join(temporary.path, name);
  mkdirSync(path, { recursive: true });
  return path;
};
const temporariesIn = (directory: string): readonly string[] =>
  readdirSync(directory).filter((name) => /^(?:\.tmp-)?nix-processmgmt-ts/.test(name));

/** A command that has made temporary files in these directories, and waits. */
const startMaker = async (...directories: readonly string[]): Promise<{ readonly kill: () => Promise<void> }> => {
  const program = await bundleProgram('test/state/programs/hold-temporaries.ts', temporary.path);
  const maker = spawn(process.execPath, [program, ...directories], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(maker, 'exit');
  expect(String((await once(maker.stdout, 'data'))[0])).toBe('made\n');
  return {
    kill: async () => {
      maker.kill('SIGKILL');
      await ended;
    },
  };
};

test('what a killed command has left goes, and what a living one works with stays', async () => {
  const [first, second] = [makeDirectory('first'), makeDirectory('second')];
  const maker = await startMaker(first, second);
  writeFileSync(join(second, '.tmp-nix-processmgmt-ts'), 'somebody else');
  try {
    sweepTemporaries(first);
    expect(temporariesIn(first)).toHaveLength(4);
  } finally {
    await maker.kill();
  }
  sweepTemporaries(second);
  expect(temporariesIn(second)).toEqual(['.tmp-nix-processmgmt-ts']);
});

test('what was made before a restart of the machine, or in another container, goes after a day', () => {
  const [young, old] = [makeDirectory('young'), makeDirectory('old')];
  for (const directory of [young, old]) {
    const file = join(directory, '.tmp-nix-processmgmt-ts-1-0123abcd.1-1-1-file');
    writeFileSync(file, '');
    if (directory === old) utimesSync(file, new Date(), new Date(Date.now() - 2 * 86_400_000));
    sweepTemporaries(directory);
  }
  expect([young, old].map((directory) => temporariesIn(directory).length)).toEqual([1, 0]);
});

test('a directory of a command that may go on in another container stays', () => {
  const directory = makeDirectory('shared');
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8);
  const file = join(directory, `nix-processmgmt-ts-1-${boot}.1-1-held`);
  writeFileSync(file, '');
  utimesSync(file, new Date(), new Date(Date.now() - 30 * 86_400_000));
  sweepTemporaries(directory);
  expect(temporariesIn(directory)).toHaveLength(1);
});

test('a name is beside its file, and nobody else has it', () => {
  const file = join(makeDirectory('directory'), 'x'.repeat(250));
  const names = [temporaryBeside(file), temporaryBeside(file)];
  expect(new Set(names).size).toBe(2);
  for (const name of names) writeFileSync(name, '');
});

const unit = deployedUnit('web', '/store/1');
const makers: Readonly<Record<string, (directory: string) => Promise<unknown>>> = {
  'a file that is replaced': (directory) => writeTextAtomically(join(directory, 'file'), ''),
  'a link of a unit of systemd': (directory) =>
    createInstallation(
      {
        kind: 'system',
        options: [],
        environment: {},
        unitOption: '--unit',
        directory,
        bootTarget: 'multi-user.target',
      },
      'processes',
      '/profiles/processes',
      null,
    ).update(deployedProfile('/store/1', [unit]), () => Promise.resolve()),
  'a database of s6-rc': (directory) =>
    provideDatabase(
      '/store/1-processes',
      { ...placeOf('/run', 'processes'), databases: directory },
      {
        run: async (_program, [database = '']) => {
          mkdirSync(database);
          return { exitCode: 0, stdout: '', stderr: '', timedOut: false };
        },
        shell: () => Promise.reject(new Error('not asked for')),
      },
    ),
  'a link of a program of supervisord': (directory) =>
    changeLinks(directory, new Map([['web', '/store/1/conf.d/web.conf']])),
  'a directory in TMPDIR': async (directory) => {
    temporaryOptions(directory);
  },
};
for (const [name, work] of Object.entries(makers)) {
  test(`what killed commands have left is swept by the next one that makes ${name}`, async () => {
    const directory = makeDirectory('work');
    const maker = await startMaker(directory);
    await maker.kill();
    expect(temporariesIn(directory)).toHaveLength(4);
    await work(directory);
    expect(temporariesIn(directory)).toEqual([]);
  });
}
