import type { Credentials } from '../../model/process-model.js';
import type { JsonObject } from '../../system/json.js';
import * as z from '../../system/schema.js';
import type { UnitContext } from '../backend.js';
import {
  anything,
  argumentError,
  environment,
  integer,
  packages,
  parseArguments,
  text,
  texts,
  umask,
} from '../shared/argument-schema.js';
import { credentialsFromArguments } from '../shared/credentials-arguments.js';

/** What a service script says of its place among the services, besides dependencies on processes of the model: openrc-run(8). */
export const relations = ['need', 'want', 'use', 'after', 'before', 'provide', 'keyword'] as const;
export type Relation = (typeof relations)[number];

/** A service of OpenRC, as createOpenRCService's arguments describe it, with defaults filled in. */
export interface OpenRCService {
  readonly description: string;
  readonly words: readonly [string, ...string[]];
  readonly environment: Readonly<Record<string, string>>;
  /** Packages whose bin/ goes on PATH. */
  readonly path: readonly string[];
  readonly directory: string | null;
  readonly user: string | null;
  readonly umask: string | null;
  readonly nice: number | null;
  /** Shell commands that are done before the process starts; "" for none. */
  readonly initialize: string;
  /** Names of processes that it needs. */
  readonly dependencies: readonly string[];
  readonly depend: Readonly<Partial<Record<Relation, readonly string[]>>>;
  readonly runlevels: readonly string[];
  /** Seconds, and how often at most in how many: see supervise-daemon(8). */
  readonly respawnDelay: number;
  readonly respawnMax: number;
  readonly respawnPeriod: number;
  readonly credentials: Credentials;
}

/** A service that ends at once is started again after a second, but not for ever. */
const respawn = { delay: 1, max: 10, period: 60 } as const;

const word = z.pipe(text, z.string().check(z.regex(/^[A-Za-z0-9_.+@!*:-]+$/, 'expected the name of a service')));
const runlevel = z.pipe(
  text,
  z.string().check(z.regex(/^[A-Za-z0-9_][A-Za-z0-9_.+-]*$/, 'expected the name of a runlevel')),
);
const positive = integer.check(z.positive('expected a positive number'));
const words = z.array(word, { error: 'expected a list of services' });

const schema = z.strictObject({
  name: text,
  instanceName: z.nullish(text),
  description: z.nullish(text),
  process: z.pipe(text, z.string().check(z.minLength(1, 'expected the path of a program'))),
  args: z.nullish(texts),
  environment: z.nullish(environment),
  path: z.nullish(packages),
  directory: z.nullish(text),
  user: z.nullish(text),
  umask: z.nullish(umask),
  nice: z.nullish(integer),
  initialize: z.nullish(text),
  dependencies: z.nullish(words),
  depend: z.nullish(
    z.strictObject({
      need: z.optional(words),
      want: z.optional(words),
      use: z.optional(words),
      after: z.optional(words),
      before: z.optional(words),
      provide: z.optional(words),
      keyword: z.optional(words),
    }),
  ),
  runlevels: z.nullish(z.array(runlevel, { error: 'expected a list of runlevels' })),
  respawnDelay: z.nullish(positive),
  respawnMax: z.nullish(integer.check(z.nonnegative('expected no negative number'))),
  respawnPeriod: z.nullish(positive),
  credentials: z.optional(anything),
  postInstall: z.optional(anything),
});

/**
 * Checks the arguments of createOpenRCService, and fills in what it defaults to.
 *
 * @throws ModelError naming the process instance and the argument
 */
export const parseService = (args: JsonObject, { instance, dependencies }: UnitContext): OpenRCService => {
  const reader = { instance: instance.instance, manager: 'openrc', createFunction: 'createOpenRCService' };
  const given = parseArguments(schema, args, reader);
  const depend = given.depend ?? {};
  const respawnDelay = given.respawnDelay ?? respawn.delay;
  const respawnMax = given.respawnMax ?? respawn.max;
  const respawnPeriod = given.respawnPeriod ?? respawn.period;
  if (respawnDelay * respawnMax > respawnPeriod) {
    throw argumentError(
      reader,
      'respawnPeriod',
      `${respawnMax} starts with ${respawnDelay} s between them take longer than ${respawnPeriod} s, so that they would never end`,
    );
  }
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
    dependencies: given.dependencies ?? dependencies,
    depend: Object.fromEntries(
      relations.flatMap((relation) => {
        const services = depend[relation];
        return services === undefined || services.length === 0 ? [] : [[relation, services]];
      }),
    ),
    runlevels: given.runlevels ?? ['default'],
    respawnDelay,
    respawnMax,
    respawnPeriod,
    credentials: credentialsFromArguments(given.credentials, instance),
  };
};
