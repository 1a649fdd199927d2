import type { JsonObject } from '../../system/json.js';
import * as z from '../../system/schema.js';
import { parseOnce } from '../shared/parse-once.js';

const activationData = z.object({
  logFiles: z.array(z.string()),
  processes: z.nullable(z.array(z.string())),
  autostart: z.boolean(),
  startsecs: z.number(),
  startretries: z.number(),
  stopwaitsecs: z.number(),
  exitcodes: z.array(z.number()),
  watchedPidFile: z.optional(z.string()),
});

/** What activation has to know of a program when only the manifest is there. */
export interface ActivationData {
  /** Where supervisord puts what it prints; empty when that is nowhere, or only supervisord knows. */
  readonly logFiles: readonly string[];
  /** What supervisord calls its processes (one, of the program's name, unless numprocs says otherwise); null when only it knows. */
  readonly processes: readonly string[] | null;
  /** Whether supervisord starts it as soon as it is loaded. */
  readonly autostart: boolean;
  /** Seconds that it has to stay up to count as running. */
  readonly startsecs: number;
  /** How often supervisord tries again. */
  readonly startretries: number;
  /** Seconds that it gets to end before it is killed. */
  readonly stopwaitsecs: number;
  /** Exit codes that do not count as a failure. */
  readonly exitcodes: readonly number[];
  /** The PID file that a proxy in front of a daemon waits for: the daemon runs when it is there. Absent: there is no proxy. */
  readonly watchedPidFile?: string | undefined;
}

export const toActivation = ({ watchedPidFile, ...data }: ActivationData): JsonObject => ({
  ...data,
  ...(watchedPidFile === undefined ? {} : { watchedPidFile }),
});

/** @throws ZodError for what toActivation did not make. */
export const fromActivation: (activation: JsonObject) => ActivationData = parseOnce(activationData);

/** Of a program of which only supervisord knows. */
export const strayActivation: JsonObject = toActivation({
  logFiles: [],
  processes: null,
  autostart: true,
  startsecs: 1,
  startretries: 3,
  stopwaitsecs: 10,
  exitcodes: [0],
});

const profileData = z.object({ supervisor: z.string(), shell: z.string() });

/** What activation has to know of the profile as a whole. */
export interface SupervisordProfileData {
  /** The package with bin/supervisord. */
  readonly supervisor: string;
  /** The shell that starts it. */
  readonly shell: string;
}

export const toProfileData = (data: SupervisordProfileData): JsonObject => ({ ...data });

/** Reads it of a profile with programs. @throws ZodError for what toProfileData did not make. */
export const parseProfileData = (data: JsonObject): SupervisordProfileData => profileData.parse(data);

/** Null for a profile without programs. */
export const fromProfileData = (data: JsonObject): SupervisordProfileData | null =>
  profileData.safeParse(data).data ?? null;
