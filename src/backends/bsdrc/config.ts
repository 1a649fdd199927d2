import { guessOfPidFile, isGuessed, type PidFileGuess } from '../../model/pid-file.js';
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
  signal,
  text,
  texts,
  type ArgumentReader,
} from '../shared/argument-schema.js';
import { credentialsFromArguments } from '../shared/credentials-arguments.js';
import type { ScriptedProcess } from '../shared/process-script.js';
import { nameProblem, rcName } from './rc-name.js';

/** What a command of the script does, as shell commands; null for what rc.subr(8) does itself. */
export interface RcCommand {
  readonly pre: string | null;
  readonly implementation: string | null;
  readonly post: string | null;
}

/** An rc.d script as createBSDRCScript's arguments describe it, with defaults filled in. */
export interface RcScript {
  readonly name: string;
  readonly description: string;
  /** The suffix of the rc.conf(5) variable that enables it; null: it always is. */
  readonly rcvar: string | null;
  /** Defaults of rc.conf(5) variables, by their suffixes. */
  readonly rcvarsDefaults: Readonly<Record<string, string>>;
  /** null for a script that consists of commands alone. */
  readonly command: string | null;
  readonly commandArgs: readonly string[];
  /** The process goes into the background and writes its PID file itself; else daemon(8) does both. */
  readonly commandIsDaemon: boolean;
  /** Where the output of the process goes; null for nowhere. */
  readonly logFile: string | null;
  readonly directories: ScriptedProcess['directories'];
  /** Names of signals, without "SIG". */
  readonly reloadSignal: string;
  readonly stopSignal: string;
  /** Those that rc.subr(8) sends unless it is told otherwise. */
  readonly defaultSignals: { readonly reload: string; readonly stop: string };
  readonly environment: Readonly<Record<string, string>>;
  readonly path: readonly string[];
  readonly pidFile: string;
  /** null when the model says where the PID file is. */
  readonly pidFileGuess: PidFileGuess | null;
  /** What says which process was started, in a directory of the owner's alone. */
  readonly recordFile: string;
  readonly nice: number | null;
  readonly umask: string | null;
  readonly directory: string | null;
  /** null as well when user changes are disabled. */
  readonly user: string | null;
  /** The routing table of the process: setfib(1). */
  readonly fib: number | null;
  /** Options of limits(1). */
  readonly limits: string | null;
  readonly loginClass: string | null;
  /** Whether protect(1) keeps it alive when swap space is exhausted; ALL: with what it starts. */
  readonly oomProtect: 'YES' | 'ALL' | null;
  readonly requiredFiles: readonly string[];
  readonly requiredDirs: readonly string[];
  readonly requiredVars: readonly string[];
  readonly requiredModules: readonly string[];
  readonly commands: Readonly<Record<string, RcCommand>>;
  /** What run_rc_command can do without being told; what else there is goes into extra_commands. */
  readonly builtinCommands: readonly string[];
  /** Whether commands get more words than their names. */
  readonly flexibleParameters: boolean;
  /** For rcorder(8). */
  readonly requires: readonly string[];
  readonly provides: readonly string[];
  readonly keywords: readonly string[];
  readonly credentials: Credentials;
  /** The file with the functions of rc.subr(8). */
  readonly rcSubr: string;
}

const identifier = z.pipe(
  text,
  z.string().check(z.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "expected a shell variable's name")),
);

/** What stays one word, and the same, however often a shell reads it; rc.subr(8) splits at spaces, and does not quote. */
const plain = z
  .string()
  .check(z.regex(/^[A-Za-z0-9_@%+=:,./-]+$/, 'expected letters, digits and _ @ % + = : , . / - only'));
const plainWord = z.pipe(text, plain);
const plainPath = z.pipe(text, plain.check(z.startsWith('/', 'expected an absolute path')));
const plainWords = z.array(plainWord, { error: 'expected a list' });

/** FILE, FILE:MODULE or FILE~PATTERN, as load_kld of rc.subr(8) wants it. */
const module = z.pipe(
  text,
  z.string().check(z.regex(/^[A-Za-z0-9_./-]+(?:[:~]\S+)?$/, 'expected the file of a kernel module')),
);

const setOfIdentifiers = namedTexts.check(
  z.superRefine((set, context) => {
    for (const name of Object.keys(set)) {
      if (!/^[A-Za-z0-9_]+$/.test(name)) {
        context.addIssue({ code: 'custom', path: [name], message: "expected the end of a shell variable's name" });
      }
    }
  }),
);

const rcCommand = z.strictObject(
  { pre: z.nullish(text), implementation: z.nullish(text), post: z.nullish(text) },
  { error: 'expected an attribute set with pre, implementation and post' },
);

const outerSchema = z.object({
  rcSubr: z.nullish(absolutePath),
  builtinCommands: z.nullish(texts),
  defaultReloadSignal: z.nullish(signal),
  defaultStopSignal: z.nullish(signal),
});

const argumentsSchema = z.strictObject({
  ...scriptArguments,
  rcvar: z.nullish(identifier),
  rcvarsDefaults: z.nullish(setOfIdentifiers),
  command: z.nullish(plainPath),
  commandArgs: z.nullish(texts),
  commandIsDaemon: z.nullish(flag),
  stopSignal: z.nullish(signal),
  pidFile: z.nullish(plainPath),
  user: z.nullish(plainWord),
  fib: z.nullish(z.pipe(integer, z.number().check(z.nonnegative('expected the number of a routing table')))),
  limits: z.nullish(z.pipe(text, z.string().check(z.regex(/^-[A-Za-z0-9 =.:+-]+$/, 'expected options of limits(1)')))),
  loginClass: z.nullish(plainWord),
  oomProtect: z.nullish(
    z.pipe(
      z.union(
        [
          z.pipe(
            flag,
            z.transform((on) => (on ? 'YES' : null)),
          ),
          z.pipe(text, z.enum(['YES', 'ALL', 'yes', 'all'])),
        ],
        {
          error: 'expected true, false, "YES" or "ALL"',
        },
      ),
      z.transform((value) => (value === null ? null : value.toUpperCase() === 'ALL' ? 'ALL' : 'YES')),
    ),
  ),
  requiredFiles: z.nullish(plainWords),
  requiredDirs: z.nullish(plainWords),
  requiredVars: z.nullish(z.array(identifier, { error: 'expected a list' })),
  requiredModules: z.nullish(z.array(module, { error: 'expected a list' })),
  commands: z.nullish(
    z.record(identifier, rcCommand, {
      error: ({ code }) =>
        code === 'invalid_key' ? "expected a shell variable's name" : 'expected an attribute set of commands',
    }),
  ),
  flexibleParameters: z.nullish(flag),
  requires: z.nullish(plainWords),
  provides: z.nullish(plainWords),
  keywords: z.nullish(plainWords),
  outer: z.nullish(outerSchema),
});

/** Where the script of a process records what it starts. */
export const recordFileOf = (runtimeDir: string, name: string): string => `${runtimeDir}/nixproc-bsdrc/${name}`;

const baseName = (path: string): string => path.split('/').at(-1) ?? path;

/** rc.subr(8) puts "-" before the name of a signal itself. */
const signalName = (given: string): string => given.replace(/^-/, '').replace(/^SIG/, '');

const builtinCommands = ['start', 'stop', 'restart', 'status', 'poll', 'rcvar'];

/** The user's commands. @throws ModelError when nothing says how to start or stop the service */
const commandsOf = (given: z.infer<typeof argumentsSchema>, reader: ArgumentReader): RcScript['commands'] => {
  const commands = Object.fromEntries(
    Object.entries(given.commands ?? {}).map(([called, { pre = null, implementation = null, post = null }]) => [
      called,
      { pre, implementation, post },
    ]),
  );
  for (const needed of ['start', 'stop']) {
    if ((given.command ?? null) === null && (commands[needed]?.implementation ?? null) === null) {
      throw argumentError(
        reader,
        `commands.${needed}.implementation`,
        `There is no command, so that rc.subr does not know how to ${needed} the service`,
      );
    }
  }
  return commands;
};

/**
 * Checks the arguments of createBSDRCScript, and fills in what it defaults to.
 *
 * @throws ModelError naming the instance and the argument.
 */
export const parseRcScript = (
  args: JsonObject,
  instance: Pick<ProcessInstance, 'instance' | 'directories' | 'forceDisableUserChange' | 'process'>,
): RcScript => {
  const reader: ArgumentReader = {
    instance: instance.instance,
    manager: 'bsdrc',
    createFunction: 'createBSDRCScript',
  };
  const given = parseArguments(argumentsSchema, args, reader);
  const { name, instanceName = null, outer = {} } = given;
  const problem = nameProblem(name);
  if (problem !== null) throw argumentError(reader, 'name', `${JSON.stringify(name)}: ${problem}`);

  const command = given.command ?? null;
  const commands = commandsOf(given, reader);

  const { runtimeDir, logDir, tmpDir } = instance.directories;
  const user = instance.forceDisableUserChange ? null : (given.user ?? null);
  const pidName = instanceName ?? (command === null ? name : baseName(command));
  const pidFile = given.pidFile ?? `${(given.user ?? null) === null ? runtimeDir : tmpDir}/${pidName}.pid`;
  if (!plainWord.safeParse(pidFile).success) {
    throw argumentError(reader, 'pidFile', `${JSON.stringify(pidFile)}: rc.subr cannot handle all of its characters`);
  }
  const defaultSignals = {
    reload: signalName(outer?.defaultReloadSignal ?? 'HUP'),
    stop: signalName(outer?.defaultStopSignal ?? 'TERM'),
  };
  return {
    name,
    description: given.description ?? name,
    rcvar: given.rcvar === undefined ? 'enable' : given.rcvar,
    rcvarsDefaults: given.rcvarsDefaults ?? {},
    command,
    commandArgs: given.commandArgs ?? [],
    commandIsDaemon: given.commandIsDaemon ?? true,
    // Both daemons and daemon(8) run with the rights of the user when they open it.
    logFile:
      command === null || !(given.enableDaemonOutputLogging ?? true)
        ? null
        : `${user === null ? logDir : tmpDir}/nixproc-${instanceName ?? name}.log`,
    reloadSignal: given.reloadSignal == null ? defaultSignals.reload : signalName(given.reloadSignal),
    stopSignal: given.stopSignal == null ? defaultSignals.stop : signalName(given.stopSignal),
    defaultSignals,
    environment: given.environment ?? {},
    path: given.path ?? [],
    pidFile,
    pidFileGuess: isGuessed(given.pidFile ?? null, instance)
      ? guessOfPidFile(pidFile, instanceName, { runtimeDir, tmpDir })
      : null,
    recordFile: recordFileOf(runtimeDir, name),
    directories: { runtimeDir, logDir, tmpDir },
    nice: given.nice ?? null,
    umask: given.umask ?? null,
    directory: given.directory ?? null,
    user,
    fib: given.fib ?? null,
    limits: given.limits ?? null,
    loginClass: given.loginClass ?? null,
    oomProtect: given.oomProtect ?? null,
    requiredFiles: given.requiredFiles ?? [],
    requiredDirs: given.requiredDirs ?? [],
    requiredVars: given.requiredVars ?? [],
    requiredModules: given.requiredModules ?? [],
    commands,
    builtinCommands: outer?.builtinCommands ?? builtinCommands,
    flexibleParameters: given.flexibleParameters ?? false,
    requires: given.requires ?? [],
    provides: given.provides ?? [name],
    keywords: given.keywords ?? [],
    credentials: credentialsFromArguments(given.credentials, instance),
    rcSubr: outer?.rcSubr ?? '/etc/rc.subr',
  };
};

/** The rc.conf(5) variable that enables a service, or null when it always is. */
export const enablingVariable = ({ name, rcvar }: Pick<RcScript, 'name' | 'rcvar'>): string | null =>
  rcvar === null ? null : `${rcName(name)}_${rcvar}`;
