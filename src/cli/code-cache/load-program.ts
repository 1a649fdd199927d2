import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Script } from 'node:vm';
import { compile, createLoader, readCodeCache } from './code-cache.js';
import { userCache, type UserCache } from './user-cache.js';

/** What dist/program.js exports. */
export type Program = typeof import('../program.js');

/** The program beside the executable's own bundle. */
export const programFile = (): string => fileURLToPath(new URL('program.js', import.meta.url));

/**
 * Compiles a part of the program with what the build has left of it for this Node.js; where there is nothing, with what
 * an earlier command of the user has left, or leaves it at the end of this one.
 */
const compileWith =
  ({ read, write }: UserCache) =>
  (file: string): Script => {
    const built = readCodeCache(file);
    if (built !== undefined) return compile(file, built);
    const kept = read(file);
    const script = compile(file, kept);
    if (script.cachedDataRejected !== false) {
      process.once('exit', () => {
        write(file, script);
      });
    }
    return script;
  };

/**
 * Loads the program without compiling it where it was compiled before.
 *
 * @param command what is called, each with a cache of its own where the build has left none
 */
export const loadProgram = (command: string | undefined): Program => {
  const program = programFile();
  // Node.js maps the lines of no files but those that it loads itself.
  const load = process.sourceMapsEnabled
    ? createRequire(program)
    : createLoader(compileWith(userCache(command !== undefined && /^[a-z0-9-]+$/.test(command) ? command : 'other')));
  return load(program) as Program;
};
