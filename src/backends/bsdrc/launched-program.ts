import type { LaunchedProgram, ManifestUnit } from '../backend.js';
import { isJsonObject } from '../../system/json.js';
import { launchedBy } from '../shared/launched-program.js';

/** See Backend.launches. */
export const launchedProgram = ({ properties }: Pick<ManifestUnit, 'properties'>): LaunchedProgram | null =>
  isJsonObject(properties['commands']) && properties['commands']['start'] !== undefined
    ? null
    : launchedBy(properties, { program: 'command', args: 'commandArgs', directory: 'directory' });
