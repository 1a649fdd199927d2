import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadBackend, parseManagerName } from '../backends/registry.js';
import { completeSettings } from '../evaluate/evaluation-request.js';
import { overriddenArguments, type OverriddenArguments } from '../evaluate/apply-overrides.js';
import { refuseUnknownPaths } from '../evaluate/read-evaluation.js';
import { readEvaluated, type StoreContext } from '../evaluate/store-context.js';
import { parseModelDocument } from '../model/model-document.js';
import { parseModel } from '../model/parse-model.js';
import { buildProfiles, realise } from '../profile/build-profile.js';
import { translateRealised, type TranslatedModel } from '../profile/render-documents.js';
import type { ProfileDocument } from '../profile/profile-document.js';
import { ExplainedError } from '../system/errors.js';
import type { NixOptions } from '../system/nix-options.js';
import type { Ports } from '../system/ports.js';
import type { EvaluatedSuites, EvaluatedVariant } from './evaluate-suites.js';
import type { Prospect, VariantName } from './variant.js';

type Evaluated = Extract<EvaluatedVariant, { kind: 'evaluated' }>;

/** What a variant is on its way to a profile, or why it will have none. */
type Stage<Result> =
  | { readonly kind: 'on'; readonly evaluated: Evaluated; readonly result: Result }
  | { readonly kind: 'broken'; readonly variant: VariantName; readonly reason: string };

const inWords = (error: unknown): string => {
  if (!(error instanceof ExplainedError)) throw error;
  const { message, why, fix } = error;
  return [message, why, fix].filter((text) => text !== undefined && text !== '').join('\n');
};

/** Goes on with those that are still on their way. */
const advance = async <From, To>(
  stages: readonly Stage<From>[],
  step: (evaluated: Evaluated, result: From) => Promise<To>,
): Promise<readonly Stage<To>[]> => {
  const next: Stage<To>[] = [];
  for (const stage of stages) {
    if (stage.kind === 'broken') {
      next.push(stage);
      continue;
    }
    const { evaluated, result } = stage;
    try {
      next.push({ kind: 'on', evaluated, result: await step(evaluated, result) });
    } catch (error) {
      next.push({ kind: 'broken', variant: evaluated.variant, reason: inWords(error) });
    }
  }
  return next;
};

const together = (contexts: readonly StoreContext[]): StoreContext => {
  const derivations = new Map<string, Set<string>>();
  for (const { path, outputs } of contexts.flatMap((context) => context.derivations)) {
    derivations.set(path, new Set([...(derivations.get(path) ?? []), ...outputs]));
  }
  return {
    derivations: [...derivations].sort().map(([path, outputs]) => ({ path, outputs: [...outputs].sort() })),
    sources: [...new Set(contexts.flatMap(({ sources }) => sources))].sort(),
    storePaths: [...new Set(contexts.flatMap(({ storePaths }) => storePaths))].sort(),
  };
};

/** Builds what variants refer to: all at once, and each by itself when one of them fails. */
const realiseAll = async (
  all: readonly Evaluated[],
  directory: string,
  nix: NixOptions,
  ports: Ports,
): Promise<readonly Stage<null>[]> => {
  const roots = (name: string): string => {
    const path = join(directory, name);
    mkdirSync(path, { recursive: true });
    return path;
  };
  const stages = all.map((evaluated): Stage<null> => ({ kind: 'on', evaluated, result: null }));
  try {
    await realise(together(all.map(({ context }) => context)), roots('all'), nix, ports);
    return stages;
  } catch (error) {
    if (all.length < 2) return advance(stages, () => Promise.reject(error as Error));
    return advance(stages, async ({ context, variant }) => {
      await realise(context, roots(variant.name), nix, ports);
      return null;
    });
  }
};

const translate = async ({ variant, content, context }: Evaluated, { log }: Ports): Promise<TranslatedModel> => {
  refuseUnknownPaths(context);
  const manager = parseManagerName(variant.manager);
  const settings = completeSettings(content.settings);
  const { model, toolSource } = parseModel(parseModelDocument(content.model), {
    manager,
    directories: settings,
    forceDisableUserChange: settings.forceDisableUserChange,
  });
  const backend = await loadBackend(manager);
  return translateRealised({ model, toolSource, storePaths: context.storePaths }, backend, (sentence) => {
    log.debug(`${variant.name}: ${sentence}`);
  });
};

const nothing: OverriddenArguments = { arguments: {}, context: { derivations: [], sources: [], storePaths: [] } };

/** Has Nix call the functions among the overrides of all models, and builds what their results need. */
const overrideAll = async (
  translated: readonly Stage<TranslatedModel>[],
  suites: EvaluatedSuites,
  directory: string,
  nix: NixOptions,
  ports: Ports,
): Promise<(name: string) => OverriddenArguments> => {
  const waiting = translated.flatMap((stage) =>
    stage.kind === 'on' && Object.keys(stage.result.generated).length > 0 ? [stage] : [],
  );
  if (waiting.length === 0) return () => nothing;
  const answers = await suites.applyOverrides(
    Object.fromEntries(
      waiting.map(({ evaluated, result }) => [evaluated.variant.attrPath.join('.'), result.generated]),
    ),
    waiting.map(({ evaluated }) => evaluated.variant.attrPath),
  );
  const byName = new Map(
    answers.map(({ attrPath, ...answer }) => {
      const { text, context } = readEvaluated(answer);
      return [attrPath.join('.'), { arguments: overriddenArguments(text), context }];
    }),
  );
  const roots = join(directory, 'overrides');
  mkdirSync(roots);
  await realise(together([...byName.values()].map(({ context }) => context)), roots, nix, ports);
  return (name) => byName.get(name) ?? nothing;
};

/**
 * Makes the profiles that are deployed in the tests: one build for what the variants need, and one for all profiles.
 *
 * @param directory a temporary one: as long as it is there, nothing of it is collected
 */
export const buildVariants = async (
  suites: EvaluatedSuites,
  directory: string,
  nix: NixOptions,
  ports: Ports,
): Promise<readonly Prospect[]> => {
  const evaluated = suites.variants.flatMap((variant) => (variant.kind === 'evaluated' ? [variant] : []));
  const realised = await realiseAll(evaluated, directory, nix, ports);
  const translated = await advance(realised, (variant) => translate(variant, ports));
  const overriddenOf = await overrideAll(translated, suites, directory, nix, ports);
  const rendered = await advance(translated, async ({ variant, content }, model): Promise<ProfileDocument> => {
    const { arguments: args, context } = overriddenOf(variant.attrPath.join('.'));
    const overridden = { arguments: args, storePaths: context.storePaths };
    return (await model.renderProfile(overridden, content.settings)).document;
  });
  const documents = rendered.flatMap((stage) => (stage.kind === 'on' ? [stage.result] : []));
  const paths = documents.length === 0 ? [] : await buildProfiles(documents, directory, nix, ports);
  const pathOf = new Map(documents.map((document, index) => [document, paths[index] ?? '']));
  const results = new Map(
    rendered.map((stage): readonly [string, Prospect] => {
      if (stage.kind === 'broken') return [stage.variant.name, stage];
      const { variant, content } = stage.evaluated;
      const profilePath = pathOf.get(stage.result) ?? '';
      return [variant.name, { kind: 'ready', variant: { ...variant, machine: content, profilePath } }];
    }),
  );
  return suites.variants.flatMap((variant) => {
    const result = variant.kind === 'evaluated' ? results.get(variant.variant.name) : variant;
    return result === undefined ? [] : [result];
  });
};
