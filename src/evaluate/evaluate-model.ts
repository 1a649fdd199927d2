import { parseModelDocument } from '../model/model-document.js';
import { parseModel } from '../model/parse-model.js';
import type { ProcessModel } from '../model/process-model.js';
import type { JsonObject } from '../system/json.js';
import type { Ports } from '../system/ports.js';
import { applyOverrides, type OverriddenArguments } from './apply-overrides.js';
import { blameSurroundings } from './blame-surroundings.js';
import { findCallingUser } from './calling-user.js';
import { diagnoseFailure } from './diagnose-failure.js';
import { evaluateWithRemedies } from './evaluate-with-remedies.js';
import { completeSettings, type EvaluationRequest } from './evaluation-request.js';
import { evaluationOf, hasNixpkgs, type Attempt, type Evaluate } from './nix-evaluation.js';
import { parseEvaluated, type StoreContext } from './store-context.js';
import { topmostReadable } from './topmost-readable.js';

/** A model that Nix has evaluated. */
export interface EvaluatedModel {
  readonly model: ProcessModel;
  /** What must be in the store before anything of the model can run. */
  readonly context: StoreContext;
  /** Tools of the model's package set for what belongs to no process: a shell (executable) and coreutils (package). */
  readonly toolSource: { readonly shell: string; readonly coreutils: string };
  /** What the user should know, one sentence each. */
  readonly notes: readonly string[];
  /**
   * Calls the model's functions for the instances whose overrides are one.
   *
   * @param generated the manager's arguments, by instance
   * @throws EvaluationError naming the instance
   */
  readonly applyOverrides: (generated: Readonly<Record<string, JsonObject>>) => Promise<OverriddenArguments>;
}

/** A model that Nix has evaluated, before anybody has looked at what came out. */
export interface Evaluation {
  /** All that Nix says about the model, with what it needs in the store: the same for the same model. */
  readonly stdout: string;
  /** What had to be done differently for it, one sentence each. */
  readonly notes: readonly string[];
  /** @throws ModelError when it cannot be a model */
  readonly read: () => EvaluatedModel;
}

/** @throws ModelError */
const readEvaluation = (
  stdout: string,
  notes: readonly string[],
  { request, evaluate, attempt }: { request: EvaluationRequest; evaluate: Evaluate; attempt: Attempt },
): EvaluatedModel => {
  const { text, context } = parseEvaluated(stdout);
  const document = parseModelDocument(text);
  const settings = completeSettings(request.settings);
  const parsed = parseModel(document, {
    manager: request.manager,
    directories: settings,
    forceDisableUserChange: settings.forceDisableUserChange,
  });
  return {
    model: parsed.model,
    context,
    toolSource: parsed.toolSource,
    notes: [
      ...(document.hostPackages && !request.hostPackages
        ? ['<nixpkgs> was not found: using the programs of this machine (host packages)']
        : []),
      ...notes,
      ...document.ignoredParams.map((name) => `the model has no argument "${name}": that extra parameter is ignored`),
      ...parsed.notes,
    ],
    applyOverrides: (generated) =>
      applyOverrides(generated, parsed.model, { evaluate, attempt, showTrace: request.showTrace }),
  };
};

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
    await blameSurroundings(request, result.failure, ports);
    return diagnoseFailure(request, evaluate, attempt, result.failure);
  }
  const { stdout } = result;
  return { stdout, notes, read: () => readEvaluation(stdout, notes, { request, evaluate, attempt }) };
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
