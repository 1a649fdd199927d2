import type { ProcessModel } from '../model/process-model.js';
import type { JsonObject } from '../system/json.js';
import * as z from '../system/schema.js';
import { explainFailure } from './explain-failure.js';
import { findCulprit } from './find-culprit.js';
import type { Attempt, AttemptResult, Evaluate } from './nix-evaluation.js';
import { readAnswer } from './read-answer.js';
import { parseEvaluated, type StoreContext } from './store-context.js';

/** What a model's override functions made of generated arguments. */
export interface OverriddenArguments {
  /** By instance. */
  readonly arguments: Readonly<Record<string, JsonObject>>;
  /** What the results need in the store, besides what the model needs. */
  readonly context: StoreContext;
}

/** How the model was evaluated. */
interface Evaluation {
  readonly evaluate: Evaluate;
  readonly attempt: Attempt;
  readonly showTrace: boolean;
}

const overridden = z.record(z.string(), z.record(z.string(), z.json()));

/** Reads what nix/call-overrides.nix says: the arguments that functions made of generated ones, by instance. */
export const overriddenArguments = (text: string): OverriddenArguments['arguments'] =>
  overridden.parse(JSON.parse(text));

/**
 * Lets Nix call the override functions of a model.
 *
 * @param generated the manager's arguments, by instance
 * @throws EvaluationError naming the instance
 */
export const applyOverrides = async (
  generated: Readonly<Record<string, JsonObject>>,
  model: ProcessModel,
  { evaluate, attempt, showTrace }: Evaluation,
): Promise<OverriddenArguments> => {
  const apply = (names: readonly string[], trace = false): Promise<AttemptResult> => {
    const some = Object.fromEntries(names.map((name) => [name, generated[name] ?? {}]));
    return evaluate(attempt, { expression: { file: 'apply-overrides.nix', generated: some }, trace });
  };
  const names = Object.keys(generated).sort();
  if (names.length === 0) return { arguments: {}, context: { derivations: [], sources: [], storePaths: [] } };
  const result = await apply(names);
  if (result.ok) {
    return readAnswer(result, (stdout) => {
      const { text, context } = parseEvaluated(stdout);
      return { arguments: overriddenArguments(text), context };
    });
  }
  const culprit = await findCulprit(names, async (some) => !(await apply(some)).ok);
  const traced = await apply(culprit === null ? names : [culprit], true);
  throw explainFailure(traced.ok ? result.failure : traced.failure, {
    culprit: culprit === null ? 'The overrides of the model' : `The override of process instance "${culprit}"`,
    position: model.instances.find(({ instance }) => instance === culprit)?.position ?? null,
    hostPackages: model.hostPackages,
    showTrace,
  });
};
