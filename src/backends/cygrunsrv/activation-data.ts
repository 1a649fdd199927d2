import * as z from '../../system/schema.js';
import type { DeployedUnit } from '../backend.js';
import { parseOnce } from '../shared/parse-once.js';

const activation = z.object({
  /** What Windows calls it. */
  service: z.string(),
  /** What cygrunsrv is told when the service is installed, but for the password. */
  parameters: z.array(z.string()),
  /** Windows services that have to run before it. */
  dependencies: z.array(z.string()),
  /** null for the system's own account. */
  user: z.nullable(z.string()),
  logFiles: z.array(z.string()),
});

/** What activation has to know of a service when only the manifest is there. */
export type Activation = z.infer<typeof activation>;

/** Reads it. @throws ZodError for what `render` did not write */
export const parseActivation = parseOnce(activation);

/** What `render` wrote into the manifest. @throws ZodError when another program wrote it. */
export const activationOf = (unit: Pick<DeployedUnit, 'activation'>): Activation => parseActivation(unit.activation);
