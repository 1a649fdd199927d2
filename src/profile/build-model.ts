import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { dir } from 'tmp-promise';
import type { RenderedUnit, UnitContext } from '../backends/backend.js';
import { loadBackend } from '../backends/registry.js';
import { evaluateModel } from '../evaluate/evaluate-model.js';
import type { EvaluationRequest } from '../evaluate/evaluation-request.js';
import type { ProcessModel } from '../model/process-model.js';
import { activationOrder } from '../order/activation-order.js';
import { stateDirectories, type StateDirectorySettings } from '../state/state-directories.js';
import { toStableJson, type JsonObject } from '../system/json.js';
import type { Ports } from '../system/ports.js';
import { buildProfile, listTree, realise } from './build-profile.js';
import type { Manifest, ManifestUnit } from './manifest.js';
import { profileDocument } from './profile-document.js';
import { broughtRoots, renderModel, translateModel, type TranslatedUnit } from './render-model.js';
import { ReferenceScanner, StoreTexts } from './store-texts.js';

const fingerprintOf = (properties: JsonObject): string =>
  createHash('sha256').update(toStableJson(properties)).digest('hex');

const manifestUnit = (
  { context, rendered }: { readonly context: UnitContext; readonly rendered: RenderedUnit },
  dependencies: ManifestUnit['dependencies'],
): ManifestUnit => ({
  instance: context.instance.instance,
  name: context.instance.name,
  level: context.level,
  dependencies,
  fingerprint: fingerprintOf(rendered.properties),
  properties: rendered.properties,
  ...(rendered.reloadProperties === undefined ? {} : { reloadProperties: rendered.reloadProperties }),
  ...(rendered.changePolicy === undefined ? {} : { changePolicy: rendered.changePolicy }),
  activation: rendered.activation,
  credentials: rendered.credentials,
  port: context.instance.port,
  readiness: context.instance.readiness,
});

/** Where state goes: what the user said, else what the model itself says, else the defaults. */
const directoriesOf = (model: ProcessModel, settings: StateDirectorySettings): Manifest['directories'] => {
  const own = model.instances.find(({ process }) => process.kind !== 'package')?.directories;
  return stateDirectories({ ...own, ...settings }, process.platform);
};

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
  const order = activationOrder(model.instances);
  const backend = await loadBackend(model.manager);
  const nix = { offline: request.offline, hostPackages: model.hostPackages, showTrace: request.showTrace };

  const { path: roots, cleanup } = await dir({ unsafeCleanup: true, prefix: 'nix-processmgmt-ts' });
  try {
    const scanner = new ReferenceScanner(model.storeDir, await realise(evaluated.context, roots, nix, ports));
    const texts = new StoreTexts(model.storeDir, scanner);
    const translated = translateModel(order, backend, texts, (sentence) => {
      ports.log.warn(sentence);
    });

    const awaiting = translated.filter(({ awaitsOverride }) => awaitsOverride);
    let complete: readonly TranslatedUnit[] = translated;
    if (awaiting.length > 0) {
      const overridden = await evaluated.applyOverrides(
        Object.fromEntries(awaiting.map(({ context, arguments: args }) => [context.instance.instance, args])),
      );
      const moreRoots = join(roots, 'overrides');
      for (const path of await realise(overridden.context, moreRoots, nix, ports)) scanner.add(path);
      complete = translated.map((unit) => ({
        ...unit,
        arguments: overridden.arguments[unit.context.instance.instance] ?? unit.arguments,
      }));
    }

    const brought = await Promise.all(
      broughtRoots(model).map(async ({ instance, root }) => ({ instance, root, paths: await listTree(root) })),
    );
    const { units, files, warnings } = renderModel(complete, brought, backend);
    for (const warning of warnings) ports.log.warn(warning);
    const dependencies = new Map(
      order.map(({ instance, dependencies: of }) => [instance.instance, of.map(({ instance: name }) => name)]),
    );
    const manifest: Manifest = {
      formatVersion: 1,
      manager: model.manager,
      directories: directoriesOf(model, request.settings),
      forceDisableUserChange:
        request.settings.forceDisableUserChange ?? model.instances.some((instance) => instance.forceDisableUserChange),
      builder: { shell: toolSource.shell, coreutils: toolSource.coreutils },
      hostPackages: model.hostPackages,
      data: backend.profileData({ units }),
      units: units.map((unit) => manifestUnit(unit, dependencies.get(unit.context.instance.instance) ?? [])),
    };
    const document = profileDocument({ name: 'processes', manifest, files, texts: texts.all(), scanner });
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
    manifest: { ...after, data: {}, units: [] },
    files: [],
    texts: [],
    scanner,
  });
  const nix = { offline: true, hostPackages: after.hostPackages, showTrace: false };
  return buildProfile(document, outLink, nix, ports);
};
