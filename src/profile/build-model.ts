import { join } from 'node:path';
import { dir } from 'tmp-promise';
import { loadBackend } from '../backends/registry.js';
import { evaluateModel } from '../evaluate/evaluate-model.js';
import type { EvaluationRequest } from '../evaluate/evaluation-request.js';
import type { Ports } from '../system/ports.js';
import { buildProfile, realise } from './build-profile.js';
import type { Manifest } from './manifest.js';
import { manifestFile, profileDocument } from './profile-document.js';
import { translateRealised } from './render-documents.js';
import { ReferenceScanner } from './store-texts.js';

/** A profile that was built, and stays in the store until `release` is called (or for good, with an out link). */
export interface BuiltModel {
  readonly path: string;
  readonly release: () => Promise<void>;
}

/**
 * Evaluates a model, renders it for its manager and builds the profile.
 *
 * @param outLink where to make a link that keeps the profile from being collected; null for none
 * @throws EvaluationError, ModelError or BuildError
 */
export const buildModel = async (
  request: EvaluationRequest,
  outLink: string | null,
  ports: Ports,
): Promise<BuiltModel> => {
  const evaluated = await evaluateModel(request, ports);
  for (const note of evaluated.notes) ports.log.info(`note: ${note}`);
  const { model, toolSource } = evaluated;
  const backend = await loadBackend(model.manager);
  const nix = { offline: request.offline, hostPackages: model.hostPackages, showTrace: request.showTrace };

  const { path: roots, cleanup } = await dir({ unsafeCleanup: true, prefix: 'nix-processmgmt-ts' });
  try {
    const storePaths = await realise(evaluated.context, roots, nix, ports);
    const translated = translateRealised({ model, toolSource, storePaths }, backend, (sentence) => {
      ports.log.warn(sentence);
    });
    const { arguments: args, context } = await evaluated.applyOverrides(translated.generated);
    const overridden = {
      arguments: args,
      storePaths: await realise(context, join(roots, 'overrides'), nix, ports),
    };
    const document = await translated.renderProfile(overridden, request.settings);
    const path = await buildProfile(document, outLink ?? join(roots, 'profile'), nix, ports);
    return { path, release: cleanup };
  } catch (error) {
    await cleanup();
    throw error;
  }
};

/** Builds the profile of a deployment in which nothing runs, with the builder of the deployment that it follows. */
export const buildEmptyProfile = async (after: Manifest, outLink: string, ports: Ports): Promise<string> => {
  const { shell, coreutils } = after.builder;
  const storeDir = /^(.*)\/[0-9a-z]{32}-/.exec(coreutils)?.[1] ?? '/nix/store';
  const storePaths = [shell, coreutils].flatMap((path) => /^.*?\/[0-9a-z]{32}-[^/]+/.exec(path)?.[0] ?? []);
  const scanner = new ReferenceScanner(storeDir, storePaths);
  const document = profileDocument({
    name: 'processes',
    builder: after.builder,
    files: [manifestFile({ ...after, data: {}, units: [] })],
    texts: [],
    scanner,
  });
  const nix = { offline: true, hostPackages: after.hostPackages, showTrace: false };
  return buildProfile(document, outLink, nix, ports);
};
