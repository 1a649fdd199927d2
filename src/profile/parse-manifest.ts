import { leftoversSchema } from '../model/leftovers.js';
import { readinessSchema } from '../model/readiness.js';
import { secondsSchema } from '../model/time-outs.js';
import { ActivationError } from '../system/errors.js';
import { isJsonObject, type Json, type JsonObject } from '../system/json.js';
import * as z from '../system/schema.js';
import type { OwnManifest } from './manifest.js';

const attributes = z.record(z.string(), z.string());

const credentials = z.strictObject({
  groups: z.array(z.strictObject({ name: z.string(), gid: z.nullable(z.int()), attributes })),
  users: z.array(
    z.strictObject({
      name: z.string(),
      uid: z.nullable(z.int()),
      group: z.nullable(z.string()),
      description: z.nullable(z.string()),
      homeDir: z.nullable(z.string()),
      createHomeDir: z.boolean(),
      shell: z.nullable(z.string()),
      attributes,
    }),
  ),
});

// What JSON.parse returns is JSON: z.json() would take longer than all else that is checked here.
const data = z.custom<JsonObject>((value: unknown) => isJsonObject(value as Json), 'expected an object');

/** What few units have. */
const particulars = {
  reloadProperties: z.optional(data),
  changePolicy: z.optional(
    z.strictObject({
      onChange: z.enum(['restart', 'stop-start', 'reload', 'leave']),
      onRemoval: z.enum(['stop', 'leave']),
    }),
  ),
  ownNetwork: z.optional(z.literal(true)),
  critical: z.optional(z.literal(false)),
  startTimeout: z.optional(secondsSchema),
  stopTimeout: z.optional(secondsSchema),
  leftovers: z.optional(leftoversSchema),
  endsAlone: z.optional(z.literal(true)),
  user: z.optional(z.string()),
  pidFile: z.optional(z.string()),
  isLaidOut: z.optional(z.literal(true)),
};

const unit = z.strictObject({
  instance: z.string(),
  name: z.string(),
  level: z.int().check(z.nonnegative()),
  dependencies: z.array(z.string()),
  fingerprint: z.string(),
  properties: data,
  activation: data,
  credentials,
  port: z.nullable(z.int()),
  // Before it meant anything, it was whatever the model said.
  readiness: z.catch(z.nullable(readinessSchema), null),
  ...particulars,
});

const manifest = z.strictObject({
  formatVersion: z.literal(1),
  manager: z.string(),
  directories: z.strictObject({
    stateDir: z.string(),
    runtimeDir: z.string(),
    logDir: z.string(),
    tmpDir: z.string(),
    cacheDir: z.string(),
    spoolDir: z.string(),
    lockDir: z.string(),
    libDir: z.string(),
  }),
  forceDisableUserChange: z.boolean(),
  builder: z.strictObject({ shell: z.string(), coreutils: z.string() }),
  hostPackages: z.boolean(),
  data,
  units: z.array(unit),
});

const isText = (value: Json | undefined): boolean => typeof value === 'string';
const isEmptyList = (value: Json | undefined): boolean => Array.isArray(value) && value.length === 0;

const isNobody = (value: Json | undefined): boolean =>
  isJsonObject(value) && isEmptyList(value['groups']) && isEmptyList(value['users']) && Object.keys(value).length === 2;

const someParticulars = z.strictObject(particulars);

/**
 * Whether a unit is as `unit` has it, for what hundreds of units have without zod, which takes several times as long. False
 * for a readiness that is none: it has to be replaced.
 */
const isSoundUnit = (value: Json): boolean => {
  if (!isJsonObject(value)) return false;
  const { instance, name, level, dependencies, fingerprint, properties, activation, ...more } = value;
  const { credentials: accounts, port, readiness, ...rest } = more;
  return (
    isText(instance) &&
    isText(name) &&
    Number.isSafeInteger(level) &&
    Number(level) >= 0 &&
    Array.isArray(dependencies) &&
    dependencies.every(isText) &&
    isText(fingerprint) &&
    isJsonObject(properties) &&
    isJsonObject(activation) &&
    (isNobody(accounts) || credentials.safeParse(accounts).success) &&
    (port === null || Number.isSafeInteger(port)) &&
    (readiness === null || readinessSchema.safeParse(readiness).success) &&
    (Object.keys(rest).length === 0 || someParticulars.safeParse(rest).success)
  );
};

/** The format of manifests, which says what their fields mean. It is no version of this program: those keep the format. */
const formatVersion = 1;

/** A manifest by which nothing can be done (exit code 6). */
export class UnreadableManifestError extends ActivationError {}

/** @throws UnreadableManifestError when another version of this program has to read it */
const requireFormat = (value: Json, file: string): void => {
  if (!isJsonObject(value) || value['manager'] === undefined) return;
  const { formatVersion: format = formatVersion } = value;
  if (format === formatVersion) return;
  throw new UnreadableManifestError({
    what: `${file} is a manifest of another format`,
    why: `It has format ${JSON.stringify(format)}; this version of nix-processmgmt-ts reads format ${String(formatVersion)}`,
    fix: 'Use the version of nix-processmgmt-ts that built the profile, or build it again with this one',
  });
};

/** @throws ZodError */
const check = (value: Json): OwnManifest => {
  const given: Json = isJsonObject(value) ? { formatVersion, ...value } : value;
  const { units = null, ...rest } = isJsonObject(given) ? given : {};
  if (!Array.isArray(units) || !units.every(isSoundUnit)) return manifest.parse(given) as unknown as OwnManifest;
  return { ...manifest.parse({ ...rest, units: [] }), units } as unknown as OwnManifest;
};

/**
 * Reads the text of a manifest.
 *
 * @param file where it comes from, for messages
 * A manifest without a format number has the first format.
 *
 * @throws UnreadableManifestError saying whether it has another format, or is damaged
 */
export const parseManifest = (text: string, file: string): OwnManifest => {
  try {
    const value = JSON.parse(text) as Json;
    requireFormat(value, file);
    return check(value);
  } catch (cause) {
    if (cause instanceof UnreadableManifestError) throw cause;
    throw damagedManifest(file, cause);
  }
};

/** @param cause what is wrong with the text of a manifest */
export const damagedManifest = (file: string, cause: unknown): UnreadableManifestError =>
  new UnreadableManifestError(
    {
      what: `The manifest ${file} is damaged`,
      why:
        cause instanceof z.ZodError ? z.prettifyError(cause) : cause instanceof Error ? cause.message : String(cause),
      fix: 'Switch to the model or to another generation; Nix may be able to repair the profile: nix-store --repair-path',
    },
    { cause },
  );

/** What can be understood of the text of a damaged manifest: all but the units that are not sound. Null for nothing. Pure. */
export const salvageManifest = (text: string): OwnManifest | null => {
  try {
    const value = JSON.parse(text) as Json;
    requireFormat(value, '');
    if (!isJsonObject(value) || !Array.isArray(value['units'])) return null;
    return check({ ...value, units: value['units'].filter(isSoundUnit) });
  } catch {
    return null;
  }
};
