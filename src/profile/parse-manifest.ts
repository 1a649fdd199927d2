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

/** @throws ZodError */
const check = (value: Json): OwnManifest => {
  const { units = null, ...rest } = isJsonObject(value) ? value : {};
  if (!Array.isArray(units) || !units.every(isSoundUnit)) return manifest.parse(value) as unknown as OwnManifest;
  return { ...manifest.parse({ ...rest, units: [] }), units } as unknown as OwnManifest;
};

/**
 * Reads the text of a manifest.
 *
 * @param file where it comes from, for messages
 * @throws ActivationError when it is not a manifest that this version understands
 */
export const parseManifest = (text: string, file: string): OwnManifest => {
  try {
    return check(JSON.parse(text) as Json);
  } catch (cause) {
    throw new ActivationError(
      {
        what: `${file} is not a manifest that this version understands`,
        why: cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause),
        fix: 'Build the profile again with this version of nix-processmgmt-ts',
      },
      { cause },
    );
  }
};
