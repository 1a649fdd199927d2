import * as z from 'zod';
import { isJsonObject, nixToString, type Json, type JsonObject } from '../system/json.js';
import type {
  CommandLine,
  Credentials,
  GroupSpec,
  ManagedProcess,
  ProcessName,
  StateDirectories,
  UserSpec,
} from './process-model.js';

const text = z.string().nullish();
const texts = z.array(z.string()).nullish();
const integer = z
  .union(
    [
      z.int(),
      z
        .string()
        .regex(/^[+-]?\d+$/)
        .transform(Number),
    ],
    'expected an integer',
  )
  .nullish();

const attributes = z.custom<JsonObject>((value) => isJsonObject(value as Json), 'expected an attribute set');

/** The arguments of createManagedProcess as nix/nixproc/create-managed-process leaves them. */
const argumentsSchema = z.strictObject({
  name: text,
  instanceName: text,
  description: text,
  initialize: text,
  process: text,
  args: texts,
  daemon: text,
  daemonExtraArgs: texts,
  daemonArgs: texts,
  foregroundProcess: text,
  foregroundProcessExtraArgs: texts,
  foregroundProcessArgs: texts,
  pidFile: text,
  path: z.array(z.string().nullable()).nullish(),
  environment: z.record(z.string(), z.string()).nullish(),
  directory: text,
  umask: z
    .union([z.int().nonnegative().transform(String), z.string()])
    .pipe(z.string().regex(/^[0-7]+$/, 'expected octal digits'))
    .nullish(),
  nice: integer,
  user: text,
  credentials: z
    .object({
      groups: z.record(z.string(), attributes),
      users: z.record(z.string(), attributes),
    })
    .nullish(),
});

const commandLine = (executable: string | null | undefined, args: readonly string[]): CommandLine | null =>
  executable === null || executable === undefined ? null : { executable, args };

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

const group = (name: string, attributes: JsonObject): GroupSpec => ({
  name,
  gid: idOrNull(attributes['gid']),
  attributes: attributeTexts(attributes),
});

const user = (name: string, attributes: JsonObject): UserSpec => ({
  name,
  uid: idOrNull(attributes['uid']),
  group: textOrNull(attributes['group']),
  description: textOrNull(attributes['description']),
  homeDir: textOrNull(attributes['homeDir']),
  createHomeDir: textOrNull(attributes['createHomeDir']) === '1',
  shell: textOrNull(attributes['shell']),
  attributes: attributeTexts(attributes),
});

const byName = (a: readonly [string, unknown], b: readonly [string, unknown]): number => (a[0] < b[0] ? -1 : 1);

/** Users and groups, sorted by name. */
export const credentials = (given: {
  groups: Record<string, JsonObject>;
  users: Record<string, JsonObject>;
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
 * @throws ZodError for a property of the wrong type
 */
export const managedProcess = (
  args: JsonObject,
  { name, directories, forceDisableUserChange, overrides }: ProcessSurroundings,
): ManagedProcess => {
  const given = argumentsSchema.parse(args);
  const instanceName = given.instanceName ?? null;
  const sharedArgs = given.args ?? [];
  const user = forceDisableUserChange ? null : (given.user ?? null);
  const daemon = commandLine(
    given.daemon ?? given.process,
    given.daemonArgs ?? [...sharedArgs, ...(given.daemonExtraArgs ?? [])],
  );
  const foreground = commandLine(
    given.foregroundProcess ?? given.process,
    given.foregroundProcessArgs ?? [...sharedArgs, ...(given.foregroundProcessExtraArgs ?? [])],
  );
  const executable = daemon?.executable ?? foreground?.executable ?? name;
  const pidDirectory = user === null ? directories.runtimeDir : directories.tmpDir;
  return {
    kind: 'managed',
    name,
    instanceName,
    description: given.description ?? name,
    initialize: given.initialize ?? '',
    daemon,
    foreground,
    pidFile: given.pidFile ?? `${pidDirectory}/${instanceName ?? baseName(executable)}.pid`,
    path: (given.path ?? []).filter((entry) => entry !== null),
    environment: given.environment ?? {},
    directory: given.directory ?? null,
    umask: given.umask ?? null,
    nice: given.nice ?? null,
    user,
    credentials: credentials(given.credentials ?? { groups: {}, users: {} }),
    overrides,
  };
};
