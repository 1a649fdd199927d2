import { join } from 'node:path';
import { dir } from 'tmp-promise';
import { loadBackend } from '../backends/registry.js';
import type { EvaluationRequest } from '../evaluate/evaluation-request.js';
import type { EvaluatedModel } from '../evaluate/read-evaluation.js';
import type { StoreContext } from '../evaluate/store-context.js';
import type { InstanceName, ProcessInstance, ProcessModel } from '../model/process-model.js';
import { activationOrder } from '../order/activation-order.js';
import { BuildError } from '../system/errors.js';
import type { Ports } from '../system/ports.js';
import type { BuiltModel } from './build-model.js';
import { buildProfile, isThere, realise, type ProfileSource } from './build-profile.js';
import type { Manifest } from './manifest.js';
import { manifestPath } from './manifest-path.js';
import { parseManifest } from './parse-manifest.js';
import { translateRealised } from './render-documents.js';
import { broughtRoots } from './render-model.js';
import { temporaryOptions } from '../state/temporary-names.js';

/** What of a model is built: all of it, or what the process that all others are there for brings to a profile. */
export type BuildTarget = 'profile' | 'last process';

const callsFunction = ({ process }: ProcessInstance): boolean =>
  process.kind === 'managed' && process.overrides === 'function';

/** The process that everything else is there for. */
const lastOf = (model: ProcessModel): InstanceName => {
  const last = activationOrder(model.instances).at(-1);
  if (last === undefined) throw new Error('the model has no instances');
  return last.instance.instance;
};

/**
 * Renders an evaluated model for its manager and builds the profile.
 *
 * @param outLink where to make a link that keeps the result from being collected; null for none
 * @returns also whether the result follows from what the evaluation printed and the request alone
 * @throws EvaluationError, ModelError or BuildError
 */
export const buildEvaluated = async (
  { model, context, toolSource, applyOverrides }: EvaluatedModel,
  { settings, offline, showTrace }: EvaluationRequest,
  target: BuildTarget,
  outLink: string | null,
  ports: Ports,
): Promise<BuiltModel & { readonly isDetermined: boolean }> => {
  const backend = await loadBackend(model.manager);
  const nix = { offline, hostPackages: model.hostPackages, showTrace };
  const { path: temporary, cleanup } = await dir(temporaryOptions());
  try {
    const seen: { readonly context: StoreContext; readonly root: string }[] = [];
    /** What texts may refer to. */
    const obtain = async (context: StoreContext, root: string, isRead: boolean): Promise<readonly string[]> => {
      if (isRead || !isThere(context)) return realise(context, root, nix, ports);
      seen.push({ context, root });
      return context.storePaths;
    };
    const ofModel = await obtain(context, temporary, broughtRoots(model.instances).length > 0);

    const warnings: string[] = [];
    const manifests: Manifest[] = [];
    const render = async (): Promise<ProfileSource> => {
      const translated = translateRealised({ model, toolSource, storePaths: ofModel }, backend, (sentence) => {
        warnings.push(sentence);
        ports.log.warn(sentence);
      });
      const { arguments: args, context } = await applyOverrides(translated.generated);
      const ofOverrides = await obtain(context, join(temporary, 'overrides'), false);
      const overridden = { arguments: args, storePaths: ofOverrides };
      if (target === 'last process') {
        return { document: await translated.renderInstance(overridden, lastOf(model)) };
      }
      const { document, manifest } = await translated.renderProfile(overridden, settings);
      return {
        document,
        // As whoever reads the profile will see it.
        meanwhile: () => manifests.push(parseManifest(manifest, manifestPath)),
      };
    };
    let source: Promise<ProfileSource> | null = null;
    const build = (): Promise<string> =>
      buildProfile(() => (source ??= render()), temporary, outLink ?? join(temporary, 'profile'), nix, ports);
    const path = await build().catch(async (error: unknown) => {
      if (!(error instanceof BuildError) || seen.length === 0) throw error;
      // What we saw may be what an interrupted build has left, or has been collected since then.
      for (const { context, root } of seen) await realise(context, root, nix, ports);
      return build();
    });
    return {
      path,
      manifest: manifests[0] ?? null,
      warnings,
      release: cleanup,
      // What the model's functions made of generated arguments is not in what was printed.
      isDetermined: !model.instances.some(callsFunction),
    };
  } catch (error) {
    await cleanup();
    throw error;
  }
};
