import type { PidFileGuess } from '../../model/pid-file.js';
import { guessVariables } from './process-script.js';
import { inCommand, processIdentity, shellFunctions } from './process-functions.js';
import { shellQuote } from './shell-quote.js';

/**
 * A script that stands in the foreground for a daemon, whose PID file it reads (nix/nixproc/backends/daemon-proxy.sh says
 * how it is called and exits). Which process it believes is its daemon is decided by the functions that other scripts use.
 *
 * @param guess null when the model says where the PID file is
 * @param coreutils the package whose programs are used, since the daemon's PATH may lack them
 */
export const daemonProxyScript = (coreutils: string, guess: PidFileGuess | null): string =>
  [
    `nixproc_coreutils=${shellQuote(`${coreutils}/bin`)}`,
    ...guessVariables(guess).map(([name, value]) => `nixproc_${name}=${shellQuote(value)}`),
    processIdentity(),
    inCommand(shellFunctions('daemon-proxy.sh')),
  ].join('\n');
