import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { compile, createLoader, readCodeCache } from './code-cache.js';

/** What dist/program.js exports. */
export type Program = typeof import('../program.js');

/** The program beside the executable's own bundle. */
export const programFile = (): string => fileURLToPath(new URL('program.js', import.meta.url));

/** Loads the program without compiling it where the build has left what V8 made of it. */
export const loadProgram = (): Program => {
  const program = programFile();
  // Node.js maps the lines of no files but those that it loads itself.
  const load = process.sourceMapsEnabled
    ? createRequire(program)
    : createLoader((file) => compile(file, readCodeCache(file)));
  return load(program) as Program;
};
