import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { compileProgram, readCodeCache, runProgram } from './code-cache.js';

/** What dist/program.js exports. */
export type Program = typeof import('../program.js');

/** The program beside the executable's own bundle. */
export const programFile = (): string => fileURLToPath(new URL('program.js', import.meta.url));

/** Loads the program without compiling it where the build has left what V8 made of it. */
export const loadProgram = (): Program => {
  const program = programFile();
  // Node.js maps the lines of no files but those that it loads itself.
  if (process.sourceMapsEnabled) return createRequire(program)(program) as Program;
  return runProgram(compileProgram(program, readCodeCache(program)), program) as Program;
};
