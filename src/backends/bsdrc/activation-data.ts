import * as z from '../../system/schema.js';
import type { DeployedUnit } from '../backend.js';
import { parseOnce } from '../shared/parse-once.js';
import { scriptActivationSchema } from '../shared/script-activation.js';

/** What activation has to know of an rc.d script when only the manifest is there. */
const activationSchema = z.extend(scriptActivationSchema, {
  /** What rc.subr(8) calls the service: the name of its file in rc.conf.d. */
  rcName: z.string(),
  /** The rc.conf(5) variable that enables it; null when it always is. */
  enablingVariable: z.nullable(z.string()),
});
export type Activation = z.infer<typeof activationSchema>;

/** Reads it. @throws ZodError for what `render` did not write */
export const parseActivation = parseOnce(activationSchema);

/** What `render` wrote into the manifest. @throws ZodError when another program wrote it. */
export const activationOf = (unit: DeployedUnit): Activation => parseActivation(unit.activation);
