import { EvaluationError } from '../system/errors.js';
import type { Ports, RunResult } from '../system/ports.js';
import { MissingProgramError } from '../system/run.js';

const nixIsMissing = (cause: MissingProgramError): EvaluationError =>
  new EvaluationError(
    {
      what: 'Nix is not installed: the program "nix-instantiate" was not found',
      why: 'Models are evaluated and built with Nix',
      fix: 'Install Nix (https://nixos.org/download, or the package nix-bin of Debian and Ubuntu), or add its bin directory to PATH',
    },
    { cause },
  );

/** Nix 2.4 and later tell failures as JSON, with places as data. Nix 2.3 refuses the option before it reads anything. */
const structuredLog = ['--log-format', 'internal-json'];
const refusal = "unrecognised flag '--log-format'";

/**
 * Evaluates an expression strictly, to JSON.
 *
 * @param args the expression and options, besides those
 * @returns stdout is JSON when the exit code is 0; else parseNixFailure reads stderr
 * @throws EvaluationError when Nix is not installed
 */
export const runEvaluation = async (args: readonly string[], { run }: Pick<Ports, 'run'>): Promise<RunResult> => {
  const nix = (log: readonly string[]): Promise<RunResult> =>
    run({ file: 'nix-instantiate', args: ['--eval', '--strict', '--json', ...log, ...args] }).catch(
      (error: unknown) => {
        throw error instanceof MissingProgramError ? nixIsMissing(error) : error;
      },
    );
  const result = await nix(structuredLog);
  return result.exitCode !== 0 && result.stderr.includes(refusal) ? nix([]) : result;
};
