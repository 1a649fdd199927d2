import { ModelError } from '../system/errors.js';
import { isJsonObject, type Json, type JsonObject } from '../system/json.js';
import * as z from '../system/schema.js';
import { secondsSchema } from './time-outs.js';

/** What has to be the case when a process is ready. */
export type Probe =
  /** Something accepts connections. `localhost` stands for both loopback addresses. */
  | { readonly kind: 'port'; readonly host: string; readonly port: number }
  /** A file, directory or socket exists; an absolute path. */
  | { readonly kind: 'path'; readonly path: string }
  /** A command ends with exit code 0; the words of it, without a shell. */
  | { readonly kind: 'command'; readonly command: readonly string[] }
  /** A page is answered with a status from 200 to 399. `path` begins with "/". */
  | { readonly kind: 'http'; readonly host: string; readonly port: number; readonly path: string }
  /**
   * The process tells its manager, by that manager's own protocol: sd_notify(3) for systemd, a line on the descriptor
   * `descriptor` for s6.
   */
  | { readonly kind: 'notify'; readonly descriptor: number };

/** When a process counts as ready. */
export interface Readiness {
  readonly probe: Probe;
  /** Seconds after its start within which it has to be ready. */
  readonly timeout: number;
  /** Seconds between two looks. */
  readonly interval: number;
}

/** For whom nothing else is said: starting takes systemd's services 90 seconds at most, but few take half a minute. */
export const defaultTimeout = 60;
export const defaultInterval = 0.25;

/** The descriptor that s6's documentation uses in its examples. */
const defaultDescriptor = 3;

/** The probe that `--wait-for-ports` makes of a port. */
export const portReadiness = (port: number): Readiness => ({
  probe: { kind: 'port', host: 'localhost', port },
  timeout: defaultTimeout,
  interval: defaultInterval,
});

const portNumber = z.int().check(z.minimum(1), z.maximum(65_535));
const text = z.string().check(z.regex(/^[^\0]*$/, 'expected a text without NUL'));
const word = text.check(z.minLength(1));
const words = z.array(text).check(
  z.minLength(1),
  z.refine(([program]) => program !== '', 'expected a program and its arguments'),
);
const hostName = word.check(z.regex(/^[A-Za-z0-9._:-]+$/, 'expected the name or the address of a host'));
const absolutePath = word.check(z.regex(/^\//, 'expected an absolute path'));
const pagePath = z.string().check(z.regex(/^\/[\x21-\x7e]*$/, 'expected a path that begins with "/", percent-encoded'));

/** Readiness as a manifest holds it. */
export const readinessSchema: z.ZodMiniType<Readiness> = z.strictObject({
  probe: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('port'), host: hostName, port: portNumber }),
    z.strictObject({ kind: z.literal('path'), path: absolutePath }),
    z.strictObject({ kind: z.literal('command'), command: words }),
    z.strictObject({ kind: z.literal('http'), host: hostName, port: portNumber, path: pagePath }),
    z.strictObject({ kind: z.literal('notify'), descriptor: z.int().check(z.minimum(1)) }),
  ]),
  timeout: secondsSchema,
  interval: secondsSchema,
});

const httpPlace = z.strictObject({ path: z.nullish(pagePath), port: z.nullish(portNumber), host: z.nullish(hostName) });

const attributes = z.custom<JsonObject>((value: unknown) => isJsonObject(value as Json), 'expected an attribute set');

/** The attribute as a model writes it. Null stands for what could not be evaluated. */
const attributeSchema = z.strictObject({
  port: z.nullish(portNumber),
  host: z.nullish(hostName),
  path: z.nullish(absolutePath),
  command: z.nullish(z.union([word, words])),
  http: z.nullish(z.union([z.string(), attributes])),
  notify: z.nullish(
    z.union([z.boolean(), z.strictObject({ descriptor: z.int().check(z.minimum(1), z.maximum(1023)) })]),
  ),
  timeout: z.nullish(secondsSchema),
  interval: z.nullish(secondsSchema),
});
type Attribute = z.output<typeof attributeSchema>;

/** What else is known about the instance. */
export interface ReadinessSurroundings {
  readonly instance: string;
  /** The instance's own port, which `http` means when it names none. */
  readonly port: number | null;
  /** The shell of the model's packages, for a command that is a text. */
  readonly shell: string;
}

/** The message becomes the reason of the error. */
class Malformed extends Error {}

// Keys are in the order in which a manifest has them: it is written faster so.

const fromUrl = (text: string): Probe => {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol !== 'http:' || url.username !== '' || url.password !== '' || url.hash !== '') {
    throw new Malformed('http: expected an http:// URL, or a path that begins with "/" of the server on port `port`');
  }
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    kind: 'http',
    path: `${url.pathname}${url.search}`,
    port: url.port === '' ? 80 : Number(url.port),
  };
};

const httpProbe = (given: NonNullable<Attribute['http']>, instancePort: number | null): Probe => {
  if (typeof given === 'string' && !given.startsWith('/')) return fromUrl(given);
  const place = httpPlace.parse(typeof given === 'string' ? { path: given } : given);
  const port = place.port ?? instancePort;
  if (port === null) throw new Malformed('http: it names no port, and the instance has none');
  return { host: place.host ?? 'localhost', kind: 'http', path: place.path ?? '/', port };
};

const probesOf = (
  { port, host, path, command, http, notify }: Attribute,
  { shell, port: instancePort }: ReadinessSurroundings,
): readonly Probe[] => [
  ...(port === null || port === undefined ? [] : [{ host: host ?? 'localhost', kind: 'port' as const, port }]),
  ...(path === null || path === undefined ? [] : [{ kind: 'path' as const, path }]),
  ...(command === null || command === undefined
    ? []
    : [{ command: typeof command === 'string' ? [shell, '-c', command] : command, kind: 'command' as const }]),
  ...(http === null || http === undefined ? [] : [httpProbe(http, instancePort)]),
  ...(notify === null || notify === undefined || notify === false
    ? []
    : [{ descriptor: notify === true ? defaultDescriptor : notify.descriptor, kind: 'notify' as const }]),
];

const parse = (value: Json, surroundings: ReadinessSurroundings): Readiness => {
  const given = attributeSchema.parse(value === 'notify' ? { notify: true } : value, {
    error: ({ code }) => (code === 'invalid_type' && !isJsonObject(value) ? 'expected an attribute set' : undefined),
  });
  const probes = probesOf(given, surroundings);
  const [probe] = probes;
  if (probe === undefined) throw new Malformed('It says nothing of what to wait for');
  if (probes.length > 1) throw new Malformed(`It says ${probes.map(({ kind }) => kind).join(' and ')} at once`);
  if (probe.kind !== 'port' && given.host !== null && given.host !== undefined) {
    throw new Malformed('host: it belongs to port');
  }
  return { interval: given.interval ?? defaultInterval, probe, timeout: given.timeout ?? defaultTimeout };
};

/** In words; null for an error that is not the model's. */
const reasonOf = (error: unknown): string | null => {
  if (error instanceof z.ZodError) {
    return error.issues.map(({ path, message }) => [...path, message].join(': ')).join('\n');
  }
  return error instanceof Malformed ? error.message : null;
};

/**
 * Reads the `readiness` attribute of an instance.
 *
 * @param value as the model has it; null where it has none, or none that can be evaluated
 * @returns null for none
 * @throws ModelError naming the instance, what is wrong and what is allowed
 */
export const parseReadiness = (value: Json, surroundings: ReadinessSurroundings): Readiness | null => {
  if (value === null) return null;
  try {
    return parse(value, surroundings);
  } catch (cause) {
    const why = reasonOf(cause);
    if (why === null) throw cause;
    throw new ModelError(
      {
        what: `Process instance "${surroundings.instance}" has a readiness that says not what to wait for`,
        why,
        fix: [
          'Write one of: { port = 5000; } { path = "/run/x.sock"; } { command = "…"; } { http = "/"; } "notify",',
          'with timeout and interval (seconds) if need be',
        ].join('\n'),
      },
      { cause },
    );
  }
};
