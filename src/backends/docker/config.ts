import { ModelError } from '../../system/errors.js';
import { isJsonObject, nixToString, type Json, type JsonObject } from '../../system/json.js';
import * as z from '../../system/schema.js';
import type { UnitContext } from '../backend.js';
import { nameProblem } from './container-name.js';
import { longName, parseParameters, type CreateParameter } from './create-parameters.js';

/** An image that we write: the arguments of an image build. */
export interface ImageSpecification {
  /** A repository as image names have it, in small letters. */
  readonly name: string;
  /** The hash of the image is added to it, but for "latest", which the hash replaces. */
  readonly tag: string;
  /** Packages whose files go into the root directory of the image, and themselves, with all they need, into its store. */
  readonly contents: readonly string[];
  /** A shell script that runs in the image as root while it is made; "" for none. */
  readonly runAsRoot: string;
  /** What the image says of its containers, in Docker's words (Cmd, Env …); Env is left out. */
  readonly config: JsonObject;
  /** Env, each variable once. */
  readonly environment: Readonly<Record<string, string>>;
}

/** An image that somebody else has made: an archive as `docker save` writes it. */
export interface ImageArchive {
  readonly path: string;
  /** Which image of the archive; null for its only one. */
  readonly tag: string | null;
}

/** A container as the arguments of createDockerContainer describe it. */
export interface ContainerSpecification {
  /** What comes after "nixproc-". */
  readonly name: string;
  readonly parameters: readonly CreateParameter[];
  readonly useHostNixStore: boolean;
  readonly useHostNetwork: boolean;
  /** Directories of the host that are the same in the container. */
  readonly volumes: readonly string[];
  /** The command; empty for the image's own. */
  readonly command: readonly string[];
  /** What the profile says about the command to other tools. */
  readonly commandNote: string | null;
  readonly storePaths: readonly string[];
  readonly image: ImageSpecification | ImageArchive;
}

const json: z.ZodMiniType<Json> = z.json();
/** Any value that Nix' toString makes a text of. */
const text = z.pipe(json.check(z.refine((value) => !isJsonObject(value), 'expected a text')), z.transform(nixToString));
const texts = z.array(text, { error: 'expected a list' });
/** One text, or a list of them; the empty one stands for none. */
const textOrTexts = z.union([
  texts,
  z.pipe(
    text,
    z.transform((one) => (one === '' ? [] : [one])),
  ),
]);
const flag = z.boolean({ error: 'expected true or false' });

const environment = z.union(
  [
    texts.check(z.refine((entries) => entries.every((entry) => /^[^=]+=/.test(entry)), 'expected NAME=VALUE in each')),
    z.pipe(
      z.record(z.string().check(z.regex(/^[^=]+$/, 'expected a name without "="')), text),
      z.transform((variables) => Object.entries(variables).map(([name, value]) => `${name}=${value}`)),
    ),
  ],
  { error: 'expected a list of NAME=VALUE' },
);

const imageSchema = z.strictObject({
  name: z.pipe(
    text,
    z
      .string()
      .check(
        z.regex(
          /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/,
          'expected small letters and digits, with ".", "_", "-" or "/" between them',
        ),
      ),
  ),
  tag: z.nullish(
    z.pipe(
      text,
      z.string().check(z.regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,90}$/, 'expected letters, digits, "_", "." and "-"')),
    ),
  ),
  contents: z.nullish(textOrTexts),
  // nixpkgs has come to call it so.
  copyToRoot: z.nullish(textOrTexts),
  runAsRoot: z.nullish(text),
  config: z.nullish(z.record(z.string(), json, { error: 'expected an attribute set' })),
});

const parameters = z.pipe(
  json,
  z.transform((given, context) => {
    try {
      return parseParameters(given);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      context.issues.push({ code: 'custom', message: error.message, input: given });
      return z.NEVER;
    }
  }),
);

const containerSchema = z.strictObject({
  name: text,
  dockerImage: z.nullish(text),
  dockerImageTag: z.nullish(text),
  dockerCreateParameters: z.nullish(parameters),
  useHostNixStore: z.nullish(flag),
  useHostNetwork: z.nullish(flag),
  mapStateDirVolumes: z.nullish(texts),
  cmd: z.nullish(z.union([texts, text], { error: 'expected a list' })),
  storePaths: z.nullish(texts),
  // Order and files of the profile come from the model, whose instances have them apart from these arguments.
  dependencies: z.optional(json),
  postInstall: z.optional(json),
});

const managedSchema = z.strictObject({
  image: z.nullish(z.record(z.string(), json, { error: 'expected an attribute set' })),
  container: z.nullish(z.record(z.string(), json, { error: 'expected an attribute set' })),
});

/** Options that say who a container is, which is for us to say. */
const reserved: Readonly<Record<string, string>> = {
  name: 'Set the name of the container instead: container.name',
  cidfile: 'Leave it out',
};

/** Arguments of nixpkgs' image builder that have no meaning for images that are written without it. */
const noBuilder = 'it belongs to an image builder of nixpkgs; this image is written without one';

const describeIssue = (issue: z.core.$ZodIssue, where: readonly string[], known: readonly string[]) =>
  issue.code === 'unrecognized_keys'
    ? {
        property: [...where, issue.keys[0] ?? ''].join('.'),
        why: where[0] === 'image' ? `It is not known: ${noBuilder}` : 'It is not known',
        fix: `Remove it. What is known: ${known.join(' ')}`,
      }
    : { property: [...where, ...issue.path].join('.'), why: issue.message, fix: 'Correct it in the model' };

/**
 * Checks the arguments of a process for docker: `{ image; container; }` of a managed process, or the arguments of
 * createDockerContainer.
 *
 * @throws ModelError naming the instance and the argument.
 */
export const parseContainer = (args: JsonObject, { instance }: UnitContext): ContainerSpecification => {
  const fail = (property: string, why: string, fix: string): never => {
    throw new ModelError({
      what: `Process instance "${instance.instance}" has an argument that docker cannot take: ${property}`,
      why,
      fix,
    });
  };
  const parse = <Shape extends z.ZodMiniObject>(
    schema: Shape,
    value: Json,
    ...where: readonly string[]
  ): z.infer<Shape> => {
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    const [issue] = result.error.issues;
    if (issue === undefined) throw result.error;
    const { property, why, fix } = describeIssue(issue, where, Object.keys(schema.shape));
    return fail(property, why, fix);
  };

  const isManaged = instance.process.kind === 'managed';
  const prefix = isManaged ? ['container'] : [];
  const at = (property: string): string => [...prefix, property].join('.');
  const given = isManaged ? parse(managedSchema, args) : { image: null, container: args };
  const container = parse(containerSchema, given.container ?? {}, ...prefix);

  const problem = nameProblem(container.name);
  if (problem !== null) fail(at('name'), `${JSON.stringify(container.name)}: ${problem}`, 'Choose another name');
  const create = container.dockerCreateParameters ?? [];
  for (const { name } of create) {
    if (!/^[A-Za-z0-9][A-Za-z0-9-]*$/.test(name)) {
      fail(at('dockerCreateParameters'), `${JSON.stringify(name)} is no option`, 'Name options without their dashes');
    }
    const fix = reserved[longName(name)];
    if (fix !== undefined) fail(at(`dockerCreateParameters.${name}`), 'It belongs to the deployment', fix);
  }
  const volumes = container.mapStateDirVolumes ?? [];
  const relative = volumes.find((volume) => !/^\/[^:]*$/.test(volume));
  if (relative !== undefined) {
    fail(at('mapStateDirVolumes'), `${JSON.stringify(relative)} is no absolute path without ":"`, 'Name directories');
  }
  const { cmd } = container;
  const command = Array.isArray(cmd) ? cmd : [];

  return {
    name: container.name,
    parameters: create,
    useHostNixStore: container.useHostNixStore ?? false,
    useHostNetwork: container.useHostNetwork ?? false,
    volumes,
    command,
    commandNote: typeof cmd === 'string' && cmd !== '' ? cmd : null,
    storePaths: container.storePaths ?? [],
    image: imageOf(container, given.image ?? null, { parse, fail, at }),
  };
};

interface Checks {
  readonly parse: <Shape extends z.ZodMiniObject>(
    schema: Shape,
    value: Json,
    ...where: readonly string[]
  ) => z.infer<Shape>;
  readonly fail: (property: string, why: string, fix: string) => never;
  readonly at: (property: string) => string;
}

const imageOf = (
  { dockerImage = null, dockerImageTag = null }: z.infer<typeof containerSchema>,
  image: JsonObject | null,
  { parse, fail, at }: Checks,
): ContainerSpecification['image'] => {
  if (dockerImage !== null) return { path: dockerImage, tag: dockerImageTag };
  if (image === null) return fail(at('dockerImage'), 'It is missing', 'Give the archive of the image that is to run');
  if (dockerImageTag !== null) {
    fail(
      at('dockerImageTag'),
      'It says which image of an archive is to run, and there is no archive',
      'Set dockerImage too',
    );
  }
  const { name, tag, contents, copyToRoot, runAsRoot, config } = parse(imageSchema, image, 'image');
  const { Env, ...others } = config ?? {};
  const variables = environment.safeParse(Env ?? []);
  if (!variables.success) {
    return fail('image.config.Env', variables.error.issues[0]?.message ?? 'it is wrong', 'Write "NAME=VALUE" for each');
  }
  const { Cmd } = others;
  if (Cmd !== undefined && Cmd !== null && !Array.isArray(Cmd)) {
    fail('image.config.Cmd', 'It is not a list', 'Write each word of the command as one element');
  }
  return {
    name,
    tag: tag ?? 'latest',
    contents: [...(contents ?? []), ...(copyToRoot ?? [])],
    runAsRoot: runAsRoot ?? '',
    config: {
      ...Object.fromEntries(Object.entries(others).filter(([, value]) => value !== null)),
      ...(Array.isArray(Cmd) ? { Cmd: Cmd.map((word: Json) => nixToString(word)) } : {}),
    },
    environment: Object.fromEntries(
      variables.data.map((entry) => {
        const end = entry.indexOf('=');
        return [entry.slice(0, end), entry.slice(end + 1)];
      }),
    ),
  };
};
