import { guessOfPidFile } from '../../model/pid-file.js';
import type { CommandLine, ManagedProcess } from '../../model/process-model.js';
import type { UnitContext } from '../backend.js';
import { processFunctions } from '../shared/process-functions.js';
import { libraryVariables, settingCommands, startCommand, type ScriptedProcess } from '../shared/process-script.js';
import { searchPath } from '../shared/search-path.js';
import { shellQuote } from '../shared/shell-quote.js';
import { indent } from '../shared/shell-text.js';

/** Where it is recorded which process a daemon is: its PID alone may be another's later. */
export const recordFile = (runtimeDir: string, name: string): string => `${runtimeDir}/nixproc-s6-rc/${name}`;

/** Where the output of a daemon goes: nobody reads what it prints, as a logger does for supervised processes. */
export const daemonLog = (logDir: string, name: string): string => `${logDir}/nixproc-${name}.log`;

/** Whoever runs oneshots runs all in its own session; a daemon may make none itself. */
const ownSession = (tools: Readonly<Record<string, string>>): readonly string[] => {
  const program = shellQuote(`${tools['s6'] ?? '/usr'}/bin/s6-setsid`);
  return [
    `if [ "$1 \${2-}" = 'start ' ] && [ -x ${program} ]; then`,
    `    exec ${program} ${shellQuote(tools['shell'] ?? '/bin/sh')} "$0" start in-own-session`,
    'fi',
  ];
};

/**
 * A script for a POSIX shell that knows a daemon by its PID file: run as `SHELL SCRIPT start`, `stop`, `reload` or
 * `status` (exit codes as the LSB has them for init scripts).
 */
export const daemonScript = (process: ManagedProcess, daemon: CommandLine, context: UnitContext): string => {
  const { instance, storeText } = context;
  const { tools, directories } = instance;
  const { name, initialize, pidFile, environment, umask, nice, user } = process;
  const script: ScriptedProcess = {
    name,
    process: daemon.executable,
    args: daemon.args,
    processIsDaemon: true,
    pidFile,
    pidFileGuess: process.namesPidFile ? null : guessOfPidFile(pidFile, process.instanceName, directories),
    recordFile: recordFile(directories.runtimeDir, name),
    logFile: daemonLog(directories.logDir, name),
    directories,
    endsAlone: instance.endsAlone,
    user,
    environment,
    umask,
    nice,
    directory: process.directory ?? '/',
  };
  return `${[
    ...ownSession(tools),
    libraryVariables(script, tools),
    `. ${shellQuote(storeText('process-functions.sh', processFunctions()))}`,
    settingCommands(script, searchPath(instance, process, 'tools-first'), false),
    'case "$1" in',
    'start)',
    '    if ! nixproc_is_running; then',
    ...(initialize.trim() === ''
      ? []
      : [indent(['nixproc_begin_initialize'], 2), initialize, indent(['nixproc_end_initialize'], 2)]),
    indent([startCommand(daemon.executable, script, tools, [])], 2),
    '    fi',
    '    ;;',
    'stop) nixproc_stop ;;',
    'reload) nixproc_reload HUP ;;',
    'status) nixproc_status ;;',
    'esac',
  ].join('\n')}\n`;
};
