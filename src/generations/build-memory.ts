import { join } from 'node:path';
import type { BuildMemory } from '../profile/build-model.js';
import { readRegularFile } from '../state/regular-file.js';
import type { BuildRecord } from './build-record.js';
import { targetOf } from './built-profile.js';
import type { ProfileLocation } from './profile-location.js';

/** Null when there is none, or when another version of this program wrote it. */
const readRecord = async (file: string): Promise<BuildRecord | null> => {
  try {
    const { parseBuildRecord } = await import('./build-record.js');
    return parseBuildRecord(readRegularFile(file));
  } catch {
    return null;
  }
};

/**
 * Remembers in a profile's state directory what its current generation was built from. What a key stands for never
 * changes, and the generation keeps its profile in the store, so that what is recalled is what would be built.
 */
export const buildMemory = ({ link, stateDirectory }: ProfileLocation): BuildMemory => {
  const file = join(stateDirectory, 'current-build.json');
  return {
    recall: async (key) => {
      const found = await readRecord(file);
      if (found?.key !== key) return null;
      return targetOf(link) === found.path ? found : null;
    },
    remember: async (key, { path, notes, warnings }) => {
      const { writeJsonAtomically } = await import('../state/atomic-file.js');
      await writeJsonAtomically(file, { key, path, notes, warnings });
    },
  };
};
