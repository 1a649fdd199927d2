import type { JsonObject } from '../../system/json.js';
import * as z from '../../system/schema.js';
import type { DeployedUnit } from '../backend.js';
import { parseOnce } from '../shared/parse-once.js';

const activation = z.object({
  /** The service directory of the profile, relative to it. */
  directory: z.string(),
  /** What is in it, each a file or a directory of files; `log` is a service directory of its own. */
  entries: z.array(z.string()),
  /** Whether commands run before the process, and our script says when they are over. */
  isInitialized: z.boolean(),
  /** Null when nothing writes down what the process prints. */
  logFile: z.nullable(z.string()),
});

/** What activation has to know of a service when only the manifest is there. */
export type Activation = z.infer<typeof activation>;

/** Reads it. @throws ZodError for what `render` did not write */
export const parseActivation = parseOnce(activation);

/** What `render` wrote into the manifest. @throws ZodError when another program wrote it. */
export const activationOf = (unit: Pick<DeployedUnit, 'activation'>): Activation => parseActivation(unit.activation);

const profileData = z.object({
  /** The shell and the package of runit that the profile was built with. */
  shell: z.string(),
  runit: z.string(),
});

/** What activation has to know of a profile as a whole. */
export type ProfileData = z.infer<typeof profileData>;

/** Reads it; null for a profile without any service. @throws ZodError for what profileData did not write */
export const parseProfileData = (data: JsonObject): ProfileData | null =>
  Object.keys(data).length === 0 ? null : profileData.parse(data);
