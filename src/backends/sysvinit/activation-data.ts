import * as z from '../../system/schema.js';
import type { DeployedUnit } from '../backend.js';
import { parseOnce } from '../shared/parse-once.js';
import { scriptActivationSchema } from '../shared/script-activation.js';

/** What activation has to know of a script when only the manifest is there. */
const activationSchema = z.extend(scriptActivationSchema, {
  /** Runlevels that it is started in. */
  runlevels: z.array(z.string()),
  startSequence: z.string(),
  stopSequence: z.string(),
  stopRunlevels: z.array(z.string()),
});
export type Activation = z.infer<typeof activationSchema>;

/** Reads it. @throws ZodError for what `render` did not write */
export const parseActivation = parseOnce(activationSchema);

/** What `render` wrote into the manifest. @throws ZodError when another program wrote it. */
export const activationOf = (unit: DeployedUnit): Activation => parseActivation(unit.activation);
