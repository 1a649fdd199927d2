import { readFileSync } from 'node:fs';
import { parseModelDocument } from '../model/model-document.js';
import { parseModel } from '../model/parse-model.js';
import type { ProcessModel } from '../model/process-model.js';
import { EvaluationError } from '../system/errors.js';
import type { JsonObject } from '../system/json.js';
import { applyOverrides, type OverriddenArguments } from './apply-overrides.js';
import { completeSettings, type EvaluationRequest } from './evaluation-request.js';
import type { Attempt, Evaluate } from './nix-evaluation.js';
import { readAnswer, type NixAnswer } from './read-answer.js';
import { parseEvaluated, type StoreContext } from './store-context.js';

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

/** What Nix writes where a path is going to be: a hash of 256 bits in base 32, below the root. */
const placeholder = /^\/[0-9a-z]{52}$/;

/** Whether a derivation in the store says of its first output that nobody knows where it is going to be. */
const hasNoPath = (derivation: string): boolean => {
  try {
    return /^Derive\(\[\("[^"]*","",/.test(readFileSync(derivation, 'utf8'));
  } catch {
    return false;
  }
};

/**
 * The output of a derivation that is content-addressed has no path before it is built: Nix gives a placeholder, which would
 * be written into configuration files as it is.
 *
 * @throws EvaluationError naming the derivations
 */
export const refuseUnknownPaths = ({ derivations, storePaths }: StoreContext): void => {
  const placeholders = storePaths.filter((path) => placeholder.test(path));
  if (placeholders.length === 0) return;
  const floating = derivations.map(({ path }) => path).filter(hasNoPath);
  throw new EvaluationError({
    what: 'The model refers to a package whose path is not known before it is built',
    why: `It is content-addressed (ca-derivations): ${floating.length > 0 ? floating.join(', ') : placeholders.join(', ')}`,
    fix: 'Leave out __contentAddressed of that package; with nixpkgs: config.contentAddressedByDefault',
  });
};

/**
 * Reads what Nix has printed of a model.
 *
 * @param notes what had to be done differently for it
 * @param evaluation how it was evaluated
 * @throws EvaluationError when it is nothing that our expressions print; ModelError when it cannot be a model
 */
export const readEvaluation = (
  answer: NixAnswer,
  notes: readonly string[],
  { request, evaluate, attempt }: { request: EvaluationRequest; evaluate: Evaluate; attempt: Attempt },
): EvaluatedModel => {
  const { document, context } = readAnswer(answer, (stdout) => {
    const { text, ...rest } = parseEvaluated(stdout);
    return { ...rest, document: parseModelDocument(text) };
  });
  refuseUnknownPaths(context);
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
