// The entry of the bundle. --version and --help must not pay for a command-line parser.
import { readFileSync } from 'node:fs';
import { ignoreLostOutput } from './lost-output.js';
import { helpWidth } from './terminal-width.js';

const version = (globalThis as { NIXPROC_VERSION?: string }).NIXPROC_VERSION ?? 'unknown';

ignoreLostOutput();
const [only, ...more] = process.argv.slice(2);

/** The text of --help in its full width, which the build has written beside this file; null where it has not. */
const writtenHelp = (): string | null => {
  try {
    return readFileSync(new URL('help.txt', import.meta.url), 'utf8');
  } catch {
    return null;
  }
};
const asksForHelp = more.length === 0 && (only === '--help' || only === '-h');
const help = asksForHelp && helpWidth(process.stdout) === helpWidth({}) ? writtenHelp() : null;

if (more.length === 0 && only === '--version') {
  process.stdout.write(`${version}\n`);
} else if (help !== null) {
  process.stdout.write(help);
} else {
  const { runCli } = await import('./run-cli.js');
  process.exitCode = await runCli(process.argv.slice(2), process.env, version);
}
