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
  namedTexts,
  packages,
  parseArguments,
  text,
  texts,
  umask,
} from '../shared/argument-schema.js';
import { credentialsFromArguments } from '../shared/credentials-arguments.js';
import { serviceNameProblem } from './service-name.js';

/** What a service runs: a program that scripts of ours prepare, or a script of the model. */
export type ServiceProgram =
  | { readonly kind: 'process'; readonly words: readonly [string, ...string[]] }
  | { readonly kind: 'script'; readonly text: string };

/** A service directory of runit, as createRunitService's arguments describe it, with defaults filled in. */
export interface RunitService {
  readonly program: ServiceProgram;
  readonly environment: Readonly<Record<string, string>>;
  /** Packages whose bin/ goes on PATH. */
  readonly path: readonly string[];
  readonly directory: string | null;
  readonly user: string | null;
  readonly umask: string | null;
  readonly nice: number | null;
  /** Shell commands before the process; "" for none. */
  readonly initialize: string;
  /** Texts of scripts of the service directory (runsv(8)); null for none. */
  readonly finish: string | null;
  readonly check: string | null;
  /** Scripts that are run in the place of signals, by the character that stands for one (runsv(8), CUSTOMIZE CONTROL). */
  readonly control: Readonly<Record<string, string>>;
  /** Whether svlogd writes down what the process prints; else it goes where runsvdir's own output goes. */
  readonly isLogged: boolean;
  readonly credentials: Credentials;
}

const schema = z.strictObject({
  name: text,
  instanceName: z.nullish(text),
  description: z.nullish(text),
  process: z.nullish(z.pipe(text, z.string().check(z.minLength(1, 'expected the path of a program')))),
  args: z.nullish(texts),
  run: z.nullish(text),
  environment: z.nullish(environment),
  path: z.nullish(packages),
  directory: z.nullish(text),
  user: z.nullish(text),
  umask: z.nullish(umask),
  nice: z.nullish(integer),
  initialize: z.nullish(text),
  finish: z.nullish(text),
  check: z.nullish(text),
  control: z.nullish(namedTexts),
  log: z.nullish(flag),
  dependencies: z.nullish(texts),
  credentials: z.optional(anything),
  postInstall: z.optional(anything),
});

/** Commands of runsv that a script can take the place of, or go before. */
const controls = ['u', 'd', 'o', 'p', 'c', 'h', 'a', 'i', 'q', '1', '2', 't', 'k', 'x'];

/**
 * Checks the arguments of createRunitService, and fills in what it defaults to.
 *
 * @throws ModelError naming the process instance and the argument
 */
export const parseService = (args: JsonObject, { instance }: UnitContext): RunitService => {
  const reader = { instance: instance.instance, manager: 'runit', createFunction: 'createRunitService' };
  const given = parseArguments(schema, args, reader);
  const problem = serviceNameProblem(given.name);
  if (problem !== null) throw argumentError(reader, 'name', `${JSON.stringify(given.name)}: ${problem}`);
  const { process = null, run = null, control = null } = given;
  const program = ((): ServiceProgram => {
    if (run !== null) return { kind: 'script', text: run };
    if (process !== null) return { kind: 'process', words: [process, ...(given.args ?? [])] };
    throw argumentError(reader, 'process', 'Neither process nor run says what the service runs');
  })();
  const unknown = Object.keys(control ?? {}).find((name) => !controls.includes(name));
  if (unknown !== undefined) {
    throw argumentError(reader, 'control', `${JSON.stringify(unknown)} is none of: ${controls.join(' ')}`);
  }
  return {
    program,
    environment: given.environment ?? {},
    path: given.path ?? [],
    directory: given.directory ?? null,
    user: instance.forceDisableUserChange ? null : (given.user ?? null),
    umask: given.umask ?? null,
    nice: given.nice ?? null,
    initialize: given.initialize ?? '',
    finish: given.finish ?? null,
    check: given.check ?? null,
    control: control ?? {},
    isLogged: given.log ?? true,
    credentials: credentialsFromArguments(given.credentials, instance),
  };
};
