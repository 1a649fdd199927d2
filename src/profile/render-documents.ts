import type { Backend, ProfileFile, RenderedUnit, UnitContext } from '../backends/backend.js';
import { dysnomiaSupport } from '../backends/shared/dysnomia-support.js';
import type { ParsedModel } from '../model/parse-model.js';
import type { InstanceName, ProcessInstance, ProcessModel } from '../model/process-model.js';
import { activationOrder, type OrderedInstance } from '../order/activation-order.js';
import { stateDirectories, type StateDirectorySettings } from '../state/state-directories.js';
import type { JsonObject } from '../system/json.js';
import { fingerprintOf } from './fingerprint.js';
import { remarksOn } from './instance-remarks.js';
import { givenOptionsFiles } from './given-options.js';
import { foreignPackageUnits } from './foreign-packages.js';
import { listTree } from './list-tree.js';
import type { ManifestUnit, OwnManifest } from './manifest.js';
import { manifestFile, profileDocument, type ProfileDocument } from './profile-document.js';
import {
  broughtFiles,
  broughtRoots,
  renderModel,
  renderUnits,
  translateModel,
  type BroughtTree,
  type TranslatedUnit,
} from './render-model.js';
import { ReferenceScanner, StoreTexts } from './store-texts.js';

/** What the user can say about a profile besides the model. */
export interface ProfileSettings extends StateDirectorySettings {
  readonly forceDisableUserChange?: boolean;
}

/** An evaluated model whose references are all in the store. */
export interface RealisedModel extends Pick<ParsedModel, 'model' | 'toolSource'> {
  /** Every store path that a rendered text may refer to. */
  readonly storePaths: readonly string[];
  /** Options that only some managers know, by name. Default: none. */
  readonly options?: Readonly<Record<string, string>>;
}

/** What the model's override functions made of generated arguments. */
export interface Overridden {
  /** By instance. */
  readonly arguments: Readonly<Record<string, JsonObject>>;
  /** What they refer to besides what the model does. */
  readonly storePaths: readonly string[];
}

/** A rendered profile. */
export interface RenderedProfile {
  readonly document: ProfileDocument;
  /** The text of its manifest. */
  readonly manifest: string;
}

/** A model whose instances are arguments of their manager's create function; what is left to do waits for overrides. */
export interface TranslatedModel {
  /** The arguments of the instances whose overrides are functions. */
  readonly generated: Readonly<Record<string, JsonObject>>;
  /**
   * Renders the profile of the whole model. @throws ModelError
   *
   * @param overridden a result for each of `generated`
   */
  readonly renderProfile: (overridden: Overridden, settings: ProfileSettings) => Promise<RenderedProfile>;
  /**
   * Renders what a single instance brings to the profile, and its users and groups: the same bytes, but no manifest, so
   * that the results of several instances can be put together. @throws ModelError
   *
   * @param overridden a result for each of `generated`
   */
  readonly renderInstance: (overridden: Overridden, instance: InstanceName) => Promise<ProfileDocument>;
}

// Manifests, and all that is in them, are put together in the order of their keys: they are written faster so.

const manifestUnit = (
  { context, rendered }: { readonly context: UnitContext; readonly rendered: RenderedUnit },
  dependencies: ManifestUnit['dependencies'],
): ManifestUnit => {
  const { critical, pidFile, ...others } = remarksOn(context.instance);
  return {
    activation: rendered.activation,
    ...(rendered.changePolicy === undefined ? {} : { changePolicy: rendered.changePolicy }),
    credentials: rendered.credentials,
    ...(critical === undefined ? {} : { critical }),
    dependencies,
    fingerprint: fingerprintOf(rendered.properties),
    instance: context.instance.instance,
    level: context.level,
    name: context.instance.name,
    ...(rendered.ownNetwork === undefined ? {} : { ownNetwork: rendered.ownNetwork }),
    ...(pidFile === undefined ? {} : { pidFile }),
    port: context.instance.port,
    properties: rendered.properties,
    readiness: context.instance.readiness,
    ...(rendered.reloadProperties === undefined ? {} : { reloadProperties: rendered.reloadProperties }),
    ...others,
  };
};

/** Where state goes: what the user said, else what the model itself says, else the defaults. */
const directoriesOf = (model: ProcessModel, settings: StateDirectorySettings): OwnManifest['directories'] => {
  const own = model.instances.find(({ process }) => process.kind !== 'package')?.directories;
  return stateDirectories({ ...own, ...settings }, process.platform);
};

const manifestUnits = (
  units: readonly { readonly context: UnitContext; readonly rendered: RenderedUnit }[],
  order: readonly OrderedInstance[],
): readonly ManifestUnit[] => {
  const dependencies = new Map(
    order.map(({ instance, dependencies: of }) => [instance.instance, of.map(({ instance: name }) => name)]),
  );
  return units.map((unit) => manifestUnit(unit, dependencies.get(unit.context.instance.instance) ?? []));
};

const byLevel = (a: ManifestUnit, b: ManifestUnit): number => a.level - b.level || (a.instance < b.instance ? -1 : 1);

/** A name that the store takes; what a process manager thinks of it is not Nix' concern. */
const storeName = (name: string): string =>
  /^[A-Za-z0-9+_?=-][A-Za-z0-9+._?=-]{0,150}$/.test(name) ? name : 'process';

const listTrees = (instances: readonly ProcessInstance[]): Promise<readonly BroughtTree[]> =>
  Promise.all(
    broughtRoots(instances).map(async ({ instance, root }) => ({ instance, root, paths: await listTree(root) })),
  );

/**
 * Translates a model for its manager. Reads nothing but the trees of files that instances bring along, and writes
 * nothing.
 *
 * @param warn gets one sentence for each property that the manager cannot express
 * @throws ModelError
 */
export const translateRealised = (
  { model, toolSource, storePaths, options = {} }: RealisedModel,
  backend: Backend,
  warn: (sentence: string) => void,
): TranslatedModel => {
  const order = activationOrder(model.instances);
  const scanner = new ReferenceScanner(model.storeDir, storePaths);
  const texts = new StoreTexts(model.storeDir, scanner);
  const translated = translateModel(order, backend, texts, warn);
  const { shell, coreutils } = toolSource;

  const override = (overridden: Overridden): readonly TranslatedUnit[] => {
    for (const path of overridden.storePaths) scanner.add(path);
    return translated.map((unit) => ({
      ...unit,
      arguments: overridden.arguments[unit.context.instance.instance] ?? unit.arguments,
    }));
  };
  const documentOf = (name: string, files: readonly ProfileFile[]): ProfileDocument =>
    profileDocument({ name, builder: { shell, coreutils }, files, texts: texts.all(), scanner });

  return {
    generated: Object.fromEntries(
      translated
        .filter(({ awaitsOverride }) => awaitsOverride)
        .map(({ context, arguments: args }) => [context.instance.instance, args]),
    ),
    renderProfile: async (overridden, settings) => {
      const { units, files } = renderModel(override(overridden), await listTrees(model.instances), backend, options);
      const directories = directoriesOf(model, settings);
      const names = new Set(units.map(({ context }) => context.instance.name));
      const manifest: OwnManifest = {
        builder: { coreutils, shell },
        data: backend.profileData({ units, options }),
        directories,
        forceDisableUserChange:
          settings.forceDisableUserChange ?? model.instances.some((instance) => instance.forceDisableUserChange),
        formatVersion: 1,
        hostPackages: model.hostPackages,
        manager: model.manager,
        units: [
          ...manifestUnits(units, order),
          ...(await foreignPackageUnits(order, backend, directories, names, warn)),
        ].sort(byLevel),
      };
      const file = manifestFile(manifest);
      return {
        document: documentOf('processes', [...files, file, ...givenOptionsFiles(settings)]),
        manifest: file.text,
      };
    },
    renderInstance: async (overridden, name) => {
      const unit = renderUnits(override(overridden), backend).find(({ context }) => context.instance.instance === name);
      if (unit === undefined) throw new Error(`there is no instance ${name} to render`);
      const { instance } = unit.context;
      return documentOf(storeName(instance.name), [
        ...dysnomiaSupport({ units: [unit] }),
        ...unit.rendered.files,
        ...(await listTrees([instance])).flatMap(broughtFiles),
      ]);
    },
  };
};
