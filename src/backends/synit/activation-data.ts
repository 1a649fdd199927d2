import * as z from '../../system/schema.js';
import type { DeployedUnit } from '../backend.js';
import { parseOnce } from '../shared/parse-once.js';

const activation = z.object({
  /** The file with its assertions, relative to the profile. */
  file: z.string(),
  /** Where its process is recorded when it starts. */
  recordFile: z.string(),
  logFile: z.string(),
  /** Synit starts it again when its process has ended, however that did, or only when it failed, or not at all. */
  restarts: z.enum(['always', 'on-error', 'never']),
  /** It runs by itself, rather than when another service requires it. */
  isRequired: z.boolean(),
  /** It only has something to do once. */
  endsByItself: z.boolean(),
});

/** What activation has to know of a daemon when only the manifest is there. */
export type Activation = z.infer<typeof activation>;

/** Reads it. @throws ZodError for what `render` did not write */
export const parseActivation = parseOnce(activation);

/** What `render` wrote into the manifest. @throws ZodError when another program wrote it. */
export const activationOf = (unit: Pick<DeployedUnit, 'activation'>): Activation => parseActivation(unit.activation);
