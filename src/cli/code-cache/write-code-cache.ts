// Run by the build in dist: writes what V8 has compiled of the program after it has been used. Functions are compiled when
// they are first called: those that every command calls are worth keeping, and many others are never called.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { codeCacheOf, compileProgram, runProgram } from './code-cache.js';
import { programFile, type Program } from './load-program.js';

const file = programFile();
const script = compileProgram(file, undefined);
const { runCli } = runProgram(script, file) as Program;

const directory = mkdtempSync(join(tmpdir(), 'nix-processmgmt-ts-build-'));
try {
  const env = { ...process.env, NIX_USER_PROFILE_DIR: directory };
  await runCli(['--help'], env, 'unknown');
  await runCli(['status'], env, 'unknown');
  writeFileSync(codeCacheOf(file), script.createCachedData());
} finally {
  rmSync(directory, { recursive: true, force: true });
}
