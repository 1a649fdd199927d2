import type { LaunchedProgram, ManifestUnit } from '../backend.js';
import { launchedByScript } from '../shared/launched-program.js';

/** See Backend.launches. */
export const launchedProgram = ({ properties }: Pick<ManifestUnit, 'properties'>): LaunchedProgram | null =>
  launchedByScript(properties);
