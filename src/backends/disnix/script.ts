import type { ProcessInstance } from '../../model/process-model.js';
import { awaitReadyCommands, libraryVariables, settingCommands, startCommand } from '../shared/process-script.js';
import { searchPath } from '../shared/search-path.js';
import { shellQuote } from '../shared/shell-quote.js';
import { indent, oneLine } from '../shared/shell-text.js';
import type { ProcessScript } from './config.js';

/** What a script refers to besides its own arguments. */
export interface ScriptSurroundings {
  /** The function library (nix/nixproc/backends/process-functions.sh) in the store. */
  readonly functions: string;
  readonly tools: ProcessInstance['tools'];
  /** What waits until the process is ready; null for nothing. */
  readonly awaitReady: readonly string[] | null;
  /** What is put before a process that a program keeps in the background (clean-start.ts). */
  readonly cleanStart: readonly string[];
}

/** The first command that fails ends the start; what they export reaches the process. */
const initialization = ({ initialize }: ProcessScript): readonly string[] =>
  initialize.trim() === ''
    ? []
    : [indent(['nixproc_begin_initialize'], 3), initialize, indent(['nixproc_end_initialize'], 3)];

/**
 * The text of a script that starts a process, stops it, makes it read its configuration again, restarts it or tells its
 * state. Nothing in it depends on where or when it was generated.
 */
export const scriptText = (
  script: ProcessScript,
  { functions, tools, awaitReady, cleanStart }: ScriptSurroundings,
): string => {
  const setting = settingCommands(
    script,
    script.isForeign ? '' : searchPath({ tools }, script, 'tools-first'),
    script.isForeign,
  );
  return `${[
    `#!${tools['shell'] ?? '/bin/sh'}`,
    `# ${oneLine(script.description)}: start (also without an argument), stop, reload, restart or status.`,
    '',
    libraryVariables(script, tools),
    `. ${shellQuote(functions)}`,
    ...(setting === '' ? [] : [setting]),
    '',
    'nixproc_activity() {',
    indent(['case $1 in', 'start)']),
    indent(['if ! nixproc_is_running; then'], 2),
    ...initialization(script),
    indent([startCommand(script.process, script, tools, cleanStart), ...awaitReadyCommands(awaitReady)], 3),
    indent(['fi', ';;'], 2),
    indent([
      'stop) nixproc_stop ;;',
      'reload) nixproc_reload HUP ;;',
      'restart) nixproc_can_start && nixproc_activity stop && nixproc_activity start ;;',
      'status) nixproc_status ;;',
      '*)',
    ]),
    indent([`printf 'Usage: %s [start|stop|reload|restart|status]\\n' "$0" >&2`, 'return 2', ';;'], 2),
    indent(['esac']),
    '}',
    '',
    // Dysnomia starts a process with no argument.
    'nixproc_activity "${1:-start}"',
  ].join('\n')}\n`;
};
