import { changedProperties } from '../../plan/changed-properties.js';
import type { DeployedUnit } from '../backend.js';
import { unitsOf } from './activation-data.js';
import { comparableProcess } from './comparable-unit.js';

/**
 * Compares the texts of units, whoever wrote them. systemd keeps a process running under its unit's name when the file
 * becomes another one.
 */
export const differences = async (before: DeployedUnit, after: DeployedUnit): Promise<readonly string[]> =>
  changedProperties(
    await comparableProcess(before.profile, unitsOf(before)),
    await comparableProcess(after.profile, unitsOf(after)),
  );
