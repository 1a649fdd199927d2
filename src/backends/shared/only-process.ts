import type { UnitContext } from '../backend.js';
import { processFunctions, processIdentity } from './process-functions.js';
import { requiredTool } from './required-tool.js';

/** Where it is written down which process a run script became: in the service directory, where the script begins. */
export const processFile = 'nixproc-process';

/** What runs the run scripts of service directories. */
export interface ServiceSupervisor {
  /** For messages about missing tools. */
  readonly manager: string;
  /** The program that supervises one service ("s6-supervise"), as ps(1) calls it. */
  readonly program: string;
  /** Milliseconds that a process gets to end: null for the file timeout-kill of its service directory, as s6 has it. */
  readonly stopTime: number | null;
}

const stopTimeCommands = (stopTime: number | null): string =>
  stopTime === null
    ? `    nixproc_time=
    { read -r nixproc_time <timeout-kill; } 2>/dev/null || :
    case $nixproc_time in '' | 0 | *[!0-9]*) nixproc_time=10000 ;; esac`
    : `    nixproc_time=${String(stopTime)}`;

/**
 * The library is read only when there is something to end: most starts find nobody. Times are those of the service directory,
 * in milliseconds; where s6 would wait without end, whoever starts anew does not.
 */
const script = ({ program, stopTime }: ServiceSupervisor): string => `${processIdentity()}
nixproc_coreutils=$1 nixproc_functions=$2 nixproc_ends_alone=$3
shift 3
nixproc_record=./${processFile}
nixproc_kind= nixproc_main= nixproc_birth= nixproc_when= nixproc_boot=-
{ read -r nixproc_boot </proc/sys/kernel/random/boot_id; } 2>/dev/null || :
{ read -r nixproc_kind nixproc_main nixproc_birth nixproc_when <"$nixproc_record"; } 2>/dev/null || :
if [ "$nixproc_when" = "$nixproc_boot" ] && [ "$nixproc_main" != "$$" ] && nixproc_is "$nixproc_main" "$nixproc_birth"; then
    nixproc_name=\${PWD##*/}
    nixproc_part=
    { read -r nixproc_part <"/proc/$nixproc_parent/comm"; } 2>/dev/null || :
    if [ "$nixproc_part" = ${program} ]; then
        printf '%s: process %s runs already, and is supervised\\n' "$nixproc_name" "$nixproc_main" >&2
        exit 111
    fi
    printf '%s: ending process %s, which a killed ${program} has left behind\\n' "$nixproc_name" "$nixproc_main" >&2
    . "$nixproc_functions"
${stopTimeCommands(stopTime)}
    NIXPROC_STOP_TIMEOUT=$(((nixproc_time + 999) / 1000))
    nixproc_outer= nixproc_ours=$nixproc_main:$nixproc_birth
    nixproc_terminate || exit 111
    unset NIXPROC_STOP_TIMEOUT
fi
nixproc_inspect "$$" &&
    { printf 'main %s %s %s\\n' "$$" "$nixproc_start" "$nixproc_boot" >"$nixproc_record"; } 2>/dev/null ||
    printf '%s: which process it is cannot be written down in %s\\n' "\${PWD##*/}" "$PWD" >&2
exec "$@"
`;

/**
 * What begins a run script, for a service to have one process: what supervises services starts a supervisor again that was
 * killed, which knows nothing of the process that is left, and starts another one. The one before is ended, as a stop would, with what goes
 * with it. (s6's own means, a lock-fd, would be a descriptor beyond 2 in each process, and a process that closes those would give
 * it up. Services with one do not start with s6 2.11.3.2, and it does not hold with 2.15.0.0.)
 */
export const becomeOnlyProcess = (context: UnitContext, supervisor: ServiceSupervisor): readonly string[] => {
  const { instance, storeText } = context;
  const { manager } = supervisor;
  return [
    requiredTool(context, 'shell', manager),
    storeText('only-process', script(supervisor)),
    `${requiredTool(context, 'coreutils', manager)}/bin`,
    storeText('process-functions.sh', processFunctions()),
    instance.endsAlone ? 'alone' : '',
  ];
};
