import { runEvaluation } from '../evaluate/evaluate-model.js';
import type { EvaluationRequest } from '../evaluate/evaluation-request.js';
import { BuildError } from '../system/errors.js';
import type { Ports } from '../system/ports.js';
import type { BuildTarget } from './build-evaluated.js';
import type { Manifest } from './manifest.js';

/** A profile that was built, and stays in the store until `release` is called (or for good, with an out link). */
export interface BuiltModel {
  readonly path: string;
  /** What it says about itself; null where nobody has looked yet. */
  readonly manifest: Manifest | null;
  /** What its manager cannot express, a sentence each; they have been told. */
  readonly warnings: readonly string[];
  readonly release: () => Promise<void>;
  /** To be called when it is deployed: the same model is not built again then. Default: there is nothing to remember. */
  readonly remember?: () => Promise<void>;
}

/** Remembers what the current generation was built from. */
export interface BuildMemory {
  /** The current generation, if it was built from just this. */
  readonly recall: (key: string) => Promise<RememberedBuild | null>;
  readonly remember: (key: string, build: RememberedBuild) => Promise<void>;
}

/** A profile, and what the user was told when it was built. */
export interface RememberedBuild {
  readonly path: string;
  readonly notes: readonly string[];
  readonly warnings: readonly string[];
}

/** How often a model is evaluated again where a collection of garbage cannot be kept from coming in between. */
const attempts = 8;

const buildOnce = async (
  request: EvaluationRequest,
  outLink: string | null,
  target: BuildTarget,
  ports: Ports,
  memory: BuildMemory | null,
): Promise<BuiltModel> => {
  const evaluation = await runEvaluation(request, ports);
  const { buildKey } = await import('./build-key.js');
  const key = memory === null ? null : buildKey(evaluation, request);
  const known = key === null ? null : ((await memory?.recall(key)) ?? null);
  const tell = (notes: readonly string[]): void => {
    for (const note of notes) ports.log.info(`note: ${note}`);
  };
  if (known !== null) {
    tell(known.notes);
    for (const warning of known.warnings) ports.log.warn(warning);
    return { path: known.path, manifest: null, warnings: known.warnings, release: () => Promise.resolve() };
  }

  const evaluated = await evaluation.read();
  const { notes } = evaluated;
  tell(notes);
  const { buildEvaluated } = await import('./build-evaluated.js');
  const { isDetermined, ...built } = await buildEvaluated(evaluated, request, target, outLink, ports).catch(
    async (error: unknown) => {
      const { wasCollected } = await import('./without-collection.js');
      const { derivations, sources } = evaluated.context;
      const isLost = error instanceof BuildError && wasCollected([...derivations.map(({ path }) => path), ...sources]);
      throw isLost ? new CollectedError(error) : error;
    },
  );
  if (key === null || !isDetermined) return built;
  const { path, warnings } = built;
  return { ...built, remember: async () => memory?.remember(key, { path, notes, warnings }) };
};

/** What was evaluated has been collected before it was built. */
class CollectedError extends Error {
  readonly failure: BuildError;

  constructor(failure: BuildError) {
    super(failure.message, { cause: failure });
    this.failure = failure;
  }
}

const build = async (
  ...[request, outLink, target, ports, memory]: Parameters<typeof buildOnce>
): Promise<BuiltModel> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      if (attempt === 1) return await buildOnce(request, outLink, target, ports, memory);
      const { withoutCollection } = await import('./without-collection.js');
      return await withoutCollection(ports, (held) => buildOnce(request, outLink, target, held, memory));
    } catch (error) {
      if (!(error instanceof CollectedError)) throw error;
      if (attempt === attempts) throw error.failure;
      ports.log.debug('what was evaluated has been collected: once more');
    }
  }
};

/**
 * Evaluates a model, renders it for its manager and builds the profile.
 *
 * @param outLink where to make a link that keeps the profile from being collected; null for none
 * @param memory asked before anything is built; a profile that it knows is kept by its generation. Default: none
 * @throws EvaluationError, ModelError or BuildError
 */
export const buildModel = (
  request: EvaluationRequest,
  outLink: string | null,
  ports: Ports,
  memory: BuildMemory | null = null,
): Promise<BuiltModel> => build(request, outLink, 'profile', ports, memory);

/**
 * Builds what a single process brings to a profile.
 *
 * @param request a model of nothing but this process and what it depends on
 * @param outLink where to make a link that keeps the result from being collected; null for none
 * @throws EvaluationError, ModelError or BuildError
 */
export const buildProcess = (request: EvaluationRequest, outLink: string | null, ports: Ports): Promise<BuiltModel> =>
  build(request, outLink, 'last process', ports, null);
