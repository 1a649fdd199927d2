import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repository } from './repository.js';

/**
 * Makes a program of a TypeScript file, for tests that need our code in another process.
 *
 * @param source relative to the repository, e.g. "test/state/programs/hold-lock.ts"
 * @returns the .mjs file below `directory`, to be run with process.execPath
 */
export const bundleProgram = async (source: string, directory: string): Promise<string> => {
  const program = join(directory, 'program.mjs');
  const banner = "import { createRequire as r } from 'node:module'; const require = r(import.meta.url);";
  await promisify(execFile)(join(repository, 'node_modules', '.bin', 'esbuild'), [
    join(repository, source),
    '--bundle',
    '--platform=node',
    '--format=esm',
    '--log-level=error',
    `--banner:js=${banner}`,
    `--outfile=${program}`,
  ]);
  return program;
};
