import * as z from '../../system/schema.js';
import type { DeployedUnit } from '../backend.js';
import { parseOnce } from './parse-once.js';

/** What activation has to know of a service with a script of its own, when only the manifest is there. */
export const scriptActivationSchema = z.object({
  /** The script that starts and stops the service; relative to the profile. */
  script: z.string(),
  /** null for a service without a process. */
  pidFile: z.nullable(z.string()),
  /** What nix/nixproc/backends/process-functions.sh records of the service's starts and stops. */
  recordFile: z.string(),
  /** The process stays in the foreground; the program that keeps it in the background removes its PID file. */
  wrapped: z.boolean(),
  /** null when nobody knows where the service writes. */
  logFile: z.nullable(z.string()),
});
export type ScriptActivation = z.infer<typeof scriptActivationSchema>;

/** Reads it. @throws ZodError for what `render` did not write */
export const parseActivation = parseOnce(scriptActivationSchema);

/** What `render` wrote into the manifest. @throws ZodError when another program wrote it. */
export const scriptActivationOf = (unit: DeployedUnit): ScriptActivation => parseActivation(unit.activation);
