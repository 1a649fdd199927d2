import { guessOfPidFile, isGuessed } from '../../model/pid-file.js';
import type { Credentials, ProcessInstance } from '../../model/process-model.js';
import type { JsonObject } from '../../system/json.js';
import * as z from '../../system/schema.js';
import {
  absolutePath,
  argumentError,
  flag,
  integer,
  namedTexts,
  parseArguments,
  scriptArguments,
  text,
  texts,
  type ArgumentReader,
} from '../shared/argument-schema.js';
import { credentialsFromArguments } from '../shared/credentials-arguments.js';
import type { ScriptedProcess } from '../shared/process-script.js';
import { nameProblem } from '../shared/script-name.js';

/** What an activity does, with the words it is announced with: "Starting". */
export interface Instruction {
  readonly activity: string;
  readonly instruction: string;
}

/** Shell commands that a direct call of createSystemVInitScript puts in the place of ours. */
export interface Commands {
  readonly initialInstructions: string | null;
  readonly startDaemon: string | null;
  readonly startProcessAsDaemon: string | null;
  readonly stopDaemon: string | null;
  readonly reloadDaemon: string | null;
  readonly evaluateCommand: string | null;
  readonly statusCommand: string | null;
  readonly restartActivity: string | null;
}

/** An init script as createSystemVInitScript's arguments describe it, with defaults filled in. */
export interface SystemVInitScript extends ScriptedProcess {
  readonly description: string;
  /** Shell commands for all activities. */
  readonly globalInstructions: string;
  readonly path: readonly string[];
  /** Shell commands before the process; "" for none. */
  readonly initialize: string;
  /** "-HUP", or any other spelling of a signal. */
  readonly reloadSignal: string;
  readonly instructions: Readonly<Record<string, Instruction>>;
  readonly activities: Readonly<Record<string, string>>;
  readonly removeActivities: readonly string[];
  /** The runlevels that it is started in, and those that it is stopped in; sorted. */
  readonly startLevels: readonly string[];
  readonly stopLevels: readonly string[];
  readonly minSequence: number;
  readonly maxSequence: number;
  readonly credentials: Credentials;
  readonly commands: Commands;
}

const runlevels = z.array(z.pipe(text, z.string().check(z.regex(/^[0-9S]$/, 'expected a runlevel (0 to 9, or S)'))), {
  error: 'expected a list of runlevels',
});

/** Outer arguments of the create function that say how scripts of a distribution look. */
const outerSchema = z.object({
  initialInstructions: z.nullish(text),
  startDaemon: z.nullish(text),
  startProcessAsDaemon: z.nullish(text),
  stopDaemon: z.nullish(text),
  reloadDaemon: z.nullish(text),
  evaluateCommand: z.nullish(text),
  statusCommand: z.nullish(text),
  restartActivity: z.nullish(text),
  supportedRunlevels: z.nullish(runlevels),
  minSequence: z.nullish(integer),
  maxSequence: z.nullish(integer),
});

const argumentsSchema = z.strictObject({
  ...scriptArguments,
  globalInstructions: z.nullish(text),
  initialize: z.nullish(text),
  process: z.nullish(text),
  processIsDaemon: z.nullish(flag),
  args: z.nullish(texts),
  pidFile: z.nullish(absolutePath),
  user: z.nullish(text),
  instructions: z.nullish(
    z.record(z.string(), z.object({ activity: text, instruction: text }), {
      error: 'expected attribute sets with activity and instruction',
    }),
  ),
  activities: z.nullish(namedTexts),
  removeActivities: z.nullish(texts),
  runlevels: z.nullish(runlevels),
  defaultStart: z.nullish(runlevels),
  defaultStop: z.nullish(runlevels),
  outer: z.nullish(outerSchema),
});
type Arguments = z.infer<typeof argumentsSchema>;

const allRunlevels = ['0', '1', '2', '3', '4', '5', '6'];
const multiUserRunlevels = ['2', '3', '4', '5'];

const sorted = (levels: Iterable<string>): readonly string[] => [...new Set(levels)].sort();

const without = (levels: readonly string[], others: readonly string[]): readonly string[] =>
  levels.filter((level) => !others.includes(level));

const readerFor = (instance: string): ArgumentReader => ({
  instance,
  manager: 'sysvinit',
  createFunction: 'createSystemVInitScript',
});

const levelsOf = (given: Arguments, instance: string): Pick<SystemVInitScript, 'startLevels' | 'stopLevels'> => {
  const supported = given.outer?.supportedRunlevels ?? allRunlevels;
  for (const property of ['runlevels', 'defaultStart', 'defaultStop'] as const) {
    const [unknown] = without(given[property] ?? [], supported);
    if (unknown !== undefined) {
      throw argumentError(readerFor(instance), property, `Runlevel ${unknown} is none of: ${supported.join(' ')}`);
    }
  }
  const { runlevels: levels = null, defaultStart = null, defaultStop = null } = given;
  if (levels !== null && levels.length > 0) {
    return { startLevels: sorted(levels), stopLevels: sorted(without(supported, levels)) };
  }
  if ((defaultStart ?? []).length > 0 || (defaultStop ?? []).length > 0) {
    return { startLevels: sorted(defaultStart ?? []), stopLevels: sorted(defaultStop ?? []) };
  }
  const start = supported.filter((level) => multiUserRunlevels.includes(level));
  return { startLevels: sorted(start), stopLevels: sorted(without(supported, start)) };
};

/** Where the script of a process records what it starts. */
export const recordFileOf = (runtimeDir: string, name: string): string => `${runtimeDir}/nixproc-sysvinit/${name}`;

const baseName = (path: string): string => path.split('/').at(-1) ?? path;

/**
 * Checks the arguments of createSystemVInitScript, and fills in what it defaults to.
 *
 * @throws ModelError naming the instance and the argument.
 */
export const parseScript = (
  args: JsonObject,
  instance: Pick<ProcessInstance, 'instance' | 'directories' | 'forceDisableUserChange' | 'endsAlone' | 'process'>,
): SystemVInitScript => {
  const reader = readerFor(instance.instance);
  const given = parseArguments(argumentsSchema, args, reader);
  const { name, instanceName = null, outer = {} } = given;
  const problem = nameProblem(name);
  if (problem !== null) throw argumentError(reader, 'name', `${JSON.stringify(name)}: ${problem}`);

  const { runtimeDir, logDir, tmpDir } = instance.directories;
  const user = instance.forceDisableUserChange ? null : (given.user ?? null);
  const process = given.process ?? null;
  const processIsDaemon = given.processIsDaemon ?? true;
  const pidName = instanceName ?? (process === null ? name : baseName(process));
  const pidFile = given.pidFile ?? `${(given.user ?? null) === null ? runtimeDir : tmpDir}/${pidName}.pid`;
  // A process that stays in the foreground is daemonized with the rights of its user, who cannot write elsewhere. What a
  // daemon writes is caught before its rights are given up, and root must not write into a directory of everybody's.
  const outputDirectory = user !== null && !processIsDaemon ? tmpDir : logDir;
  return {
    name,
    description: given.description ?? name,
    globalInstructions: given.globalInstructions ?? '',
    umask: given.umask ?? null,
    nice: given.nice ?? null,
    directory: given.directory ?? null,
    path: given.path ?? [],
    environment: given.environment ?? {},
    initialize: given.initialize ?? '',
    process,
    args: given.args ?? [],
    processIsDaemon,
    logFile:
      (given.enableDaemonOutputLogging ?? true) ? `${outputDirectory}/nixproc-${instanceName ?? name}.log` : null,
    pidFile,
    pidFileGuess: isGuessed(given.pidFile ?? null, instance)
      ? guessOfPidFile(pidFile, instanceName, { runtimeDir, tmpDir })
      : null,
    recordFile: recordFileOf(runtimeDir, name),
    directories: { runtimeDir, logDir, tmpDir },
    endsAlone: instance.endsAlone,
    user,
    reloadSignal: given.reloadSignal ?? '-HUP',
    instructions: given.instructions ?? {},
    activities: given.activities ?? {},
    removeActivities: given.removeActivities ?? [],
    ...levelsOf(given, instance.instance),
    minSequence: outer?.minSequence ?? 0,
    maxSequence: outer?.maxSequence ?? 99,
    credentials: credentialsFromArguments(given.credentials, instance),
    commands: {
      initialInstructions: outer?.initialInstructions ?? null,
      startDaemon: outer?.startDaemon ?? null,
      startProcessAsDaemon: outer?.startProcessAsDaemon ?? null,
      stopDaemon: outer?.stopDaemon ?? null,
      reloadDaemon: outer?.reloadDaemon ?? null,
      evaluateCommand: outer?.evaluateCommand ?? null,
      statusCommand: outer?.statusCommand ?? null,
      restartActivity: outer?.restartActivity ?? null,
    },
  };
};
