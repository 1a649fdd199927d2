import { isJsonObject, nixToString, type Json, type JsonObject } from '../system/json.js';
import { ArgumentReader } from './argument-reader.js';
import type {
  CommandLine,
  Credentials,
  GroupSpec,
  ManagedProcess,
  ProcessName,
  StateDirectories,
  UserSpec,
} from './process-model.js';

/** The arguments of createManagedProcess as nix/nixproc/create-managed-process leaves them. */
const argumentNames = new Set([
  ...['name', 'instanceName', 'description', 'initialize', 'process', 'args', 'pidFile', 'path', 'environment'],
  ...['daemon', 'daemonExtraArgs', 'daemonArgs'],
  ...['foregroundProcess', 'foregroundProcessExtraArgs', 'foregroundProcessArgs'],
  ...['directory', 'umask', 'nice', 'user', 'credentials'],
]);

const commandLine = (executable: string | null, args: readonly string[]): CommandLine | null =>
  executable === null ? null : { executable, args };

const baseName = (path: string): string => path.split('/').at(-1) ?? path;

const textOrNull = (value: Json | undefined): string | null =>
  value === undefined || value === null ? null : nixToString(value);

/** A number of a user or group; null as well for what is no number, which the platform then chooses itself. */
const idOrNull = (value: Json | undefined): number | null => {
  const id = textOrNull(value);
  return id !== null && /^\d+$/.test(id) ? Number(id) : null;
};

const attributeTexts = (attributes: JsonObject): Record<string, string> =>
  Object.fromEntries(
    Object.entries(attributes).flatMap(([name, value]) => (isJsonObject(value) ? [] : [[name, nixToString(value)]])),
  );

// Both in the order in which a manifest has them: it is written faster so.

const group = (name: string, attributes: JsonObject): GroupSpec => ({
  attributes: attributeTexts(attributes),
  gid: idOrNull(attributes['gid']),
  name,
});

const user = (name: string, attributes: JsonObject): UserSpec => ({
  attributes: attributeTexts(attributes),
  createHomeDir: textOrNull(attributes['createHomeDir']) === '1',
  description: textOrNull(attributes['description']),
  group: textOrNull(attributes['group']),
  homeDir: textOrNull(attributes['homeDir']),
  name,
  shell: textOrNull(attributes['shell']),
  uid: idOrNull(attributes['uid']),
});

const byName = (a: readonly [string, unknown], b: readonly [string, unknown]): number => (a[0] < b[0] ? -1 : 1);

/** Users and groups, sorted by name. */
export const credentials = (given: {
  groups: Readonly<Record<string, JsonObject>>;
  users: Readonly<Record<string, JsonObject>>;
}): Credentials => ({
  groups: Object.entries(given.groups)
    .sort(byName)
    .map(([name, attributes]) => group(name, attributes)),
  users: Object.entries(given.users)
    .sort(byName)
    .map(([name, attributes]) => user(name, attributes)),
});

/** What defaults depend on besides the arguments themselves. */
export interface ProcessSurroundings {
  readonly name: ProcessName;
  readonly directories: StateDirectories;
  readonly forceDisableUserChange: boolean;
  readonly overrides: JsonObject | 'function' | null;
}

/**
 * Fills in what createManagedProcess defaults to.
 *
 * @param args as given to createManagedProcess, as plain data
 * @throws WrongArgumentsError
 */
export const managedProcess = (
  args: JsonObject,
  { name, directories, forceDisableUserChange, overrides }: ProcessSurroundings,
): ManagedProcess => {
  const given = new ArgumentReader(args);
  // The evaluation has told what comes of it.
  given.text('name');
  const instanceName = given.text('instanceName');
  const program = given.text('process');
  const sharedArgs = given.texts('args') ?? [];
  const daemonExtraArgs = given.texts('daemonExtraArgs') ?? [];
  const foregroundExtraArgs = given.texts('foregroundProcessExtraArgs') ?? [];
  const daemon = commandLine(
    given.text('daemon') ?? program,
    given.texts('daemonArgs') ?? [...sharedArgs, ...daemonExtraArgs],
  );
  const foreground = commandLine(
    given.text('foregroundProcess') ?? program,
    given.texts('foregroundProcessArgs') ?? [...sharedArgs, ...foregroundExtraArgs],
  );
  const user = given.text('user');
  const executable = daemon?.executable ?? foreground?.executable ?? name;
  // Also where users are not changed: the path is the same for whoever runs the process, and its program may know it.
  const pidDirectory = user === null ? directories.runtimeDir : directories.tmpDir;
  const pidFile = given.text('pidFile');
  const process: ManagedProcess = {
    kind: 'managed',
    name,
    instanceName,
    description: given.text('description') ?? name,
    initialize: given.text('initialize') ?? '',
    daemon,
    foreground,
    pidFile: pidFile ?? `${pidDirectory}/${instanceName ?? baseName(executable)}.pid`,
    namesPidFile: pidFile !== null,
    path: (given.textsOrNulls('path') ?? []).filter((entry) => entry !== null),
    environment: given.namedTexts('environment'),
    directory: given.text('directory'),
    umask: given.octalDigits('umask'),
    nice: given.integer('nice'),
    user: forceDisableUserChange ? null : user,
    credentials: credentials(given.accounts('credentials')),
    overrides,
  };
  given.finish(argumentNames);
  return process;
};
