import type { LaunchedProgram, ManifestUnit } from '../backend.js';
import { textIn, wordsIn } from '../shared/launched-program.js';

/** See Backend.launches. */
export const launchedProgram = ({ properties }: Pick<ManifestUnit, 'properties'>): LaunchedProgram | null => {
  const program = textIn(properties['Program']);
  const words = wordsIn(properties['ProgramArguments']);
  const all = program === null ? words : [program, ...words.slice(1)];
  return all.length === 0 ? null : { words: all, directory: textIn(properties['WorkingDirectory']) };
};
