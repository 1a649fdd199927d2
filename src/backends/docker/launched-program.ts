import type { LaunchedProgram, ManifestUnit } from '../backend.js';
import { wordsIn } from '../shared/launched-program.js';

/** See Backend.launches. */
export const launchedProgram = ({ properties }: Pick<ManifestUnit, 'properties'>): LaunchedProgram | null => {
  const words = wordsIn(properties['command']);
  return words.length === 0 ? null : { words, directory: null, isContained: true };
};
