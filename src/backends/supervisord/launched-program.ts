import type { LaunchedProgram, ManifestUnit } from '../backend.js';
import { splitWords } from '../shared/split-words.js';
import { textIn } from '../shared/launched-program.js';
import { literalOf } from './format-string.js';

/** See Backend.launches. */
export const launchedProgram = ({ properties }: Pick<ManifestUnit, 'properties'>): LaunchedProgram | null => {
  const command = literalOf(textIn(properties['command']) ?? '');
  const directory = literalOf(textIn(properties['directory']) ?? '');
  // What supervisord fills in is not known here.
  if (command === null || command === '') return null;
  return { words: splitWords(command), directory: directory === '' ? null : directory };
};
