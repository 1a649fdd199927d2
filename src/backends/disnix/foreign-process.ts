import { join } from 'node:path';
import { nixDirectory } from '../../system/nix-directory.js';
import type { DeployedUnit } from '../backend.js';
import { processFunctionFiles } from '../shared/process-functions.js';
import { scriptActivationOf } from '../shared/script-activation.js';
import type { ScriptActivity } from '../shared/script-timeouts.js';
import { parseSpecification, startedByDysnomia } from './read-layout.js';

/** What our own scripts do, for a process that has none but the program that starts it. */
const script = `${processFunctionFiles.map((file) => `. "$1/${file}"`).join('\n')}
nixproc_name=$2 nixproc_program=$3 nixproc_pid_file=$4 nixproc_record=$5 nixproc_log_file=$6
case $7 in
    start) nixproc_is_running || nixproc_start "$nixproc_program" ;;
    stop) nixproc_stop ;;
    reload) nixproc_reload HUP ;;
    status) nixproc_status ;;
esac`;

/**
 * The same for a process that Dysnomia has started, by what it goes by itself: the PID file alone. That is believed as far as its
 * owner may name the process, and only of a process that was there when the file was written: later ones have the PID by chance.
 */
const scriptOfDysnomia = `${processFunctionFiles.map((file) => `. "$1/${file}"`).join('\n')}
nixproc_name=$2 nixproc_program=$3 nixproc_pid_file=$4 nixproc_record=$5
was_there() {
    [ -r /proc/stat ] || return 0
    while read -r nixproc_key nixproc_rest; do
        [ "$nixproc_key" != btime ] || nixproc_seconds=$nixproc_rest
    done </proc/stat
    nixproc_written=$(nixproc_tool date -r "$nixproc_pid_file" +%s) || return 1
    [ $((nixproc_seconds + nixproc_start / $(getconf CLK_TCK))) -le $((nixproc_written + 2)) ]
}
finds() {
    nixproc_main= nixproc_outer= nixproc_ours= nixproc_user_id=
    nixproc_may_open "$nixproc_pid_file" && nixproc_read_claim "$nixproc_pid_file" && nixproc_is_possible "$nixproc_pid" || return 1
    nixproc_main=$nixproc_pid nixproc_birth=$nixproc_start
    was_there && nixproc_is_writers "$nixproc_main" && nixproc_is "$nixproc_main" "$nixproc_birth" || return 1
    nixproc_ours=$nixproc_main:$nixproc_birth
}
case $6 in
    start)
        finds || "$nixproc_program" || exit
        nixproc_waited=0
        until finds; do
            [ "$nixproc_waited" -lt 10000 ] || exit 1
            nixproc_pause
        done
        ;;
    stop)
        ! finds || nixproc_terminate || exit
        nixproc_forget
        ;;
    reload) finds && nixproc_send HUP "$nixproc_main" "$nixproc_birth" ;;
    status) finds || exit 3 ;;
esac`;

/** The command for an activity of a process that somebody else specified; null for one that has a script of ours. */
export const foreignCall = (unit: DeployedUnit, activity: ScriptActivity): readonly [string, ...string[]] | null => {
  if (unit.isLaidOut !== true) return null;
  const { pidFile, recordFile, logFile } = scriptActivationOf(unit);
  const { specification, startedBy } = unit.properties;
  const process = typeof specification === 'string' ? parseSpecification(specification)?.process : undefined;
  if (startedBy === startedByDysnomia) {
    return [
      '/bin/sh',
      ...['-c', scriptOfDysnomia, 'sh', join(nixDirectory, 'nixproc/backends')],
      ...[unit.name, process ?? '', pidFile ?? '', recordFile, activity],
    ];
  }
  return [
    '/bin/sh',
    ...['-c', script, 'sh', join(nixDirectory, 'nixproc/backends')],
    ...[unit.name, process ?? '', pidFile ?? '', recordFile, logFile ?? '', activity],
  ];
};
