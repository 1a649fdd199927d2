import { parseModelDocument } from '../model/model-document.js';
import type { SourcePosition } from '../model/process-model.js';
import type { EvaluationRequest } from './evaluation-request.js';
import { explainFailure } from './explain-failure.js';
import { findCulprit } from './find-culprit.js';
import type { Attempt, Evaluate } from './nix-evaluation.js';
import type { NixFailure } from './nix-failure.js';
import { readAnswer } from './read-answer.js';
import { parseEvaluated } from './store-context.js';

/** What the model is like when none of its instances is evaluated. */
interface Outline {
  readonly positions: ReadonlyMap<string, SourcePosition | null>;
  readonly hostPackages: boolean;
}

const outlineOf = async (evaluate: Evaluate, attempt: Attempt): Promise<Outline | null> => {
  const result = await evaluate({ ...attempt, only: [] });
  if (!result.ok) return null;
  const { outline, hostPackages } = readAnswer(result, (stdout) => parseModelDocument(parseEvaluated(stdout).text));
  return { positions: new Map(outline?.map(({ name, position }) => [name, position])), hostPackages };
};

/** The same failure once more, with the places that Nix only names in a trace. */
const traced = async (evaluate: Evaluate, attempt: Attempt, failure: NixFailure): Promise<NixFailure> => {
  const result = await evaluate(attempt, { trace: true });
  return result.ok ? failure : result.failure;
};

/** Finds out what of a model fails and why, and throws the EvaluationError that says so. */
export const diagnoseFailure = async (
  request: EvaluationRequest,
  evaluate: Evaluate,
  attempt: Attempt,
  failure: NixFailure,
): Promise<never> => {
  const { showTrace } = request;
  const model = `The model ${request.exprFile}`;
  const outline = await outlineOf(evaluate, attempt);
  if (outline === null) {
    throw explainFailure(await traced(evaluate, { ...attempt, only: [] }, failure), {
      culprit: model,
      position: null,
      hostPackages: request.hostPackages,
      showTrace,
    });
  }
  const { hostPackages, positions } = outline;
  const fails = async (only: readonly string[]): Promise<boolean> => !(await evaluate({ ...attempt, only })).ok;
  const instance = await findCulprit([...positions.keys()], fails);
  const only = instance === null ? null : [instance];
  throw explainFailure(await traced(evaluate, { ...attempt, only }, failure), {
    culprit: instance === null ? model : `Process instance "${instance}"`,
    position: instance === null ? null : (positions.get(instance) ?? null),
    hostPackages,
    showTrace,
  });
};
