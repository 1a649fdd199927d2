import { shellQuote } from './shell-quote.js';

/** Seconds that a process gets to end before it is killed, where the model says nothing. */
export const defaultPatience = 10;

/**
 * Commands of a launch script that record which process this is, and which one has started it: for managers that do not tell from
 * outside which processes are theirs. The start time tells a process from a later one with the same PID (proc(5)); the
 * program takes the place of the shell and keeps both.
 *
 * A process that is recorded already was started by a supervisor that has ended since, or is just ending: there must not be two.
 *
 * @param recordFile see readRecord
 * @param coreutils the package whose mkdir, sleep and mv are used
 * @param seconds that the process before gets to end
 */
export const recordCommands = (recordFile: string, coreutils: string, seconds: number): string => {
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
