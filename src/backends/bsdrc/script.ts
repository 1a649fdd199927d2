import { directoryVariables, guessVariables, exportCommands, environmentOfProcess } from '../shared/process-script.js';
import { shellCommand, shellQuote } from '../shared/shell-quote.js';
import { indent, oneLine } from '../shared/shell-text.js';
import { enablingVariable, type RcCommand, type RcScript } from './config.js';
import { rcName } from './rc-name.js';

/** What a script refers to besides its own arguments. */
export interface ScriptSurroundings {
  /** The function library (nix/nixproc/backends/process-functions.sh) in the store. */
  readonly functions: string;
  /** The script that becomes the process. */
  readonly launcher: string;
  /** The services that have to run before this one. */
  readonly dependencies: readonly string[];
}

/**
 * Variables of the process that rc.subr(8), which has a hundred variables itself, must not find changed, nor the programs
 * that it calls. The convention that variables for programs are in capitals keeps most apart.
 */
const disturbsRcSubr =
  /^(?:.*[a-z].*|_.*|SYSCTL.*|PROTECT|ID|IDCMD|PS|SERVICE|JAIL_CMD|JID|CPUSET|VERIEXEC|RC_.*|OSTYPE|PATH|SHELL|LD_.*|TMOUT|LINES|COLUMNS|GLOBIGNORE|CDPATH|HOSTNAME|OLDPWD|NIXPROC_.*)$/;

/** Variables that commands of the script do not see, since they are set for the process alone. */
export const hiddenFromCommands = (environment: RcScript['environment']): RcScript['environment'] =>
  environmentOfProcess(environment, disturbsRcSubr);

const assignment = (name: string, value: string): string => `${name}=${shellQuote(value)}`;

/** Sets a variable that rc.conf(5) has not set. */
const fallback = (name: string, value: string): string => {
  const quoted = shellQuote(value);
  return quoted === value
    ? `: \${${name}:=${value}}`
    : // Quotes within such braces are not the same to every shell.
      `[ -n "\${${name}-}" ] || ${name}=${quoted}`;
};

/** The comments by which rcorder(8) sorts scripts. */
const header = ({ name, provides, requires, keywords }: RcScript, dependencies: readonly string[]): readonly string[] =>
  (
    [
      ['PROVIDE', [...new Set([name, ...provides])]],
      ['REQUIRE', [...new Set([...requires, ...dependencies])]],
      ['KEYWORD', keywords],
    ] as const
  ).flatMap(([keyword, words]) => (words.length === 0 ? [] : [`# ${keyword}: ${words.join(' ')}`]));

/** Variables that the administrator may set otherwise in rc.conf(5). */
const configuration = (script: RcScript): readonly string[] => {
  const prefix = rcName(script.name);
  const enabling = enablingVariable(script);
  const ours: readonly (readonly [string, string | number | null])[] = [
    ['user', script.user],
    ['nice', script.nice],
    ['umask', script.umask],
    ['chdir', launchesInDirectory(script) ? null : script.directory],
    ['fib', script.fib],
    ['limits', script.limits],
    ['login_class', script.loginClass],
    ['oomprotect', script.oomProtect],
  ];
  return [
    ...Object.keys(script.rcvarsDefaults)
      .sort()
      .map((suffix) => fallback(`${prefix}_${suffix}`, script.rcvarsDefaults[suffix] ?? '')),
    ...(enabling === null ? [] : [fallback(enabling, 'NO')]),
    ...ours.flatMap(([suffix, value]) => (value === null ? [] : [fallback(`${prefix}_${suffix}`, String(value))])),
  ];
};

/** rc.subr(8) cannot go to every directory: it does not quote. */
export const launchesInDirectory = ({ directory }: Pick<RcScript, 'directory'>): boolean =>
  directory !== null && shellQuote(directory) !== directory;

/** What rc.subr(8) wants to know of the service. */
const facts = (script: RcScript, { launcher }: ScriptSurroundings): readonly string[] => {
  const lists: readonly (readonly [string, readonly string[]])[] = [
    ['required_files', script.requiredFiles],
    ['required_dirs', script.requiredDirs],
    ['required_vars', script.requiredVars],
    ['required_modules', script.requiredModules],
    ['extra_commands', extraCommands(script)],
  ];
  return [
    ...(script.command === null ? [] : [assignment('command', launcher), assignment('pidfile', script.pidFile)]),
    ...lists.flatMap(([name, words]) => (words.length === 0 ? [] : [assignment(name, words.join(' '))])),
    ...(script.reloadSignal === script.defaultSignals.reload ? [] : [assignment('sig_reload', script.reloadSignal)]),
    ...(script.stopSignal === script.defaultSignals.stop ? [] : [assignment('sig_stop', script.stopSignal)]),
  ];
};

const extraCommands = ({ command, commands, builtinCommands }: RcScript): readonly string[] =>
  // rc.subr(8) offers status only where there is a command.
  [...new Set([command === null ? 'status' : 'reload', ...Object.keys(commands)])]
    .filter((name) => !builtinCommands.includes(name) || (command === null && name === 'status'))
    .sort();

/** The variables that the function library documents. */
const libraryVariables = (script: RcScript): readonly string[] => [
  assignment('nixproc_name', script.name),
  assignment('nixproc_program', script.command ?? ''),
  assignment('nixproc_pid_file', script.pidFile),
  ...(script.commandIsDaemon ? guessVariables(script.pidFileGuess) : []).map(([name, value]) =>
    assignment(`nixproc_${name}`, value),
  ),
  ...(script.command === null
    ? []
    : [assignment('nixproc_command', shellCommand([script.command, ...script.commandArgs]))]),
  assignment('nixproc_record', script.recordFile),
  assignment('nixproc_log_file', script.logFile ?? ''),
  ...directoryVariables(script.directories).map(([name, value]) => assignment(`nixproc_${name}`, value)),
  `nixproc_attended=${script.command === null || script.commandIsDaemon ? '' : 'yes'}`,
  `nixproc_user=\${${rcName(script.name)}_user-}`,
];

/** What surrounds the user's commands, or stands in their place. */
interface Method {
  readonly pre?: readonly string[];
  readonly implementation?: readonly string[];
  readonly post?: readonly string[];
}

/** How a service with a process is started, stopped, looked at and told to read its configuration again. */
const processMethods = ({
  name,
  umask,
  defaultSignals: { reload, stop },
}: RcScript): Readonly<Record<string, Method>> => ({
  start: {
    pre: [
      'if nixproc_is_running; then',
      '    nixproc_explain "it is already running, process $nixproc_main"',
      '    return 1',
      'fi',
      'nixproc_begin || return',
      // Only newer versions of rc.subr(8) know NAME_umask; rc.conf(5) may set it where the model does not.
      `umask "\${${rcName(name)}_umask:-${umask ?? '022'}}"`,
      // Also when it ends in the middle of the start, or in a shell of its own.
      'trap nixproc_abandon EXIT',
    ],
    // rc.subr is content when the command has ended: whether there is a process is seen here.
    post: ['trap - EXIT', 'nixproc_end 0 || return', 'rc_pid=$nixproc_candidate'],
  },
  // A process is known by its start time: that of rc.subr would end any that has the PID and the name.
  stop: { implementation: [`nixproc_stop "\${sig_stop:-${stop}}"`], post: ['nixproc_save_state stopped'] },
  reload: { implementation: [`nixproc_reload "\${sig_reload:-${reload}}"`] },
  status: { implementation: ['nixproc_status'] },
  poll: { implementation: ['while nixproc_is_running; do sleep 1; done'] },
});

/** What is to be remembered of a service without a process. */
const stateMethods: Readonly<Record<string, Method>> = {
  start: { pre: ['nixproc_make_directories'], post: ['nixproc_save_state started'] },
  stop: { post: ['nixproc_save_state stopped'] },
  status: { implementation: ['nixproc_status'] },
};

const noCommand: RcCommand = { pre: null, implementation: null, post: null };

interface RcFunction {
  /** The variable of rc.subr(8) that names the function; null for one that another function calls. */
  readonly variable: string | null;
  readonly name: string;
  readonly body: string;
}

const functionsOf = (script: RcScript): readonly RcFunction[] => {
  const prefix = rcName(script.name);
  const methods = script.command === null ? stateMethods : processMethods(script);
  const names = [...new Set([...Object.keys(methods), ...Object.keys(script.commands)])];
  return names.flatMap((command) => {
    const ours = methods[command] ?? {};
    const users = script.commands[command] ?? noCommand;
    const combined = (first: readonly string[] = [], second: string | null): string =>
      [...(first.length === 0 ? [] : [indent(first)]), ...(second === null ? [] : [second])].join('\n');
    const make = (variable: string | null, name: string, body: string): readonly RcFunction[] =>
      body.trim() === '' ? [] : [{ variable, name, body }];
    // The user's own commands may ask a process to end, and return before it has.
    if (command === 'stop' && users.implementation !== null) {
      const inner = `${prefix}_users_stop`;
      return [
        ...make(null, inner, users.implementation),
        ...make('stop_precmd', `${prefix}_prestop`, combined(ours.pre, users.pre)),
        ...make('stop_cmd', `${prefix}_stop`, indent(['nixproc_before_stop', inner, 'nixproc_after_stop'])),
        ...make('stop_postcmd', `${prefix}_poststop`, combined([], users.post)),
      ];
    }
    return [
      ...make(`${command}_precmd`, `${prefix}_pre${command}`, combined(ours.pre, users.pre)),
      ...make(`${command}_cmd`, `${prefix}_${command}`, users.implementation ?? combined(ours.implementation, null)),
      ...make(`${command}_postcmd`, `${prefix}_post${command}`, combined(ours.post, users.post)),
    ];
  });
};

/** Only root may take on the limits of a login class; others run with those that they have. */
const limitsForOthers = [
  'if [ "$(id -u)" -ne 0 ]; then',
  '    limits()',
  '    {',
  '        [ "$1" != -C ] || shift 2',
  '        case $1 in',
  '            -*) command limits "$@" ;;',
  '            *) "$@" ;;',
  '        esac',
  '    }',
  'fi',
];

/**
 * The text of an rc.d script (rc.subr(8)): native where rc.subr knows how to start a process; who is the service's
 * process is decided by the function library.
 */
export const scriptText = (script: RcScript, surroundings: ScriptSurroundings): string => {
  const enabling = enablingVariable(script);
  const functions = functionsOf(script);
  const path = script.path.map((directory) => `${directory}/bin`).join(':');
  return `${[
    '#!/bin/sh',
    '',
    ...header(script, surroundings.dependencies),
    '',
    `. ${shellQuote(script.rcSubr)}`,
    '',
    assignment('name', rcName(script.name)),
    assignment('desc', oneLine(script.description)),
    ...(enabling === null ? [] : [assignment('rcvar', enabling)]),
    '',
    'load_rc_config "$name"',
    ...configuration(script),
    '',
    ...facts(script, surroundings),
    ...functions.flatMap(({ variable, name }) => (variable === null ? [] : [`${variable}=${name}`])),
    '',
    ...libraryVariables(script),
    // The caller's is not the service's; rc.conf(5) may say another one, which comes later.
    'umask 022',
    `. ${shellQuote(surroundings.functions)}`,
    '',
    // Behind the system's: its own tools are what rc.subr expects.
    ...(path === '' ? [] : [`PATH=$PATH:${shellQuote(path)}`, 'export PATH']),
    ...exportCommands(script.environment, disturbsRcSubr),
    ...(script.command === null ? [] : limitsForOthers),
    '',
    ...functions.flatMap(({ name, body }) => [`${name}()`, '{', body, '}', '']),
    `run_rc_command ${script.flexibleParameters ? '"$@"' : '"$1"'}`,
  ].join('\n')}\n`;
};
