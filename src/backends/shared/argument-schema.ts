import { ModelError } from '../../system/errors.js';
import { isJsonObject, nixToString, type Json, type JsonObject } from '../../system/json.js';
import * as z from '../../system/schema.js';

/** Anything: for what is read elsewhere. */
export const anything: z.ZodMiniType<Json> = z.json();

/** Any value that Nix' toString makes a text of. */
export const text = z.pipe(
  anything.check(z.refine((value) => !isJsonObject(value), 'expected a text')),
  z.transform(nixToString),
);

export const integer = z.pipe(
  z.union([z.int(), z.string().check(z.regex(/^[+-]?\d+$/, 'expected an integer'))], { error: 'expected an integer' }),
  z.transform(Number),
);

export const flag = z.boolean({ error: 'expected true or false' });

export const texts = z.array(text, { error: 'expected a list' });

export const absolutePath = z.pipe(text, z.string().check(z.startsWith('/', 'expected an absolute path')));

/** As umask(1) takes it. */
export const umask = z.pipe(
  text,
  z.string().check(z.regex(/^([0-7]{1,4}|[ugoarwxXst=+,-]+)$/, 'expected octal digits, or what umask(1) takes')),
);

/** The name or number of a signal, with "-" or "SIG" before it or not. */
export const signal = z.pipe(text, z.string().check(z.regex(/^-?(SIG)?[A-Z0-9+]+$/, 'expected a signal')));

/** Packages; null stands for one that this platform does not have. */
export const packages = z.pipe(
  z.array(z.nullable(text), { error: 'expected a list of packages' }),
  z.transform((entries) => entries.flatMap((entry) => (entry === null || entry === '' ? [] : [entry]))),
);

/** An attribute set of texts. Unlike z.record's, its result holds every name, "__proto__" too. */
export const namedTexts = z.pipe(
  z.custom<JsonObject>((value: unknown) => isJsonObject(value as Json), 'expected an attribute set'),
  z.transform((set, context) =>
    Object.fromEntries(
      Object.entries(set).map(([name, value]) => {
        if (isJsonObject(value)) {
          context.issues.push({ code: 'custom', path: [name], message: 'expected a text', input: set });
        }
        return [name, isJsonObject(value) ? '' : nixToString(value)];
      }),
    ),
  ),
);

/** Variables for the process. */
export const environment = namedTexts.check(
  z.superRefine((set, context) => {
    for (const name of Object.keys(set)) {
      if (name === '' || name.includes('=')) {
        context.addIssue({ code: 'custom', path: [name], message: 'expected a name without "="' });
      }
    }
  }),
);

/** Order, users and files of the profile come from the model, whose instances have them apart from these arguments. */
export const readElsewhere = {
  dependencies: z.optional(anything),
  credentials: z.optional(anything),
  postInstall: z.optional(anything),
};

/** What both kinds of scripts of services take (createSystemVInitScript, createBSDRCScript). */
export const scriptArguments = {
  name: text,
  instanceName: z.nullish(text),
  description: z.nullish(text),
  umask: z.nullish(umask),
  nice: z.nullish(integer),
  directory: z.nullish(absolutePath),
  path: z.nullish(packages),
  environment: z.nullish(environment),
  enableDaemonOutputLogging: z.nullish(flag),
  reloadSignal: z.nullish(signal),
  ...readElsewhere,
};

/** For whom arguments are read, for messages. */
export interface ArgumentReader {
  readonly instance: string;
  readonly manager: string;
  /** The create function that has these arguments. */
  readonly createFunction: string;
}

/** What is wrong with an argument of one instance, in words. */
export const argumentError = (
  { instance, manager }: Pick<ArgumentReader, 'instance' | 'manager'>,
  property: string,
  why: string,
): ModelError =>
  new ModelError({
    what: `Process instance "${instance}" has an argument that ${manager} cannot take: ${property}`,
    why,
    fix: `Correct ${property} in the model, or in its overrides.${manager}`,
  });

/**
 * Checks the arguments of a create function.
 *
 * @throws ModelError naming the instance and the first argument that is unknown or of the wrong kind.
 */
export const parseArguments = <Shape extends z.core.$ZodShape>(
  schema: z.ZodMiniObject<Shape, z.core.$strict>,
  args: JsonObject,
  reader: ArgumentReader,
): z.output<typeof schema> => {
  const result = schema.safeParse(args);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (issue === undefined) throw result.error;
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys(schema.shape).join(' ');
    throw argumentError(
      reader,
      issue.keys.join(', '),
      `${reader.createFunction} has no such argument. It has: ${known}`,
    );
  }
  throw argumentError(reader, issue.path.join('.'), issue.message);
};
