import * as z from 'zod';
import { readinessSchema } from '../model/readiness.js';
import { secondsSchema } from '../model/time-outs.js';
import { ActivationError } from '../system/errors.js';
import { isJsonObject, type Json, type JsonObject } from '../system/json.js';
import type { OwnManifest } from './manifest.js';

const attributes = z.record(z.string(), z.string());

const credentials = z.strictObject({
  groups: z.array(z.strictObject({ name: z.string(), gid: z.int().nullable(), attributes })),
  users: z.array(
    z.strictObject({
      name: z.string(),
      uid: z.int().nullable(),
      group: z.string().nullable(),
      description: z.string().nullable(),
      homeDir: z.string().nullable(),
      createHomeDir: z.boolean(),
      shell: z.string().nullable(),
      attributes,
    }),
  ),
});

// What JSON.parse returns is JSON: z.json() would take longer than all else that is checked here.
const data = z.custom<JsonObject>((value) => isJsonObject(value as Json), 'expected an object');

const unit = z.strictObject({
  instance: z.string(),
  name: z.string(),
  level: z.int().nonnegative(),
  dependencies: z.array(z.string()),
  fingerprint: z.string(),
  properties: data,
  reloadProperties: data.optional(),
  changePolicy: z
    .strictObject({
      onChange: z.enum(['restart', 'stop-start', 'reload', 'leave']),
      onRemoval: z.enum(['stop', 'leave']),
    })
    .optional(),
  activation: data,
  ownNetwork: z.literal(true).optional(),
  credentials,
  port: z.int().nullable(),
  // Before it meant anything, it was whatever the model said.
  readiness: readinessSchema.nullable().catch(null),
  critical: z.literal(false).optional(),
  startTimeout: secondsSchema.optional(),
  stopTimeout: secondsSchema.optional(),
  isLaidOut: z.literal(true).optional(),
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

/**
 * Reads the text of a manifest.
 *
 * @param file where it comes from, for messages
 * @throws ActivationError when it is not a manifest that this version understands
 */
export const parseManifest = (text: string, file: string): OwnManifest => {
  try {
    return manifest.parse(JSON.parse(text)) as unknown as OwnManifest;
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
