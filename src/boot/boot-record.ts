import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ProfileLocation } from '../generations/profile-location.js';
import { writeJsonAtomically } from '../state/atomic-file.js';
import * as z from '../system/schema.js';

/*
 * Which init has an entry of a profile: a file in the profile's state directory, written before the entry and removed
 * after it.
 */

const record = z.object({ format: z.literal(1), init: z.string() });

const fileOf = ({ stateDirectory }: Pick<ProfileLocation, 'stateDirectory'>): string =>
  join(stateDirectory, 'at-boot.json');

/** @returns the name of the init; null when none was told, or the file cannot be read or is damaged */
export const recordedInit = (location: Pick<ProfileLocation, 'stateDirectory'>): string | null => {
  try {
    return record.parse(JSON.parse(readFileSync(fileOf(location), 'utf8'))).init;
  } catch {
    return null;
  }
};

/** @throws ActivationError when it cannot be written */
export const rememberInit = (location: ProfileLocation, init: string): Promise<void> =>
  writeJsonAtomically(fileOf(location), { format: 1, init });

export const forgetInit = (location: ProfileLocation): void => {
  rmSync(fileOf(location), { force: true });
};
