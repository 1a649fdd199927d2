import { join } from 'node:path';
import { nixDirectory } from '../../system/nix-directory.js';
import type { DeployedUnit } from '../backend.js';
import { processFunctionFiles } from '../shared/process-functions.js';
import { scriptActivationOf } from '../shared/script-activation.js';
import type { ScriptActivity } from '../shared/script-timeouts.js';
import { parseSpecification } from './read-layout.js';

/** What our own scripts do, for a process that has none but the program that starts it. */
const script = `${processFunctionFiles.map((file) => `. "$1/${file}"`).join('\n')}
nixproc_name=$2 nixproc_program=$3 nixproc_pid_file=$4 nixproc_record=$5 nixproc_log_file=$6
case $7 in
    start) nixproc_is_running || nixproc_start "$nixproc_program" ;;
    stop) nixproc_stop ;;
    reload) nixproc_reload HUP ;;
    status) nixproc_status ;;
esac`;

/** The command for an activity of a process that somebody else specified; null for one that has a script of ours. */
export const foreignCall = (unit: DeployedUnit, activity: ScriptActivity): readonly [string, ...string[]] | null => {
  if (unit.isLaidOut !== true) return null;
  const { pidFile, recordFile, logFile } = scriptActivationOf(unit);
  const { specification } = unit.properties;
  const process = typeof specification === 'string' ? parseSpecification(specification)?.process : undefined;
  return [
    '/bin/sh',
    ...['-c', script, 'sh', join(nixDirectory, 'nixproc/backends')],
    ...[unit.name, process ?? '', pidFile ?? '', recordFile, logFile ?? '', activity],
  ];
};
