import * as z from '../../system/schema.js';
import type { DeployedUnit } from '../backend.js';
import { parseOnce } from '../shared/parse-once.js';

const activation = z.object({
  /** The script of the service, relative to the profile. */
  script: z.string(),
  /** What OpenRC calls it. */
  service: z.string(),
  /** The runlevels that it starts in at boot. */
  runlevels: z.array(z.string()),
  /** Where its process is recorded when it starts. */
  recordFile: z.string(),
  logFile: z.string(),
  /** Whether its script waits until it is ready. */
  awaitsReadiness: z.boolean(),
});

/** What activation has to know of a service when only the manifest is there. */
export type Activation = z.infer<typeof activation>;

/** Reads it. @throws ZodError for what `render` did not write */
export const parseActivation = parseOnce(activation);

/** What `render` wrote into the manifest. @throws ZodError when another program wrote it. */
export const activationOf = (unit: Pick<DeployedUnit, 'activation'>): Activation => parseActivation(unit.activation);
