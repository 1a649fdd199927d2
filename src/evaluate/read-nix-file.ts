import { EvaluationError } from '../system/errors.js';
import type { Ports } from '../system/ports.js';
import { parseNixFailure } from './nix-failure.js';
import { readAnswer } from './read-answer.js';
import { runEvaluation } from './run-evaluation.js';

/**
 * Reads a file that holds plain data as a Nix expression.
 *
 * @param file absolute path
 * @returns the data, as JSON carries it
 * @throws EvaluationError naming the file and the place in it
 */
export const readNixFile = async (file: string, ports: Pick<Ports, 'run'>): Promise<unknown> => {
  const { exitCode, stdout, stderr } = await runEvaluation([file], ports);
  if (exitCode === 0) return readAnswer({ stdout, stderr }, (text) => JSON.parse(text) as unknown);
  const { message, positions } = parseNixFailure(stderr);
  const [place] = positions;
  throw new EvaluationError({
    what: `The file ${file} cannot be evaluated`,
    why: place === undefined ? message : `${message}\nat ${place.file}:${place.line}:${place.column}`,
    fix: 'Correct the file; it can be tried alone with: nix-instantiate --eval --strict --json FILE',
  });
};
