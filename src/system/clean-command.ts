import { join } from 'node:path';
import { nixDirectory } from './nix-directory.js';

/** What the shell says, and its exit code, when there is no such program. */
const missing = { exitCode: 127, words: 'nixproc: there is no such program' };

/** The environment stays: a program that talks to a manager is told by it whom to talk to. */
const script = `command -v -- "$2" >/dev/null 2>&1 || { echo '${missing.words}' >&2; exit ${missing.exitCode}; }
. "$1/coreutils.sh"
. "$1/clean-start.sh"
shift
nixproc_coreutils=$(PATH=$PATH:$nixproc_system_path; command -v env) && nixproc_coreutils=\${nixproc_coreutils%/*}
umask 022
nixproc_run_clean "$@"`;

/**
 * A command in the place of another one, which it becomes with descriptors 0 to 2 alone, no ignored signal, umask 022 and
 * niceness 0, where we may (nix/nixproc/backends/clean-start.sh).
 */
export const cleanCommand = (
  file: string,
  args: readonly string[],
): { readonly file: string; readonly args: readonly string[] } => ({
  file: '/bin/sh',
  args: ['-c', script, 'sh', join(nixDirectory, 'nixproc/backends'), file, ...args],
});

/** Whether such a command ended because the program behind it does not exist. */
export const saysMissing = ({ exitCode, stderr }: { readonly exitCode: number; readonly stderr: string }): boolean =>
  exitCode === missing.exitCode && stderr.trimEnd() === missing.words;
