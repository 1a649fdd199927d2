import type { LaunchedProgram, ManifestUnit } from '../backend.js';
import { launchedBy } from '../shared/launched-program.js';

/** See Backend.launches. */
export const launchedProgram = ({ properties }: Pick<ManifestUnit, 'properties'>): LaunchedProgram | null =>
  launchedBy(properties, { program: 'process', args: 'args', directory: 'directory' });
