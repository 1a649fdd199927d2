import * as z from 'zod';
import { ModelError } from '../../system/errors.js';
import { isJsonObject, nixToString, type Json, type JsonObject } from '../../system/json.js';

/** Anything: for what is read elsewhere. */
export const anything: z.ZodType<Json> = z.json();

/** Any value that Nix' toString makes a text of. */
export const text = anything.refine((value) => !isJsonObject(value), 'expected a text').transform(nixToString);

export const integer = z
  .union([z.int(), z.string().regex(/^[+-]?\d+$/, 'expected an integer')], { error: 'expected an integer' })
  .transform(Number);

export const flag = z.boolean({ error: 'expected true or false' });

export const texts = z.array(text, { error: 'expected a list' });

export const absolutePath = text.pipe(z.string().startsWith('/', 'expected an absolute path'));

/** As umask(1) takes it. */
export const umask = text.pipe(
  z.string().regex(/^([0-7]{1,4}|[ugoarwxXst=+,-]+)$/, 'expected octal digits, or what umask(1) takes'),
);

/** The name or number of a signal, with "-" or "SIG" before it or not. */
export const signal = text.pipe(z.string().regex(/^-?(SIG)?[A-Z0-9+]+$/, 'expected a signal'));

/** Packages; null stands for one that this platform does not have. */
export const packages = z
  .array(text.nullable(), { error: 'expected a list of packages' })
  .transform((entries) => entries.flatMap((entry) => (entry === null || entry === '' ? [] : [entry])));

/** An attribute set of texts. Unlike z.record's, its result holds every name, "__proto__" too. */
export const namedTexts = z
  .custom<JsonObject>((value) => isJsonObject(value as Json), 'expected an attribute set')
  .transform((set, context) =>
    Object.fromEntries(
      Object.entries(set).map(([name, value]) => {
        if (isJsonObject(value)) context.addIssue({ code: 'custom', path: [name], message: 'expected a text' });
        return [name, isJsonObject(value) ? '' : nixToString(value)];
      }),
    ),
  );

/** Variables for the process. */
export const environment = namedTexts.superRefine((set, context) => {
  for (const name of Object.keys(set)) {
    if (name === '' || name.includes('=')) {
      context.addIssue({ code: 'custom', path: [name], message: 'expected a name without "="' });
    }
  }
});

/** Order, users and files of the profile come from the model, whose instances have them apart from these arguments. */
export const readElsewhere = {
  dependencies: anything.optional(),
  credentials: anything.optional(),
  postInstall: anything.optional(),
};

/** What both kinds of scripts of services take (createSystemVInitScript, createBSDRCScript). */
export const scriptArguments = {
  name: text,
  instanceName: text.nullish(),
  description: text.nullish(),
  umask: umask.nullish(),
  nice: integer.nullish(),
  directory: absolutePath.nullish(),
  path: packages.nullish(),
  environment: environment.nullish(),
  enableDaemonOutputLogging: flag.nullish(),
  reloadSignal: signal.nullish(),
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
export const parseArguments = <Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape, z.core.$strict>,
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
