// The entry of the executable. --version and --help must not pay for a command-line parser.
import { readFileSync } from 'node:fs';
import { loadProgram } from './code-cache/load-program.js';
import { replaceLostDirectory } from './lost-directory.js';
import { ignoreLostOutput } from './lost-output.js';
import { printAtOnce } from './print-at-once.js';
import { helpWidth } from './terminal-width.js';

const version = (globalThis as { NIXPROC_VERSION?: string }).NIXPROC_VERSION ?? 'unknown';

/** The text of --help in its full width, which the build has written beside this file; null where it has not. */
const writtenHelp = (): string | null => {
  try {
    return readFileSync(new URL('help.txt', import.meta.url), 'utf8');
  } catch {
    return null;
  }
};

const answer = async (args: readonly string[]): Promise<void> => {
  const [only, ...more] = args;
  if (more.length === 0 && only === '--version') {
    printAtOnce(`${version}\n`);
    return;
  }
  const asksForHelp = more.length === 0 && (only === '--help' || only === '-h');
  const help = asksForHelp && helpWidth(process.stdout) === helpWidth({}) ? writtenHelp() : null;
  if (help !== null) {
    printAtOnce(help);
    return;
  }
  ignoreLostOutput();
  const isLost = replaceLostDirectory();
  const { refuseRelativePaths, runCli } = loadProgram(only);
  if (isLost) refuseRelativePaths();
  process.exitCode = await runCli(args, process.env, version);
};

void answer(process.argv.slice(2));
