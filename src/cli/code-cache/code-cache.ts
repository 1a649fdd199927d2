import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { Script } from 'node:vm';

/** Of the text of the program, so that no cache of another one can be taken for its own. */
export const programHash = (globalThis as { NIXPROC_PROGRAM_HASH?: string }).NIXPROC_PROGRAM_HASH ?? 'unknown';

/**
 * Where the cache of a part of the program is: beside it, in a file of its own for each build of Node.js. What V8 compiles
 * is for one version and one processor, and refers to objects that lie elsewhere in other builds of the same version; V8
 * checks the version, its flags and the length of the text.
 */
export const codeCacheOf = (file: string): string => {
  const { version, platform, arch, execPath } = process;
  const node = [version, platform, arch, statSync(execPath).size].join('-');
  return `${file}.${programHash}.${node}.cache`;
};

/** @returns undefined when there is none that can be read */
export const readCodeCache = (file: string): Buffer | undefined => {
  try {
    return readFileSync(codeCacheOf(file));
  } catch {
    return undefined;
  }
};

/**
 * Compiles a CommonJS file that is ASCII alone.
 *
 * @param cachedData what V8 made of the same file earlier; where it does not accept that, it compiles the text
 */
export const compile = (file: string, cachedData: Buffer | undefined): Script =>
  new Script(`(function (exports, require, module, __filename, __dirname) { ${readFileSync(file, 'latin1')}\n})`, {
    // What stacks call it: V8 keeps the name of where the cache was made.
    filename: `nix-processmgmt-ts/dist/${basename(file)}`,
    ...(cachedData === undefined ? {} : { cachedData }),
  });

/**
 * Loads CommonJS files as Node.js would, but for how they are compiled.
 *
 * @param compileFile is given the absolute path of a file, once
 * @returns gives what a file exports; the files beside it that it requires are loaded in the same way
 */
export const createLoader = (compileFile: (file: string) => Script): ((file: string) => unknown) => {
  const modules = new Map<string, { exports: unknown }>();
  const load = (file: string): unknown => {
    const known = modules.get(file);
    if (known !== undefined) return known.exports;
    const run = compileFile(file).runInThisContext() as (...scope: readonly unknown[]) => void;
    const module = { exports: {} };
    modules.set(file, module);
    const directory = dirname(file);
    const requireOther = createRequire(file);
    const require = (id: string): unknown => (id.startsWith('./') ? load(join(directory, id)) : requireOther(id));
    run(module.exports, Object.assign(require, requireOther), module, file, directory);
    return module.exports;
  };
  return load;
};
