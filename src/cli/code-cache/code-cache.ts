import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { Script } from 'node:vm';

/** Of the text of the program, so that no cache of another one can be taken for its own. */
const programHash = (globalThis as { NIXPROC_PROGRAM_HASH?: string }).NIXPROC_PROGRAM_HASH ?? 'unknown';

/**
 * Where the cache of a program is: beside it, in a file of its own for each build of Node.js. What V8 compiles is for one
 * version and one processor, and refers to objects that lie elsewhere in other builds of the same version; V8 checks
 * the version, its flags and the length of the text.
 */
export const codeCacheOf = (program: string): string => {
  const { version, platform, arch, execPath } = process;
  const node = [version, platform, arch, statSync(execPath).size].join('-');
  return `${program}.${programHash}.${node}.cache`;
};

/** @returns undefined when there is none that can be read */
export const readCodeCache = (program: string): Buffer | undefined => {
  try {
    return readFileSync(codeCacheOf(program));
  } catch {
    return undefined;
  }
};

/**
 * Compiles a CommonJS file that is ASCII alone.
 *
 * @param cachedData what V8 made of the same file earlier; where it does not accept that, it compiles the text
 */
export const compileProgram = (program: string, cachedData: Buffer | undefined): Script =>
  new Script(`(function (exports, require, module, __filename, __dirname) { ${readFileSync(program, 'latin1')}\n})`, {
    // What stacks call it: V8 keeps the name of where the cache was made.
    filename: 'nix-processmgmt-ts/dist/program.js',
    ...(cachedData === undefined ? {} : { cachedData }),
  });

/** Runs a compiled CommonJS file as Node.js would, and gives what it exports. */
export const runProgram = (script: Script, program: string): unknown => {
  const module: { exports: unknown } = { exports: {} };
  const run = script.runInThisContext() as (...scope: readonly unknown[]) => void;
  run(module.exports, createRequire(program), module, program, dirname(program));
  return module.exports;
};
