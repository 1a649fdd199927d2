import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { dir } from 'tmp-promise';
import { loadBackend } from '../backends/registry.js';
import { runEvaluation, type Evaluation } from '../evaluate/evaluate-model.js';
import type { EvaluationRequest } from '../evaluate/evaluation-request.js';
import type { StoreContext } from '../evaluate/store-context.js';
import type { InstanceName, ProcessInstance, ProcessModel } from '../model/process-model.js';
import { activationOrder } from '../order/activation-order.js';
import { buildId } from '../system/build-id.js';
import { toStableJson } from '../system/json.js';
import type { Ports } from '../system/ports.js';
import { buildProfile, isThere, realise, type ProfileSource } from './build-profile.js';
import type { Manifest, OwnManifest, ProfileBuilder } from './manifest.js';
import { manifestFile, profileDocument, type ProfileDocument } from './profile-document.js';
import { translateRealised, type Overridden, type TranslatedModel } from './render-documents.js';
import { broughtRoots } from './render-model.js';
import { ReferenceScanner } from './store-texts.js';

/** A profile that was built, and stays in the store until `release` is called (or for good, with an out link). */
export interface BuiltModel {
  readonly path: string;
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

/**
 * Stands for everything that a profile is made of: two builds with the same key give the same profile. Null for a program
 * that does not know what it was compiled from, as in tests.
 */
const keyOf = (
  { stdout, notes }: Pick<Evaluation, 'stdout' | 'notes'>,
  { manager, settings }: EvaluationRequest,
): string | null =>
  buildId === null
    ? null
    : createHash('sha256')
        .update(toStableJson([buildId, process.platform, manager, { ...settings }, notes]))
        .update(stdout)
        .digest('hex');

const callsFunction = ({ process }: ProcessInstance): boolean =>
  process.kind === 'managed' && process.overrides === 'function';

/** What a text may refer to, and what of that Nix has yet to look for. */
interface Obtained {
  readonly storePaths: readonly string[];
  readonly requirements: StoreContext['derivations'];
}

/** Renders a document of an evaluated model. */
type Render = (translated: TranslatedModel, overridden: Overridden, model: ProcessModel) => Promise<ProfileDocument>;

const build = async (
  request: EvaluationRequest,
  outLink: string | null,
  render: Render,
  ports: Ports,
  memory: BuildMemory | null,
): Promise<BuiltModel> => {
  const evaluation = await runEvaluation(request, ports);
  const key = memory === null ? null : keyOf(evaluation, request);
  const known = key === null ? null : ((await memory?.recall(key)) ?? null);
  const tell = (notes: readonly string[]): void => {
    for (const note of notes) ports.log.info(`note: ${note}`);
  };
  if (known !== null) {
    tell(known.notes);
    for (const warning of known.warnings) ports.log.warn(warning);
    return { path: known.path, warnings: known.warnings, release: () => Promise.resolve() };
  }

  const evaluated = evaluation.read();
  tell(evaluated.notes);
  const { model, toolSource } = evaluated;
  const backend = await loadBackend(model.manager);
  const nix = { offline: request.offline, hostPackages: model.hostPackages, showTrace: request.showTrace };

  const { path: roots, cleanup } = await dir({ unsafeCleanup: true, prefix: 'nix-processmgmt-ts' });
  try {
    const obtain = async (context: StoreContext, root: string, isRead: boolean): Promise<Obtained> =>
      isRead || !isThere(context)
        ? { storePaths: await realise(context, root, nix, ports), requirements: [] }
        : { storePaths: context.storePaths, requirements: context.derivations };
    const ofModel = await obtain(evaluated.context, roots, broughtRoots(model.instances).length > 0);
    const warnings: string[] = [];
    const renderSource = async (): Promise<ProfileSource> => {
      const translated = translateRealised(
        { model, toolSource, storePaths: ofModel.storePaths },
        backend,
        (sentence) => {
          warnings.push(sentence);
          ports.log.warn(sentence);
        },
      );
      const { arguments: args, context } = await evaluated.applyOverrides(translated.generated);
      const ofOverrides = await obtain(context, join(roots, 'overrides'), false);
      return {
        document: await render(translated, { arguments: args, storePaths: ofOverrides.storePaths }, model),
        requirements: [...ofModel.requirements, ...ofOverrides.requirements],
      };
    };
    const path = await buildProfile(renderSource, outLink ?? join(roots, 'profile'), nix, ports);
    // What the model's functions made of generated arguments is not in the key.
    if (key === null || model.instances.some(callsFunction)) return { path, warnings, release: cleanup };
    return {
      path,
      warnings,
      release: cleanup,
      remember: async () => memory?.remember(key, { path, notes: evaluated.notes, warnings }),
    };
  } catch (error) {
    await cleanup();
    throw error;
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
): Promise<BuiltModel> =>
  build(
    request,
    outLink,
    (translated, overridden) => translated.renderProfile(overridden, request.settings),
    ports,
    memory,
  );

/** The process that everything else is there for. */
const lastOf = (model: ProcessModel): InstanceName => {
  const last = activationOrder(model.instances).at(-1);
  if (last === undefined) throw new Error('the model has no instances');
  return last.instance.instance;
};

/**
 * Builds what a single process brings to a profile.
 *
 * @param request a model of nothing but this process and what it depends on
 * @param outLink where to make a link that keeps the result from being collected; null for none
 * @throws EvaluationError, ModelError or BuildError
 */
export const buildProcess = (request: EvaluationRequest, outLink: string | null, ports: Ports): Promise<BuiltModel> =>
  build(
    request,
    outLink,
    (translated, overridden, model) => translated.renderInstance(overridden, lastOf(model)),
    ports,
    null,
  );

/**
 * Builds the profile of a deployment in which nothing runs.
 *
 * @param after the manifest of the deployment that it follows
 * @param builder that deployment's
 */
export const buildEmptyProfile = async (
  after: Manifest & Pick<OwnManifest, 'manager'>,
  builder: ProfileBuilder,
  outLink: string,
  ports: Ports,
): Promise<string> => {
  const { shell, coreutils } = builder;
  const storeDir = /^(.*)\/[0-9a-z]{32}-/.exec(coreutils)?.[1] ?? '/nix/store';
  const storePaths = [shell, coreutils].flatMap((path) => /^.*?\/[0-9a-z]{32}-[^/]+/.exec(path)?.[0] ?? []);
  const scanner = new ReferenceScanner(storeDir, storePaths);
  const document = profileDocument({
    name: 'processes',
    builder,
    files: [
      manifestFile({
        formatVersion: after.formatVersion,
        manager: after.manager,
        directories: after.directories,
        forceDisableUserChange: after.forceDisableUserChange,
        builder,
        hostPackages: after.hostPackages,
        data: {},
        units: [],
      }),
    ],
    texts: [],
    scanner,
  });
  const nix = { offline: true, hostPackages: after.hostPackages, showTrace: false };
  return buildProfile(() => Promise.resolve({ document }), outLink, nix, ports);
};
