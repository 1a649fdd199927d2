import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EvaluationSettings } from '../evaluate/evaluation-request.js';
import { givenOptionsPath, parseGivenOptions } from '../profile/given-options.js';
import { errnoOf } from '../state/file-errors.js';
import { ActivationError } from '../system/errors.js';

/**
 * The state options that a profile was built with, as far as they were given.
 *
 * @param path the profile or a link to it
 * @throws ActivationError when they are there and cannot be understood: going on without them would move everything
 */
export const givenOptionsOf = (path: string): EvaluationSettings => {
  const file = join(path, givenOptionsPath);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return {};
    throw error;
  }
  const options = parseGivenOptions(text);
  if (options !== null) return options;
  throw new ActivationError({
    what: `Where the current generation has its state is not known: ${file} cannot be understood`,
    why: 'It is damaged, or another version of this program wrote it',
    fix: 'Say it with every option: --state-dir and the other directories (default for the default one), and --force-disable-user-change or --no-force-disable-user-change',
  });
};
