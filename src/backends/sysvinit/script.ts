import type { ProcessInstance } from '../../model/process-model.js';
import {
  awaitReadyCommands,
  daemonizeCommand,
  libraryVariables,
  processWords,
  settingCommands,
  startCommand,
} from '../shared/process-script.js';
import { searchPath } from '../shared/search-path.js';
import { shellCommand, shellQuote } from '../shared/shell-quote.js';
import { indent, oneLine } from '../shared/shell-text.js';
import type { SystemVInitScript } from './config.js';

/** What a script refers to besides its own arguments. */
export interface ScriptSurroundings {
  /** The function library (nix/nixproc/backends/{process-functions,sysvinit/init-functions}.sh) in the store. */
  readonly functions: string;
  readonly tools: ProcessInstance['tools'];
  /** The scripts that have to run before this one. */
  readonly dependencies: readonly string[];
  /** What waits until the process is ready; null for nothing. */
  readonly awaitReady: readonly string[] | null;
  /** What is put before a process that a program keeps in the background (clean-start.ts). */
  readonly cleanStart: readonly string[];
}

/** One activity: the argument that calls for it, and the shell commands that are it. */
export interface Activity {
  readonly name: string;
  readonly commands: string;
}

/** Linux Standard Base, "Comment Conventions for Init Scripts". */
const lsbHeader = (script: SystemVInitScript, dependencies: readonly string[]): string => {
  const lines: readonly (readonly [string, readonly string[]])[] = [
    ['Provides', [script.name]],
    ['Required-Start', dependencies],
    ['Required-Stop', dependencies],
    ['Should-Start', ['$local_fs', '$remote_fs', '$network']],
    ['Should-Stop', ['$local_fs', '$remote_fs', '$network']],
    ['Default-Start', script.startLevels],
    ['Default-Stop', script.stopLevels],
    ['Short-Description', [oneLine(script.description)]],
  ];
  return [
    '### BEGIN INIT INFO',
    ...lines.map(([keyword, values]) => `# ${`${keyword}:`.padEnd(19)}${values.join(' ')}`.trimEnd()),
    '### END INIT INFO',
  ].join('\n');
};

/** The program that a user puts foreground processes into the background with, instead of ours. */
const usersWrapper = ({ commands }: SystemVInitScript): string | undefined =>
  commands.startProcessAsDaemon?.trim().split(/\s/)[0];

/** Runs a command that the user chose for starting, with what our own would have done around it. */
const startWithOthers = (script: SystemVInitScript, command: string): readonly string[] => {
  const asUser =
    script.user === null ? command : `su -s /bin/sh -c ${shellQuote(command)} -- ${shellQuote(script.user)}`;
  return [
    'nixproc_begin && {',
    '    nixproc_mark_start',
    ...(script.directory === null ? [] : [`    cd -- ${shellQuote(script.directory)} &&`]),
    `    ${asUser}`,
    '    nixproc_end "$?"',
    '}',
  ];
};

const startCommands = (
  script: SystemVInitScript,
  process: string,
  { tools, cleanStart }: ScriptSurroundings,
): readonly string[] => {
  const { startDaemon, startProcessAsDaemon } = script.commands;
  const users = script.processIsDaemon ? startDaemon : startProcessAsDaemon;
  if (users === null) return [startCommand(process, script, tools, cleanStart)];
  const nice = script.nice === null ? [] : [`${tools['coreutils'] ?? ''}/bin/nice`, '-n', String(script.nice), '--'];
  const words = [...nice, ...processWords(process, script, tools)];
  return startWithOthers(
    script,
    script.processIsDaemon
      ? `${users} -f -p ${shellQuote(script.pidFile)} ${shellCommand(words)}`
      : daemonizeCommand(users, words, script),
  );
};

/** Announces what is done, does it, and says how it went; the exit code is that of what was done. */
const announced = (script: SystemVInitScript, activity: string, commands: string): string =>
  [
    indent([`log_info_msg ${shellQuote(`${activity} ${oneLine(script.description)}...`)}`]),
    commands,
    indent([script.commands.evaluateCommand ?? 'evaluate_retval']),
  ].join('\n');

/** Activities that every script with a process has, unless the user says otherwise. */
const processActivities = (script: SystemVInitScript, surroundings: ScriptSurroundings): readonly Activity[] => {
  const { process, commands } = script;
  if (process === null) return [{ name: 'status', commands: indent(['nixproc_status']) }];
  const pidFileAndProgram = shellCommand(['-p', script.pidFile, process]);
  const initialize =
    script.initialize.trim() === ''
      ? []
      : [indent(['nixproc_begin_initialize'], 2), script.initialize, indent(['nixproc_end_initialize'], 2)];
  const start = [
    indent(['if ! nixproc_is_running; then']),
    ...initialize,
    indent([...startCommands(script, process, surroundings), ...awaitReadyCommands(surroundings.awaitReady)], 2),
    indent(['fi']),
  ].join('\n');
  const stop =
    commands.stopDaemon === null
      ? ['nixproc_stop']
      : ['nixproc_before_stop', `${commands.stopDaemon} ${pidFileAndProgram}`, 'nixproc_after_stop'];
  const signal = shellQuote(script.reloadSignal);
  const reload =
    commands.reloadDaemon === null
      ? `nixproc_reload ${signal}`
      : `${commands.reloadDaemon} ${pidFileAndProgram} ${signal}`;
  const status = commands.statusCommand === null ? 'nixproc_status' : `${commands.statusCommand} ${pidFileAndProgram}`;
  return [
    { name: 'start', commands: announced(script, 'Starting', start) },
    { name: 'stop', commands: announced(script, 'Stopping', indent(stop)) },
    { name: 'reload', commands: announced(script, 'Reloading', indent([reload])) },
    { name: 'status', commands: indent([status]) },
  ];
};

/** The user's commands that stop the service, which may return where they like. */
const usersStop = (commands: string): string =>
  [
    indent(['nixproc_users_stop() {']),
    commands,
    indent(['}', 'nixproc_before_stop', 'nixproc_users_stop', 'nixproc_after_stop']),
  ].join('\n');

/** Activities from the user's instructions; what they start or stop is recorded as if it were our doing. */
const instructionActivities = (script: SystemVInitScript): readonly Activity[] =>
  Object.entries(script.instructions).map(([name, { activity, instruction }]) => {
    const commands = ((): readonly string[] => {
      switch (name) {
        case 'start':
          return script.process === null
            ? [indent(['nixproc_make_directories']), instruction, indent(['nixproc_note started'])]
            : [
                indent(['nixproc_end_remains || return', 'nixproc_make_directories', 'nixproc_mark_start']),
                instruction,
                indent(['nixproc_adopt']),
              ];
        case 'stop':
          return [usersStop(instruction)];
        default:
          return [instruction];
      }
    })();
    return { name, commands: announced(script, activity, commands.join('\n')) };
  });

/** Activities that consist of others; each only where those exist. */
const combinedActivities = (script: SystemVInitScript, names: ReadonlySet<string>): readonly Activity[] => {
  const restarts = names.has('start') && names.has('stop');
  const restart =
    script.commands.restartActivity ??
    indent(['nixproc_can_start || return', 'nixproc_activity stop || return', 'nixproc_activity start']);
  const tryRestart = indent(['if nixproc_activity status >/dev/null; then nixproc_activity restart; fi']);
  return [
    ...(restarts ? [{ name: 'restart', commands: restart }] : []),
    ...(restarts && names.has('status') ? [{ name: 'try-restart', commands: tryRestart }] : []),
    ...(names.has('reload')
      ? [{ name: 'force-reload', commands: indent(['nixproc_activity reload']) }]
      : restarts
        ? [{ name: 'force-reload', commands: tryRestart }]
        : []),
  ];
};

const firstActivities = ['start', 'stop', 'reload', 'restart', 'status', 'try-restart', 'force-reload'];

const byActivityOrder = (a: string, b: string): number => {
  const rank = (name: string): number => {
    const index = firstActivities.indexOf(name);
    return index === -1 ? firstActivities.length : index;
  };
  return rank(a) - rank(b) || (a < b ? -1 : 1);
};

/**
 * The activities of a script: start, stop, reload, restart, status, those that the LSB adds, the user's own by name, and
 * at last `*`, for whatever else is asked for.
 */
export const activitiesOf = (script: SystemVInitScript, surroundings: ScriptSurroundings): readonly Activity[] => {
  const commands = new Map<string, string>();
  const add = (activities: readonly Activity[]): void => {
    for (const activity of activities) commands.set(activity.name, activity.commands);
  };
  const users = Object.entries(script.activities).map(([name, text]) => ({
    name,
    commands: name === 'stop' ? usersStop(text) : text,
  }));
  const withoutRemoved = (): void => {
    for (const name of script.removeActivities) commands.delete(name);
  };
  add(processActivities(script, surroundings));
  add(instructionActivities(script));
  add(users);
  withoutRemoved();
  add(combinedActivities(script, new Set(commands.keys())));
  add(users);
  withoutRemoved();

  const names = [...commands.keys()].filter((name) => name !== '*').sort(byActivityOrder);
  const usage = indent([
    `printf 'Usage: %s {%s}\\n' "$0" ${shellQuote(names.join('|'))} >&2`,
    // LSB: invalid or excess arguments.
    'return 2',
  ]);
  return [
    ...names.map((name) => ({ name, commands: commands.get(name) ?? '' })),
    { name: '*', commands: commands.get('*') ?? usage },
  ];
};

/**
 * The text of an init script. Nothing in it depends on where or when it was generated.
 */
export const scriptText = (script: SystemVInitScript, surroundings: ScriptSurroundings): string => {
  const { commands } = script;
  const cases = activitiesOf(script, surroundings).map(
    ({ name, commands: body }) => `${name === '*' ? '*' : shellQuote(name)})\n${body}\n    ;;`,
  );
  return `${[
    `#!${surroundings.tools['shell'] ?? '/bin/sh'}`,
    lsbHeader(script, surroundings.dependencies),
    '',
    libraryVariables(script, surroundings.tools, usersWrapper(script)),
    `. ${shellQuote(surroundings.functions)}`,
    ...(commands.initialInstructions === null ? [] : [commands.initialInstructions]),
    ...(script.globalInstructions === '' ? [] : [script.globalInstructions]),
    settingCommands(script, searchPath(surroundings, script, 'packages-first'), true),
    '',
    '# Activities call each other, so they are a function.',
    'nixproc_activity() {',
    'case "${1-}" in',
    ...cases,
    'esac',
    '}',
    '',
    'nixproc_activity "$@"',
  ].join('\n')}\n`;
};
