import type { Credentials } from '../../model/process-model.js';
import type { JsonObject } from '../../system/json.js';
import * as z from '../../system/schema.js';
import type { UnitContext } from '../backend.js';
import {
  anything,
  argumentError,
  environment,
  flag,
  integer,
  packages,
  parseArguments,
  text,
  texts,
  umask,
} from '../shared/argument-schema.js';
import { credentialsFromArguments } from '../shared/credentials-arguments.js';
import { isRecord, isSymbol, record, symbol, type Preserves } from './preserves.js';
import { readPreserves } from './read-preserves.js';

/** What Synit has to know of one daemon. */
export interface SynitDaemon {
  readonly description: string;
  readonly words: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Packages whose bin/ goes on PATH. */
  readonly path: readonly string[];
  readonly directory: string | null;
  readonly user: string | null;
  readonly umask: string | null;
  readonly nice: number | null;
  /** Shell commands of a daemon of its own that has to be done before. */
  readonly initialize: string;
  /** Names of processes; null for what the process of the model depends on. */
  readonly dependencies: readonly string[] | null;
  /** Further `<service-state NAME STATE>` patterns that it waits for. */
  readonly dependsOn: readonly Preserves[];
  /** Whether it is to run by itself, rather than when somebody else requires it. */
  readonly isRequired: boolean;
  readonly clearEnv: boolean | null;
  readonly readyOnStart: boolean | null;
  readonly restart: 'always' | 'on-error' | 'all' | 'never' | null;
  readonly protocol: 'none' | 'application/syndicate' | 'text/syndicate' | null;
  readonly credentials: Credentials;
}

const schema = z.strictObject({
  name: text,
  description: z.nullish(text),
  environment: z.nullish(environment),
  directory: z.nullish(text),
  path: z.nullish(packages),
  user: z.nullish(text),
  process: z.pipe(text, z.string().check(z.minLength(1, 'expected the path of a program'))),
  args: z.nullish(texts),
  initialize: z.nullish(text),
  dependencies: z.nullish(texts),
  'depends-on': z.nullish(texts),
  'require-service': z.nullish(flag),
  credentials: z.optional(anything),
  postInstall: z.optional(anything),
  // The rest is not in the draft that models were written for: what Synit says of a daemon besides, and our own.
  umask: z.nullish(umask),
  nice: z.nullish(integer),
  clearEnv: z.nullish(flag),
  readyOnStart: z.nullish(flag),
  restart: z.nullish(
    z.enum(['always', 'on-error', 'all', 'never'], { error: 'expected always, on-error, all or never' }),
  ),
  protocol: z.nullish(
    z.enum(['none', 'application/syndicate', 'text/syndicate'], {
      error: 'expected none, application/syndicate or text/syndicate',
    }),
  ),
});

const isCalled = (value: Preserves, label: string): boolean =>
  isRecord(value) && isSymbol(value.label) && value.label.name === label;

/** A dependency on a service's state; a mere service has to be ready. */
const stateOf = (written: string): Preserves => {
  const value = readPreserves(written);
  if (!isRecord(value)) throw new SyntaxError('it is no record like <service-state <milestone network> up>');
  if (!isCalled(value, 'service-state')) return record('service-state', value, symbol('ready'));
  if (value.fields.length !== 2) throw new SyntaxError('a service-state has a service and a state');
  return value;
};

/**
 * Checks the arguments of createSynitDaemon.
 *
 * @throws ModelError naming the process instance and the argument
 */
export const parseDaemon = (args: JsonObject, { instance }: UnitContext): SynitDaemon => {
  const reader = { instance: instance.instance, manager: 'synit', createFunction: 'createSynitDaemon' };
  const given = parseArguments(schema, args, reader);
  const dependsOn = (given['depends-on'] ?? []).map((written) => {
    try {
      return stateOf(written);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw argumentError(reader, 'depends-on', `${JSON.stringify(written)}: ${error.message}`);
    }
  });
  return {
    description: given.description ?? given.name,
    words: [given.process, ...(given.args ?? [])],
    environment: given.environment ?? {},
    path: given.path ?? [],
    directory: given.directory ?? null,
    user: instance.forceDisableUserChange ? null : (given.user ?? null),
    umask: given.umask ?? null,
    nice: given.nice ?? null,
    initialize: given.initialize ?? '',
    dependencies: given.dependencies ?? null,
    dependsOn,
    isRequired: given['require-service'] ?? true,
    clearEnv: given.clearEnv ?? null,
    readyOnStart: given.readyOnStart ?? null,
    restart: given.restart ?? null,
    protocol: given.protocol ?? null,
    credentials: credentialsFromArguments(given.credentials, instance),
  };
};
