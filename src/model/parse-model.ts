import { ModelError } from '../system/errors.js';
import { WrongArgumentsError } from './argument-reader.js';
import { managedProcess } from './managed-process.js';
import type { InstanceDocument, ModelDocument, ProcessDocument } from './model-document.js';
import { takePasswordMarks } from './password-marks.js';
import type {
  InstanceName,
  ManagedProcess,
  ManagerName,
  ProcessInstance,
  ProcessModel,
  ProcessName,
  StateDirectories,
  StorePath,
} from './process-model.js';
import { programOf } from './program-of.js';
import { parseLeftovers } from './leftovers.js';
import { parseReadiness } from './readiness.js';
import { parseTimeout } from './time-outs.js';

/** What an evaluation knows besides the document. */
export interface ModelSurroundings {
  readonly manager: ManagerName;
  /** For processes that were made without the framework. */
  readonly directories: StateDirectories;
  readonly forceDisableUserChange: boolean;
}

export interface ParsedModel {
  readonly model: ProcessModel;
  /** Tools of the model's package set for what belongs to no process: a shell (executable) and coreutils (package). */
  readonly toolSource: { readonly shell: string; readonly coreutils: string };
  /** What the user should know, one sentence each. */
  readonly notes: readonly string[];
}

/** What an instance is called and where it stands, before its process is looked at. */
interface Place extends Omit<InstanceDocument, 'name'> {
  readonly instance: string;
  readonly declared: boolean;
}

/** What is the case of an instance of which nothing is told. */
const untold = {
  port: null,
  readiness: null,
  critical: true,
  startTimeout: null,
  stopTimeout: null,
  leftovers: null,
  position: null,
};

const portOrNull = (port: number | null): number | null => (port !== null && port >= 1 && port <= 65535 ? port : null);

/** @throws ModelError in the place of a WrongArgumentsError. */
const explainBadArguments = <T>(instance: string, parse: () => T): T => {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof WrongArgumentsError)) throw error;
    throw new ModelError(
      {
        what: `Process instance "${instance}" has a property of the wrong kind`,
        why: error.message,
        fix: 'Correct the value where the constructor calls createManagedProcess',
      },
      { cause: error },
    );
  }
};

/** @throws ModelError for a process that says nothing of what to run. */
const withProgram = (instance: string, process: ManagedProcess): ManagedProcess => {
  programOf(process, instance, 'foreground');
  return process;
};

/** @throws ModelError when a dependency has the name of an instance and other arguments. */
const refuseConflicts = ({ conflicts }: ModelDocument): void => {
  const [conflict] = conflicts;
  if (conflict === undefined) return;
  throw new ModelError({
    what: `"${conflict.dependent}" depends on a process "${conflict.dependency}" that is not the model's own "${conflict.dependency}"`,
    why: 'Both have the same name but were made from different arguments, and only one of them can run',
    fix: `Let the dependency be the pkg of the model's instance, or give one of them another name`,
  });
};

/** What processes are read with. */
interface Reading extends Pick<ModelDocument, 'scopes'> {
  readonly surroundings: ModelSurroundings;
  /** Of the model's package set, for what has none of its own. */
  readonly defaultTools: Readonly<Record<string, string>>;
  /** What the user should know; grows. */
  readonly notes: string[];
}

const scopeIn = ({ scopes }: Reading, key: string): ModelDocument['scopes'][string] => {
  const scope = scopes[key];
  if (scope === undefined) throw new Error(`the evaluation refers to an unknown scope ${key}`);
  return scope;
};

type Specifics = Pick<
  ProcessInstance,
  'process' | 'dependencies' | 'directories' | 'forceDisableUserChange' | 'tools' | 'files'
>;

const specificsOf = (reading: Reading, process: ProcessDocument, instance: string): Specifics => {
  const name = process.name as ProcessName;
  if (process.kind === 'package') {
    return {
      process: { kind: 'package', name, path: process.path as StorePath },
      dependencies: [],
      directories: reading.surroundings.directories,
      forceDisableUserChange: reading.surroundings.forceDisableUserChange,
      tools: reading.defaultTools,
      files: null,
    };
  }
  const { directories, forceDisableUserChange, tools } = scopeIn(reading, process.scope);
  const { arguments: args, users } = takePasswordMarks(process.arguments);
  for (const user of users) {
    reading.notes.push(`${instance}: the password of user "${user}" is left out, since everyone can read a profile`);
  }
  return {
    process:
      process.kind === 'direct'
        ? { kind: 'direct', name, manager: process.manager as ManagerName, arguments: args }
        : withProgram(
            instance,
            explainBadArguments(instance, () =>
              managedProcess(args, { name, directories, forceDisableUserChange, overrides: process.overrides }),
            ),
          ),
    dependencies: process.dependencies as readonly ProcessName[],
    directories,
    forceDisableUserChange,
    tools: { ...tools, ...process.tools },
    files: process.files as StorePath | null,
  };
};

const instanceOf = (reading: Reading, process: ProcessDocument, place: Place): ProcessInstance => {
  const specifics = specificsOf(reading, process, place.instance);
  return {
    ...place,
    instance: place.instance as InstanceName,
    name: process.name as ProcessName,
    ...specifics,
    readiness: parseReadiness(place.readiness, { ...place, shell: specifics.tools['shell'] ?? '/bin/sh' }),
    startTimeout: parseTimeout(place.startTimeout, 'startTimeout', place.instance),
    stopTimeout: parseTimeout(place.stopTimeout, 'stopTimeout', place.instance),
    leftovers: parseLeftovers(place.leftovers, place.instance),
    endsAlone: process.kind === 'managed' && process.endsAlone,
    ...(process.kind !== 'package' && process.stray !== undefined ? { stray: process.stray } : {}),
  };
};

/**
 * Validates what the evaluation said and fills in defaults.
 *
 * @throws ModelError naming the instance
 */
export const parseModel = (document: ModelDocument, surroundings: ModelSurroundings): ParsedModel => {
  refuseConflicts(document);
  const { scopes, hostPackages, storeDir } = document;
  const { manager } = surroundings;
  const defaultTools = Object.values(scopes)[0]?.tools ?? document.fallbackTools ?? {};
  const notes: string[] = [];

  const reading: Reading = { scopes, surroundings, defaultTools, notes };
  const declared = document.instances.map(({ name, process, ...place }) =>
    instanceOf(reading, process, { ...place, instance: name, declared: true, port: portOrNull(place.port) }),
  );
  const taken = new Set<string>(declared.map(({ instance }) => instance));
  const added = document.dependencies.map(({ process, dependent }) => {
    const { name } = process;
    if (taken.has(name)) {
      throw new ModelError({
        what: `"${dependent}" depends on a process "${name}", but the model's instance "${name}" is another process`,
        why: `Processes that are not instances of the model go by their name, and "${name}" is taken`,
        fix: `Add the process to the model as an instance`,
      });
    }
    notes.push(`${dependent} depends on "${name}", which is no instance of the model: it is deployed as well`);
    return instanceOf(reading, process, { ...untold, instance: name, declared: false });
  });

  const { shell, coreutils } = defaultTools;
  if (shell === undefined || coreutils === undefined) throw new Error('the evaluation names no shell and coreutils');
  return {
    model: {
      manager,
      storeDir,
      hostPackages,
      instances: [...declared, ...added].sort((a, b) => (a.instance < b.instance ? -1 : 1)),
    },
    toolSource: { shell, coreutils },
    notes,
  };
};
