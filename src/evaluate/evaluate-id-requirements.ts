import { isJsonObject, type Json } from '../system/json.js';
import type { Ports } from '../system/ports.js';
import * as z from '../system/schema.js';
import { blameSurroundings } from './blame-surroundings.js';
import { findCallingUser } from './calling-user.js';
import { evaluateWithRemedies } from './evaluate-with-remedies.js';
import type { EvaluationRequest } from './evaluation-request.js';
import { explainFailure } from './explain-failure.js';
import { evaluationOf, hasNixpkgs, type Attempt } from './nix-evaluation.js';
import { readAnswer } from './read-answer.js';
import { parseEvaluated } from './store-context.js';
import { topmostReadable } from './topmost-readable.js';

/** Which pools of IDs the instances of a model want a number from. */
export interface IdRequirements {
  /** Instance → names of pools; every instance is there. */
  readonly pools: ReadonlyMap<string, readonly string[]>;
  /** What the user should know, one sentence each. */
  readonly notes: readonly string[];
}

/** What nix/id-requirements.nix prints. */
const document = z.object({
  ignoredParams: z.array(z.string()),
  instances: z.custom<Readonly<Record<string, Json>>>((value: unknown) => isJsonObject(value as Json)),
});

/**
 * Evaluates what the instances of a model say in one property, and nothing else of them: neither their packages nor their
 * ports, which may be impossible before there are IDs.
 *
 * @param property "requiresUniqueIdsFor" by convention
 * @throws EvaluationError naming the model and the place in it
 */
export const evaluateIdRequirements = async (
  request: EvaluationRequest,
  property: string,
  ports: Ports,
): Promise<IdRequirements> => {
  const evaluate = evaluationOf(request, await findCallingUser(ports.run), ports);
  const expression = { file: 'id-requirements.nix', property } as const;
  const plainly: Attempt = {
    only: null,
    readExtras: false,
    provideFramework: false,
    root: topmostReadable(request.exprFile),
    sandbox: true,
  };
  const { attempt, result, notes } = await evaluateWithRemedies((way) => evaluate(way, { expression }), plainly, {
    hasNixpkgs: () => hasNixpkgs(request, ports),
  });
  if (!result.ok) {
    await blameSurroundings(request, result.failure, ports);
    const traced = await evaluate(attempt, { expression, trace: true });
    throw explainFailure(traced.ok ? result.failure : traced.failure, {
      culprit: `The property ${property} of the instances of ${request.exprFile}`,
      position: null,
      hostPackages: request.hostPackages,
      showTrace: request.showTrace,
    });
  }
  const { instances, ignoredParams } = readAnswer(result, (stdout) =>
    document.parse(JSON.parse(parseEvaluated(stdout).text)),
  );
  const remarks: string[] = [];
  const pools = Object.entries(instances).map(([instance, value]): readonly [string, readonly string[]] => {
    const names = (Array.isArray(value) ? value : []).filter((name) => typeof name === 'string');
    if (value !== null && (!Array.isArray(value) || names.length < value.length)) {
      remarks.push(`${instance}: ${property} is not a list of names of pools: what is no name is left out`);
    }
    return [instance, names];
  });
  return {
    pools: new Map(pools),
    notes: [
      ...notes,
      ...ignoredParams.map((name) => `the model has no argument "${name}": that extra parameter is ignored`),
      ...remarks,
    ],
  };
};
