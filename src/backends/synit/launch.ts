import type { LayoutDirectories, UnitContext } from '../backend.js';
import { cleanStart } from '../shared/clean-start.js';
import { launchScript, variablesLostInShells } from '../shared/launch-script.js';
import { requiredTool, storeName } from '../shared/required-tool.js';
import { shellQuote } from '../shared/shell-quote.js';
import type { SynitDaemon } from './config.js';

export interface DaemonFiles {
  readonly recordFile: string;
  readonly logFile: string;
}

/** The files that a daemon's processes leave behind. */
export const filesOf = (name: string, { runtimeDir, logDir }: LayoutDirectories): DaemonFiles => ({
  recordFile: `${runtimeDir}/nixproc-synit/${name}`,
  logFile: `${logDir}/nixproc-${name}.log`,
});

export const daemonFiles = ({ instance: { name, directories } }: UnitContext): DaemonFiles =>
  filesOf(name, directories);

/** Synit keeps what a process prints among its own messages; here it is by itself. */
const logCommands = (logFile: string): string => `exec >>${shellQuote(logFile)} 2>&1`;

/**
 * Commands that record which process this is: Synit tells no program from outside how its services are. The start time
 * tells it from a later process with the same PID (proc(5)); the program takes the place of the shell and keeps both.
 */
const recordCommands = (recordFile: string, coreutils: string): string => {
  const directory = recordFile.slice(0, recordFile.lastIndexOf('/'));
  return [
    `${shellQuote(`${coreutils}/bin/mkdir`)} -p -- ${shellQuote(directory)}`,
    'IFS= read -r nixproc_stat </proc/$$/stat',
    'IFS= read -r nixproc_boot </proc/sys/kernel/random/boot_id',
    'set -f',
    'set -- ${nixproc_stat##*) }',
    'shift 19',
    `printf 'main %s %s %s\\n' "$$" "$1" "$nixproc_boot" >${shellQuote(`${recordFile}.new`)}`,
    `${shellQuote(`${coreutils}/bin/mv`)} -f -- ${shellQuote(`${recordFile}.new`)} ${shellQuote(recordFile)}`,
    'unset nixproc_stat nixproc_boot',
  ].join('\n');
};

/** The words that become a daemon's process. */
export const launchWords = (daemon: SynitDaemon, context: UnitContext): readonly string[] => {
  const { recordFile, logFile } = daemonFiles(context);
  const coreutils = requiredTool(context, 'coreutils', 'synit');
  const { user, umask, nice, environment, words } = daemon;
  // Programs of Synit's own protocol speak it on stdout.
  const log = daemon.protocol === null || daemon.protocol === 'none' ? [logCommands(logFile)] : [];
  const text = launchScript({
    coreutils,
    umask,
    nice,
    user: user === null ? null : { name: user, setpriv: requiredTool(context, 'setpriv', 'synit') },
    initialize: [recordCommands(recordFile, coreutils), ...log].join('\n'),
    environment: variablesLostInShells(environment),
    cleanStart: cleanStart(environment, context),
    command: words,
  });
  const script = context.storeText(storeName(context.instance.name, 'launch'), text);
  return [requiredTool(context, 'shell', 'synit'), script];
};

/** The words of what is to be done once before a daemon's process starts. */
export const initializeWords = (daemon: SynitDaemon, context: UnitContext): readonly string[] => {
  const text = [
    'set -e',
    ...(daemon.umask === null ? [] : [`umask ${shellQuote(daemon.umask)}`]),
    logCommands(daemonFiles(context).logFile),
    daemon.initialize,
    '',
  ].join('\n');
  const script = context.storeText(storeName(context.instance.name, 'initialize'), text);
  return [requiredTool(context, 'shell', 'synit'), script];
};
