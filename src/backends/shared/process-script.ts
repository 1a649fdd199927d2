import type { PidFileGuess } from '../../model/pid-file.js';
import type { ProcessInstance } from '../../model/process-model.js';
import { ModelError } from '../../system/errors.js';
import { keptVariables } from './clean-start.js';
import { variablesLostInShells } from './launch-script.js';
import { shellCommand, shellQuote } from './shell-quote.js';

/** A process that a script starts and stops with the functions of nix/nixproc/backends/process-functions.sh. */
export interface ScriptedProcess {
  readonly name: string;
  /** null for a script without a process. */
  readonly process: string | null;
  readonly args: readonly string[];
  /** The process goes into the background and writes its PID file itself; else libslack's `daemon` does both. */
  readonly processIsDaemon: boolean;
  readonly pidFile: string;
  /** null when the model says where the PID file is. */
  readonly pidFileGuess: PidFileGuess | null;
  /** What says which process was started, in a directory of the owner's alone. */
  readonly recordFile: string;
  /** Where the output of the process goes; null for nowhere. */
  readonly logFile: string | null;
  /** null stays whoever calls the script. */
  readonly user: string | null;
  readonly environment: Readonly<Record<string, string>>;
  /** As umask(1) takes it; null leaves it alone. */
  readonly umask: string | null;
  /** null leaves it alone. */
  readonly nice: number | null;
  /** null for the directory that the script is called in. */
  readonly directory: string | null;
  /** The model says that nothing but the process itself is ended. Default: what goes with it ends, too. */
  readonly endsAlone?: boolean;
  /** Those of the deployment, which a start makes when they are missing. */
  readonly directories: Pick<ProcessInstance['directories'], 'runtimeDir' | 'logDir' | 'tmpDir'>;
}

type Tools = ProcessInstance['tools'];
type Environment = ScriptedProcess['environment'];

const coreutils = (tools: Tools): string => `${tools['coreutils'] ?? ''}/bin`;

/** What changes the shell's own doing, or what the function library's variables hold. */
const disturbsShells = /^(?:nixproc_.*|TMOUT|LINES|COLUMNS|GLOBIGNORE|CDPATH|HOSTNAME|OLDPWD)$/;

/**
 * Variables that cannot be set for a whole script, but for the process alone: shells lose some, and others disturb what
 * the script itself does.
 *
 * @param disturbs the names of the latter
 */
export const environmentOfProcess = (environment: Environment, disturbs = disturbsShells): Environment => {
  const lost = new Set(Object.keys(variablesLostInShells(environment)));
  return Object.fromEntries(Object.entries(environment).filter(([name]) => lost.has(name) || disturbs.test(name)));
};

/** Variables for the whole script: the others, as commands. */
export const exportCommands = (environment: Environment, disturbs = disturbsShells): readonly string[] => {
  const forProcess = new Set(Object.keys(environmentOfProcess(environment, disturbs)));
  return Object.keys(environment)
    .filter((name) => !forProcess.has(name))
    .sort()
    .map((name) => `export ${name}=${shellQuote(environment[name] ?? '')}`);
};

const daemonProgram = (tools: Tools): string => tools['daemon'] ?? 'daemon';

/** Which directories a start makes when they are missing: what lies below /run is gone after a reboot. */
export const directoryVariables = ({
  runtimeDir,
  logDir,
  tmpDir,
}: ScriptedProcess['directories']): readonly (readonly [string, string])[] => [
  ['runtime_directory', runtimeDir],
  ['log_directory', logDir],
  ['tmp_directory', tmpDir],
];

/** Where else the process may be found, when its PID file does not come. */
export const guessVariables = (guess: PidFileGuess | null): readonly (readonly [string, string])[] =>
  guess === null ? [] : [['elsewhere', guess.elsewhere], ...(guess.isFaint ? [['faint', 'yes'] as const] : [])];

/**
 * The variables that the function library documents, as assignments.
 *
 * @param wrapper the program that puts a foreground process into the background, when it is not the one among the tools
 */
export const libraryVariables = (
  script: ScriptedProcess,
  tools: Tools,
  wrapper: string = daemonProgram(tools),
): string => {
  const { environment } = script;
  const assignments: readonly (readonly [string, string | number | null | undefined])[] = [
    ['name', script.name],
    ['program', script.process],
    ['pid_file', script.pidFile],
    // Who keeps a process in the background is told where the PID file is to be.
    ...(script.processIsDaemon ? guessVariables(script.pidFileGuess) : []),
    ['record', script.recordFile],
    ['log_file', script.logFile],
    ['wrapper', script.processIsDaemon ? null : wrapper],
    ['user', script.user],
    ['kept', keptVariables(environment)],
    ['nice', script.nice],
    ['directory', script.directory],
    ...directoryVariables(script.directories),
    ['coreutils', coreutils(tools)],
    ['setpriv', script.user === null ? null : tools['setpriv']],
  ];
  const alone: typeof assignments = script.endsAlone === true ? [['ends_alone', 'yes']] : [];
  return [...assignments, ...alone]
    .map(([name, value]) => `nixproc_${name}=${value === null || value === undefined ? '' : shellQuote(String(value))}`)
    .join('\n');
};

/**
 * Commands that make the surroundings of the process: nothing of the caller's, then umask, directory, PATH and environment.
 *
 * @param path the value of PATH; "" is the system's
 * @param keepsPath whether the system's PATH comes after that
 */
export const settingCommands = (
  { umask, directory, environment }: Pick<ScriptedProcess, 'umask' | 'directory' | 'environment'>,
  path: string,
  keepsPath: boolean,
): string =>
  [
    'nixproc_forget_caller',
    ...(umask === null ? [] : [`umask ${shellQuote(umask)}`]),
    // Commands may count on the directory, but some of them have to work without it.
    ...(directory === null ? [] : [`if [ -d ${shellQuote(directory)} ]; then cd -- ${shellQuote(directory)} || :; fi`]),
    ...(Object.hasOwn(environment, 'PATH') || path === ''
      ? []
      : [`PATH=${shellQuote(path)}${keepsPath ? '"${PATH:+:$PATH}"' : ''}`, 'export PATH']),
    ...exportCommands(environment),
  ].join('\n');

/** The words that become the process, with what the shell cannot set for it. */
export const processWords = (
  process: string,
  { args, environment }: Pick<ScriptedProcess, 'args' | 'environment'>,
  tools: Tools,
): readonly string[] => {
  const program = [process, ...args];
  const variables = Object.entries(environmentOfProcess(environment)).sort(([a], [b]) => (a < b ? -1 : 1));
  if (variables.length === 0) return program;
  return [
    `${coreutils(tools)}/env`,
    '--',
    ...variables.map(([name, value]) => `${name}=${value}`),
    // env takes a program with "=" in its path for a variable; nice does not.
    ...(process.includes('=') ? [`${coreutils(tools)}/nice`, '-n', '0', '--'] : []),
    ...program,
  ];
};

/** daemon(1) refuses a PID file of which it does not know every character. */
const refuseUnusualPidFile = ({ name, pidFile }: Pick<ScriptedProcess, 'name' | 'pidFile'>): void => {
  const unusual = /[^-._a-zA-Z0-9/]/u.exec(pidFile)?.[0];
  if (unusual === undefined) return;
  throw new ModelError({
    what: `The PID file of process "${name}" cannot be ${pidFile}`,
    why: `It contains ${JSON.stringify(unusual)}; daemon, which keeps the process in the background, takes letters, digits and the characters . _ - / only`,
    fix: 'Choose another directory with --runtime-dir or --state-dir, or give the process another pidFile',
  });
};

/**
 * A command that has libslack's daemon(1) run a process in the background. It changes directory and umask unless it is
 * told not to. Without --env the environment is inherited anyway; with --inherit, version 0.8 hands over every variable
 * twice.
 *
 * @param command how daemon is called
 * @param words the process
 * @throws ModelError for a PID file that it would refuse
 */
export const daemonizeCommand = (
  command: string,
  words: readonly string[],
  script: Pick<ScriptedProcess, 'name' | 'pidFile' | 'logFile'>,
): string => {
  refuseUnusualPidFile(script);
  return [
    command,
    '--umask "$(umask)" --chdir "${nixproc_directory:-/}"',
    '--pidfile "$nixproc_pid_file"',
    ...(script.logFile === null ? [] : ['--output "$nixproc_log_file"']),
    '--',
    shellCommand(words),
  ].join(' ');
};

/**
 * The command that starts the process and waits until it runs.
 *
 * @param cleanStart what is put before the process when daemon runs it, which ignores SIGHUP and leaves its own files open
 * @throws ModelError as {@link daemonizeCommand}
 */
export const startCommand = (
  process: string,
  script: ScriptedProcess,
  tools: Tools,
  cleanStart: readonly string[],
): string => {
  const words = processWords(process, script, tools);
  return script.processIsDaemon
    ? `nixproc_start ${shellCommand(words)}`
    : `nixproc_start ${daemonizeCommand(`${shellQuote(daemonProgram(tools))} --noconfig --unsafe`, [...cleanStart, ...words], script)}`;
};

/**
 * What follows a start so that it includes getting ready.
 *
 * @param command see readinessCommand; null for nothing
 */
export const awaitReadyCommands = (command: readonly string[] | null): readonly string[] =>
  command === null ? [] : [`nixproc_await_ready ${shellCommand(command)}`];
