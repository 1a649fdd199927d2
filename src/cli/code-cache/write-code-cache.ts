// Run by the build in dist: writes what V8 has compiled of the program after it has been used. Functions are compiled when
// they are first called: those that common commands call are worth keeping, and many others are never called. Exits with 1
// when a command has failed; what was compiled until then is written all the same.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Script } from 'node:vm';
import { managersWith } from '../../backends/registry.js';
import { codeCacheOf, compile, createLoader } from './code-cache.js';
import { programFile, type Program } from './load-program.js';
import { sampleEvaluation } from './sample-evaluation.js';
import { makeStandIns } from './stand-ins.js';

const scripts = new Map<string, Script>();
const load = createLoader((file) => {
  const script = compile(file, undefined);
  scripts.set(file, script);
  return script;
});
const { runCli } = load(programFile()) as Program;

const write = (isMeant: (part: string) => boolean): void => {
  for (const [file, script] of scripts) {
    if (isMeant(basename(file))) writeFileSync(codeCacheOf(file), script.createCachedData());
  }
};

/** What commands are called with that work in `directory` alone. */
const samplesIn = (directory: string) => {
  const env = {
    PATH: `${join(directory, 'bin')}:${process.env['PATH'] ?? ''}`,
    HOME: directory,
    NIX_USER_PROFILE_DIR: directory,
    SYSTEMD_TARGET_DIR: join(directory, 'units'),
    NIXPROC_SETTLE: '0',
  };
  const use = async (command: readonly string[], expected = 0): Promise<void> => {
    const exitCode = await runCli(command, env, 'unknown');
    if (exitCode === expected) return;
    process.stderr.write(`${command.join(' ')}: exit code ${exitCode}\n`);
    process.exitCode = 1;
  };
  return {
    use,
    state: ['--state-dir', join(directory, 'state')],
    anybody: '--force-disable-user-change',
    empty: join(directory, 'empty.nix'),
    one: join(directory, 'one.nix'),
    several: join(directory, 'several.nix'),
    /** As if that had been deployed. */
    deployed: (manager: string) => join(directory, `${manager}-profile`),
  };
};

const useAll = async (directory: string): Promise<void> => {
  const { use, state, anybody, empty, one, several, deployed } = samplesIn(directory);
  makeStandIns(directory);
  mkdirSync(join(directory, 'units'));
  writeFileSync(empty, sampleEvaluation({}));
  writeFileSync(one, sampleEvaluation({ application: [] }));
  writeFileSync(several, sampleEvaluation({ application: [], proxy: ['application'] }));
  await use(['--help']);
  for (const manager of managersWith(({ isCommon }) => isCommon !== undefined)) {
    await use(['build', '-P', manager, '--no-out-link', ...state, several]);
    renameSync(join(directory, 'newest'), deployed(manager));
  }
  for (const manager of managersWith(({ isCommon }) => isCommon === 'one process')) {
    await use(['switch', '-P', manager, anybody, ...state, one]);
  }
  for (const manager of managersWith(({ isCommon }) => isCommon === 'nothing')) {
    await use(['switch', '-P', manager, '-p', 'nothing', anybody, ...state, empty]);
  }
  await use(['status', '-p', 'nothing'], 4);
};

/** What is in unchanged.js, without what renders and activates: V8 would read that each time. */
const useUnchanged = async (directory: string): Promise<void> => {
  const { use, state, anybody, one, deployed } = samplesIn(directory);
  await use(['switch', anybody, ...state, one]);
  for (const manager of managersWith(({ isCommon }) => isCommon === 'nothing' || isCommon === 'no switch')) {
    await use(['status', '-p', deployed(manager)], 3);
  }
};

const [, , given] = process.argv;
if (given !== undefined) {
  await useUnchanged(given);
  write((part) => part === 'unchanged.js');
} else {
  const directory = mkdtempSync(join(tmpdir(), 'nix-processmgmt-ts-build-'));
  try {
    await useAll(directory);
    write((part) => part !== 'unchanged.js');
    const { status } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), directory], { stdio: 'inherit' });
    if (status !== 0) process.exitCode = 1;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
