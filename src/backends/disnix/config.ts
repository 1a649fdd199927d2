import { guessOfPidFile, isGuessed } from '../../model/pid-file.js';
import type { Credentials, ManagedProcess, ProcessInstance } from '../../model/process-model.js';
import { programOf } from '../../model/program-of.js';
import type { JsonObject } from '../../system/json.js';
import * as z from '../../system/schema.js';
import type { UnitContext } from '../backend.js';
import {
  absolutePath,
  argumentError,
  parseArguments,
  readElsewhere,
  text,
  type ArgumentReader,
} from '../shared/argument-schema.js';
import { credentialsFromArguments } from '../shared/credentials-arguments.js';
import type { ScriptedProcess } from '../shared/process-script.js';
import { nameProblem } from '../shared/script-name.js';
import { ownProcess } from './process-paths.js';

/** A process as createProcessScript's arguments describe it, with defaults filled in. */
export interface ProcessScript extends ScriptedProcess {
  readonly process: string;
  readonly description: string;
  /** Shell commands before the process; "" for none. */
  readonly initialize: string;
  readonly path: readonly string[];
  /** The program that starts the process is another one than the model's process: it has its own surroundings. */
  readonly isForeign: boolean;
  readonly credentials: Credentials;
}

const argumentsSchema = z.strictObject({
  name: text,
  process: text,
  pidFile: z.nullish(absolutePath),
  ...readElsewhere,
});

/** Where the script of a process records what it starts. */
export const recordFileOf = (runtimeDir: string, name: string): string => `${runtimeDir}/nixproc-disnix/${name}`;

const baseName = (path: string): string => path.split('/').at(-1) ?? path;

/** A program that starts a daemon, which writes its PID file itself. */
const foreignProcess = (
  name: string,
  process: string,
  { runtimeDir, logDir, tmpDir }: ProcessInstance['directories'],
): Omit<ProcessScript, 'recordFile' | 'directories' | 'credentials'> => ({
  name,
  description: name,
  initialize: '',
  process,
  args: [],
  processIsDaemon: true,
  // Dysnomia's own default.
  pidFile: `${runtimeDir}/${baseName(process)}.pid`,
  pidFileGuess: guessOfPidFile(`${runtimeDir}/${baseName(process)}.pid`, null, { runtimeDir, tmpDir }),
  logFile: `${logDir}/nixproc-${name}.log`,
  user: null,
  path: [],
  environment: {},
  umask: null,
  nice: null,
  directory: null,
  isForeign: true,
});

/** The model's process, which our script starts. */
const modelsProcess = (
  process: ManagedProcess,
  { instance, directories: { runtimeDir, logDir, tmpDir } }: ProcessInstance,
): Omit<ProcessScript, 'recordFile' | 'directories' | 'credentials'> => {
  const { name, instanceName, daemon, user } = process;
  const command = programOf(process, instance, 'daemon');
  // A process that stays in the foreground is daemonized with the rights of its user, who cannot write elsewhere. What a
  // daemon writes is caught before its rights are given up, and root must not write into a directory of everybody's.
  const outputDirectory = user !== null && daemon === null ? tmpDir : logDir;
  return {
    name,
    description: process.description,
    initialize: process.initialize,
    process: command.executable,
    args: command.args,
    processIsDaemon: daemon !== null,
    pidFile: process.pidFile,
    pidFileGuess: process.namesPidFile ? null : guessOfPidFile(process.pidFile, instanceName, { runtimeDir, tmpDir }),
    logFile: `${outputDirectory}/nixproc-${instanceName ?? name}.log`,
    user,
    path: process.path,
    environment: process.environment,
    umask: process.umask,
    nice: process.nice,
    directory: process.directory,
    isForeign: false,
  };
};

/**
 * Checks the arguments of createProcessScript, and fills in what it defaults to.
 *
 * @throws ModelError naming the instance and the argument.
 */
export const parseProcessScript = (args: JsonObject, { instance }: Pick<UnitContext, 'instance'>): ProcessScript => {
  const reader: ArgumentReader = {
    instance: instance.instance,
    manager: 'disnix',
    createFunction: 'createProcessScript',
  };
  const given = parseArguments(argumentsSchema, args, reader);
  const { name, process } = given;
  const problem = nameProblem(name);
  if (problem !== null) throw argumentError(reader, 'name', `${JSON.stringify(name)}: ${problem}`);
  const isModels = instance.process.kind === 'managed' && process === ownProcess(instance.process.name);
  const script =
    instance.process.kind === 'managed' && isModels
      ? modelsProcess(instance.process, instance)
      : foreignProcess(name, process, instance.directories);
  return {
    ...script,
    name,
    pidFile: given.pidFile ?? script.pidFile,
    pidFileGuess: isGuessed(given.pidFile ?? null, instance) ? script.pidFileGuess : null,
    recordFile: recordFileOf(instance.directories.runtimeDir, name),
    directories: instance.directories,
    endsAlone: instance.endsAlone,
    credentials: credentialsFromArguments(given.credentials, instance),
  };
};
