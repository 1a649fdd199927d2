import { join } from 'node:path';
import { nixDirectory } from '../../system/nix-directory.js';
import { cleanStartFiles, scopeFiles } from './process-functions.js';

/**
 * A script for a POSIX shell that becomes a supervisor of ours, without anything of whoever happens to start it but PATH:
 * services inherit what it has (nix/nixproc/backends/clean-start.sh). Its parameters are those of supervisorArguments.
 *
 * @param become shell commands that end in nixproc_run_clean with the supervisor's words
 */
export const supervisorScript = (
  become = 'nixproc_run_clean "$@"',
): string => `${[...cleanStartFiles, ...scopeFiles].map((file) => `. "$1/${file}"`).join('\n')}
nixproc_own_path=$PATH nixproc_files=$2
[ -z "$3" ] || nixproc_enter_scope "$3"
shift 3
unset NIXPROC_START_TIMEOUT NIXPROC_STOP_TIMEOUT NIXPROC_CALLER_WAITS NIXPROC_CALLER_LOOKS
nixproc_forget_caller
PATH=$nixproc_own_path
ulimit -S -n "$nixproc_files" 2>/dev/null || ulimit -S -n "$(ulimit -H -n)"
nixproc_become_self
${become}`;

/**
 * The parameters of supervisorScript.
 *
 * @param place `openFiles`: how many files the supervisor may have open; what it starts has to lower that for itself.
 *   `runtimeDir`: of the deployment that it belongs to and goes on with, when the login session or the service that starts it is
 *   over (nix/nixproc/backends/systemd-scope.sh); null where it belongs to its caller
 * @param words what `become` gets
 */
export const supervisorArguments = (
  { openFiles, runtimeDir }: { readonly openFiles: number; readonly runtimeDir: string | null },
  words: readonly string[],
): readonly string[] => [join(nixDirectory, 'nixproc/backends'), String(openFiles), runtimeDir ?? '', ...words];
