import type { LayoutDirectories, UnitContext } from '../backend.js';
import { cleanStart } from '../shared/clean-start.js';
import { markedStart } from '../shared/marked-start.js';
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

/** Seconds that a process gets to end before it is killed, where the model says nothing. */
const defaultPatience = 10;

/**
 * Commands that record which process this is, and which server has started it: Synit tells no program from outside how its
 * services are. The start time tells a process from a later one with the same PID (proc(5)); the program takes the place
 * of the shell and keeps both.
 *
 * A process that is recorded already was started by a server that has ended since, or is just ending: there must not be two.
 */
const recordCommands = (recordFile: string, coreutils: string, seconds: number): string => {
  const directory = recordFile.slice(0, recordFile.lastIndexOf('/'));
  const record = shellQuote(recordFile);
  const kill = Math.max(1, seconds) * 10;
  const tool = (name: string): string => shellQuote(`${coreutils}/bin/${name}`);
  return `${tool('mkdir')} -p -- ${shellQuote(directory)}
nixproc_birth() {
    IFS= read -r nixproc_stat <"/proc/$1/stat" || return 1
    set -f
    set -- \${nixproc_stat##*) }
    set +f
    case $1 in [ZXx]) return 1 ;; esac
    shift 19
    nixproc_start=$1
}
nixproc_is() { nixproc_birth "$1" 2>/dev/null && [ "$nixproc_start" = "$2" ]; }
IFS= read -r nixproc_boot </proc/sys/kernel/random/boot_id
nixproc_old= nixproc_old_start=
if [ -f ${record} ]; then
    while read -r nixproc_kind nixproc_number nixproc_begin nixproc_when; do
        [ "$nixproc_kind $nixproc_when" = "main $nixproc_boot" ] || continue
        nixproc_old=$nixproc_number nixproc_old_start=$nixproc_begin
    done <${record}
fi
nixproc_tries=0
while [ -n "$nixproc_old" ] && [ "$nixproc_old" != "$$" ] && [ "$nixproc_tries" -lt ${kill + 50} ] &&
    nixproc_is "$nixproc_old" "$nixproc_old_start"; do
    case $nixproc_tries in 0) kill -s TERM "$nixproc_old" || : ;; ${kill}) kill -s KILL "$nixproc_old" || : ;; esac
    nixproc_tries=$((nixproc_tries + 1))
    ${tool('sleep')} 0.1
done
nixproc_birth "$$"
nixproc_words="main $$ $nixproc_start $nixproc_boot"
! nixproc_birth "$PPID" 2>/dev/null || nixproc_words="server $PPID $nixproc_start $nixproc_boot
$nixproc_words"
printf '%s\n' "$nixproc_words" >${shellQuote(`${recordFile}.new`)}
${tool('mv')} -f -- ${shellQuote(`${recordFile}.new`)} ${record}
unset nixproc_stat nixproc_boot nixproc_old nixproc_old_start nixproc_kind nixproc_number nixproc_begin nixproc_when \\
    nixproc_tries nixproc_start nixproc_words`;
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
