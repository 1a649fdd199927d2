import type { Credentials } from '../../model/process-model.js';
import { isJsonObject, nixToString, type Json, type JsonObject } from '../../system/json.js';
import * as z from '../../system/schema.js';
import type { UnitContext } from '../backend.js';
import { anything, argumentError, packages, parseArguments, text } from '../shared/argument-schema.js';
import { credentialsFromArguments } from '../shared/credentials-arguments.js';
import { defaultPrefix } from './job-name.js';
import { plistKeys } from './plist-keys.js';

/** What launchd has to know of one job. */
export interface LaunchdJob {
  /** What the job's file is called, without ".plist". */
  readonly fileName: string;
  readonly label: string;
  /** Packages whose bin/ goes on PATH. */
  readonly path: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** The executable, when it is not the first of the words. */
  readonly program: string | null;
  readonly words: readonly string[];
  /** The other keys that are set; no value is null. */
  readonly keys: JsonObject;
  readonly credentials: Credentials;
}

const schema = z.strictObject({
  name: text,
  path: z.optional(packages),
  dependencies: z.optional(anything),
  credentials: z.optional(anything),
  postInstall: z.optional(anything),
  outer: z.optional(z.strictObject({ prefix: z.optional(text) })),
  ...plistKeys,
});

/** Keys that stand in the property list as they are given. */
const plainKeys = (Object.keys(plistKeys) as (keyof typeof plistKeys)[]).filter(
  (key) => !['Label', 'Program', 'ProgramArguments', 'EnvironmentVariables'].includes(key),
);

const prefixOf = (args: JsonObject): string => {
  const { outer } = args;
  const prefix = isJsonObject(outer) ? outer['prefix'] : undefined;
  return typeof prefix === 'string' ? prefix : defaultPrefix;
};

/** What launchd calls the job with these arguments. */
export const labelOf = (name: string, args: JsonObject | undefined): string => {
  const given = args?.['Label'];
  return typeof given === 'string' ? given : `${args === undefined ? defaultPrefix : prefixOf(args)}${name}`;
};

/**
 * Checks the arguments of createLaunchdDaemon.
 *
 * @throws ModelError naming the process instance and the argument
 */
export const parseJob = (args: JsonObject, { instance }: UnitContext): LaunchdJob => {
  const reader = { instance: instance.instance, manager: 'launchd', createFunction: 'createLaunchdDaemon' };
  const parsed = parseArguments(schema, args, reader);
  const { name, path = [], credentials, Program: program, ProgramArguments: words } = parsed;
  const { EnvironmentVariables: environment, BundleProgram: bundleProgram } = parsed;
  const label = labelOf(name, args);
  if (!/^[\w.@+-]+$/.test(label)) {
    throw argumentError(reader, 'Label', `${JSON.stringify(label)} has other characters than A-Z a-z 0-9 _ . @ + -`);
  }
  const first = words?.[0] ?? program ?? null;
  if (first === null && (bundleProgram ?? null) === null) {
    throw argumentError(reader, 'ProgramArguments', 'There is nothing to run: neither ProgramArguments nor Program');
  }
  const variables = isJsonObject(environment ?? null) ? (environment as JsonObject) : {};
  return {
    fileName: `${prefixOf(args)}${name}`,
    label,
    path,
    environment: Object.fromEntries(Object.entries(variables).map(([key, value]) => [key, nixToString(value)])),
    program: program ?? null,
    words: words ?? (program === null || program === undefined ? [] : [program]),
    keys: Object.fromEntries(
      plainKeys.flatMap((key): [string, Json][] => {
        const value = parsed[key];
        return value === undefined || value === null ? [] : [[key, value]];
      }),
    ),
    credentials: credentialsFromArguments(credentials, instance),
  };
};
