import { EvaluationError } from '../system/errors.js';
import type { Ports } from '../system/ports.js';
import { MissingProgramError } from '../system/run.js';
import { nixIsMissing } from './nix-evaluation.js';
import { parseNixFailure } from './nix-failure.js';
import { readAnswer } from './read-answer.js';

/**
 * Reads a file that holds plain data as a Nix expression.
 *
 * @param file absolute path
 * @returns the data, as JSON carries it
 * @throws EvaluationError naming the file and the place in it
 */
export const readNixFile = async (file: string, { run }: Pick<Ports, 'run'>): Promise<unknown> => {
  const args = ['--eval', '--strict', '--json', '--log-format', 'internal-json', file];
  const { exitCode, stdout, stderr } = await run({ file: 'nix-instantiate', args }).catch((error: unknown) => {
    throw error instanceof MissingProgramError ? nixIsMissing(error) : error;
  });
  if (exitCode === 0) return readAnswer({ stdout, stderr }, (text) => JSON.parse(text) as unknown);
  const { message, positions } = parseNixFailure(stderr);
  const [place] = positions;
  throw new EvaluationError({
    what: `The file ${file} cannot be evaluated`,
    why: place === undefined ? message : `${message}\nat ${place.file}:${place.line}:${place.column}`,
    fix: 'Correct the file; it can be tried alone with: nix-instantiate --eval --strict --json FILE',
  });
};
