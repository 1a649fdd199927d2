import type { LayoutDirectories, UnitContext } from '../backend.js';
import { cleanStart } from '../shared/clean-start.js';
import { markedStart } from '../shared/marked-start.js';
import { launchScript, variablesLostInShells } from '../shared/launch-script.js';
import { defaultPatience, recordCommands } from '../shared/recorded-start.js';
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

/** The words that become a daemon's process. */
export const launchWords = (daemon: SynitDaemon, context: UnitContext): readonly string[] => {
  const { recordFile, logFile } = daemonFiles(context);
  const coreutils = requiredTool(context, 'coreutils', 'synit');
  const { user, umask, nice, environment, words } = daemon;
  // Programs of Synit's own protocol speak it on stdout.
  const log = daemon.protocol === null || daemon.protocol === 'none' ? [logCommands(logFile)] : [];
  const text = launchScript({
    coreutils,
    // Whatever the server's is.
    umask: umask ?? '022',
    nice,
    user: user === null ? null : { name: user, setpriv: requiredTool(context, 'setpriv', 'synit') },
    initialize: [recordCommands(recordFile, coreutils, context.instance.stopTimeout ?? defaultPatience), ...log].join(
      '\n',
    ),
    environment: variablesLostInShells(environment),
    cleanStart: cleanStart(environment, context),
    command: words,
  });
  const script = context.storeText(storeName(context.instance.name, 'launch'), text);
  return [...markedStart(context), requiredTool(context, 'shell', 'synit'), script];
};

/** The words of what is to be done once before a daemon's process starts. */
export const initializeWords = (daemon: SynitDaemon, context: UnitContext): readonly string[] => {
  const text = [
    'set -e',
    `umask ${shellQuote(daemon.umask ?? '022')}`,
    logCommands(daemonFiles(context).logFile),
    daemon.initialize,
    '',
  ].join('\n');
  const script = context.storeText(storeName(context.instance.name, 'initialize'), text);
  return [requiredTool(context, 'shell', 'synit'), script];
};
