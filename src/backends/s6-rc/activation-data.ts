import type { JsonObject } from '../../system/json.js';
import * as z from '../../system/schema.js';
import type { DeployedUnit } from '../backend.js';
import { parseOnce } from '../shared/parse-once.js';

const service = z.object({
  name: z.string(),
  kind: z.enum(['longrun', 'oneshot']),
  /** Hash of what it does; its dependencies are no part of that. */
  fingerprint: z.string(),
  /** It says when it is ready. */
  notifies: z.boolean(),
  /** Milliseconds between the request to end and SIGKILL; null: without end. */
  stopTime: z.nullable(z.number()),
});
/** One service of s6-rc's own kind among those that a process consists of. */
export type AtomicService = z.infer<typeof service>;

const activation = z.object({
  /** The main one comes first, then its logger. Empty for a bundle. */
  services: z.array(service),
  /** For a bundle: the names of what is in it. */
  contents: z.array(z.string()),
  flagEssential: z.boolean(),
  /** The daemon that a oneshot starts; null when it starts none. */
  daemon: z.nullable(z.object({ pidFile: z.string(), recordFile: z.string() })),
  /** Whether the definition has the files `reload` and `status`. */
  activities: z.object({ reload: z.boolean(), status: z.boolean() }),
  /** The current log file; null when there is none but that of s6-svscan. */
  logFile: z.nullable(z.string()),
  /** Of another tool's generation: where its live directory is, as long as it is not taken over. */
  live: z.optional(z.string()),
  /** Its start includes that it gets ready. */
  awaitsReadiness: z._default(z.boolean(), false),
});

/** What activation has to know of a process when only the manifest is there. */
export type Activation = z.infer<typeof activation>;

export const toActivation = ({ awaitsReadiness, live, ...activation }: Activation): JsonObject => ({
  ...activation,
  ...(live === undefined ? {} : { live }),
  ...(awaitsReadiness ? { awaitsReadiness } : {}),
});

/** Reads it. @throws ZodError for what `render` did not write */
export const parseActivation = parseOnce(activation);

/** What `render` wrote into the manifest. @throws ZodError when another program wrote it. */
export const activationOf = (unit: Pick<DeployedUnit, 'activation'>): Activation => parseActivation(unit.activation);

const profileData = z.object({
  shell: z.string(),
  execline: z.string(),
  s6: z.string(),
  s6rc: z.nullable(z.string()),
});

/** The packages whose programs run a profile; `s6rc` is null when those on PATH are to be used. */
export type ProfileData = z.infer<typeof profileData>;

/** Where programs are; null: on PATH. */
export interface ProgramPlaces {
  readonly shell: string;
  readonly execline: string | null;
  readonly s6: string | null;
  readonly s6rc: string | null;
}

/** For a profile that does not say which programs it needs. */
export const programsOnPath: ProgramPlaces = { shell: '/bin/sh', execline: null, s6: null, s6rc: null };

/** Reads it of a profile with processes. @throws ZodError for what profileData did not write */
export const parseProfileData = (data: unknown): ProfileData => profileData.parse(data);

/** Null for a profile without processes. */
export const profileDataOf = (data: unknown): ProfileData | null => profileData.safeParse(data).data ?? null;
