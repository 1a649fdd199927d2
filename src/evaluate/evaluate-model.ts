import type { Ports } from '../system/ports.js';
import { findCallingUser } from './calling-user.js';
import { evaluateWithRemedies } from './evaluate-with-remedies.js';
import type { EvaluationRequest } from './evaluation-request.js';
import { evaluationOf, hasNixpkgs, type Attempt } from './nix-evaluation.js';
import type { EvaluatedModel } from './read-evaluation.js';
import { topmostReadable } from './topmost-readable.js';

/** A model that Nix has evaluated, before anybody has looked at what came out. */
export interface Evaluation {
  /** All that Nix says about the model, with what it needs in the store: the same for the same model. */
  readonly stdout: string;
  /** What had to be done differently for it, one sentence each. */
  readonly notes: readonly string[];
  /** @throws ModelError when it cannot be a model */
  readonly read: () => Promise<EvaluatedModel>;
}

/**
 * Evaluates a model with Nix.
 *
 * @throws EvaluationError naming the process instance and the place in the model
 * @throws UsageError when the value of --extra-params is no attribute set
 */
export const runEvaluation = async (request: EvaluationRequest, ports: Ports): Promise<Evaluation> => {
  const evaluate = evaluationOf(request, await findCallingUser(ports.run), ports);
  const plainly: Attempt = {
    only: null,
    readExtras: true,
    provideFramework: false,
    root: topmostReadable(request.exprFile),
    sandbox: true,
  };
  const { attempt, result, notes } = await evaluateWithRemedies(evaluate, plainly, {
    hasNixpkgs: () => hasNixpkgs(request, ports),
  });
  if (!result.ok) {
    const { blameSurroundings } = await import('./blame-surroundings.js');
    await blameSurroundings(request, result.failure, ports);
    const { diagnoseFailure } = await import('./diagnose-failure.js');
    return diagnoseFailure(request, evaluate, attempt, result.failure);
  }
  const { stdout, stderr } = result;
  return {
    stdout,
    notes,
    read: async () => {
      const { readEvaluation } = await import('./read-evaluation.js');
      return readEvaluation({ stdout, stderr }, notes, { request, evaluate, attempt });
    },
  };
};

/**
 * Evaluates a model with Nix, and reads what comes out.
 *
 * @throws EvaluationError naming the process instance and the place in the model
 * @throws UsageError when the value of --extra-params is no attribute set
 * @throws ModelError when what Nix evaluated cannot be a model
 */
export const evaluateModel = async (request: EvaluationRequest, ports: Ports): Promise<EvaluatedModel> =>
  (await runEvaluation(request, ports)).read();
