import * as z from '../../system/schema.js';
import type { DeployedUnit } from '../backend.js';
import { parseOnce } from '../shared/parse-once.js';

const activation = z.object({
  label: z.string(),
  /** The job's file, relative to the profile. */
  plist: z.string(),
  /** Whom launchd runs it as; null for nobody in particular. */
  user: z.nullable(z.string()),
  logFiles: z.array(z.string()),
  /** launchd starts it as soon as it is loaded; others wait for a socket, a time … */
  startsAtOnce: z.boolean(),
});

/** What activation has to know of a job when only the manifest is there. */
export type Activation = z.infer<typeof activation>;

/** Reads it. @throws ZodError for what `render` did not write */
export const parseActivation = parseOnce(activation);

/** What `render` wrote into the manifest. @throws ZodError when another program wrote it. */
export const activationOf = (unit: Pick<DeployedUnit, 'activation'>): Activation => parseActivation(unit.activation);
