import type { Backend, ProfileFile, RenderedUnit, UnitContext } from '../backends/backend.js';
import { dysnomiaSupport } from '../backends/shared/dysnomia-support.js';
import type { ProcessInstance } from '../model/process-model.js';
import { refuseTooLongValues } from '../model/value-lengths.js';
import type { OrderedInstance } from '../order/activation-order.js';
import { ModelError } from '../system/errors.js';
import { mergeRecursively, type JsonObject } from '../system/json.js';
import { isSameFile } from './same-file.js';
import type { StoreTexts } from './store-texts.js';

/** An instance with the arguments that its manager's create function takes. */
export interface TranslatedUnit {
  readonly context: UnitContext;
  readonly arguments: JsonObject;
  /** True when the model's override is a Nix function that has yet to be applied to `arguments`. */
  readonly awaitsOverride: boolean;
}

export interface RenderedModel {
  readonly units: readonly { readonly context: UnitContext; readonly rendered: RenderedUnit }[];
  /** Every file of the profile but its manifest; no path occurs twice. */
  readonly files: readonly ProfileFile[];
}

const argumentsOf = (
  context: UnitContext,
  backend: Backend,
  warn: (message: string) => void,
): Omit<TranslatedUnit, 'context'> | null => {
  const { instance } = context;
  const { process } = instance;
  for (const [place, path] of instance.stray ?? []) {
    const file = path.slice(path.lastIndexOf('/') + 1);
    warn(
      `${instance.instance}: the path ${path} in ${place} stays outside the store: what runs changes with the file. Copy it with "\${./${file}}", or write it as text`,
    );
  }
  switch (process.kind) {
    case 'managed': {
      refuseTooLongValues(process, instance);
      const translation = backend.translate(process, context);
      if (instance.readiness?.probe.kind === 'notify' && backend.hearsNotifications !== true) {
        warn(`${instance.instance}: ${backend.name} cannot be told that a process is ready: it is when it has started`);
      }
      for (const sentence of translation.unsupported) warn(`${instance.instance}: ${backend.name} ${sentence}`);
      if (process.overrides === 'function') return { arguments: translation.arguments, awaitsOverride: true };
      const args = process.overrides ?? {};
      return { arguments: mergeRecursively(translation.arguments, args), awaitsOverride: false };
    }
    case 'direct':
      if (process.manager !== backend.name) {
        throw new ModelError({
          what: `Process instance "${instance.instance}" can only run under ${process.manager}`,
          why: `The model makes it with ${process.manager}'s own create function, not with createManagedProcess`,
          fix: `Deploy the model with -P ${process.manager}, or make the process with createManagedProcess`,
        });
      }
      return { arguments: process.arguments, awaitsOverride: false };
    case 'package':
      return null;
  }
};

/**
 * Turns the instances into the manager's arguments, with overrides that are attribute sets merged in. Pure but for
 * `warn`, which gets one sentence per property that the manager cannot express.
 *
 * @throws ModelError for a name or an instance that this manager cannot take.
 */
export const translateModel = (
  order: readonly OrderedInstance[],
  backend: Backend,
  texts: StoreTexts,
  warn: (message: string) => void,
): readonly TranslatedUnit[] => {
  const maxLevel = order.at(-1)?.level ?? 0;
  const readinessOf = new Map(order.map(({ instance: { instance, readiness } }) => [instance, readiness]));
  return order.flatMap(({ instance, level, dependencies }) => {
    const problem = backend.nameProblem(instance.name);
    if (problem !== null) {
      throw new ModelError({
        what: `Process instance "${instance.instance}" has the name ${JSON.stringify(instance.name)}, which ${backend.name} cannot take`,
        why: problem,
        fix: 'Give it another name, instanceName or instanceSuffix',
      });
    }
    const context: UnitContext = {
      instance,
      level,
      maxLevel,
      dependencies: dependencies.map(({ name }) => name),
      awaited: dependencies.flatMap(({ instance: dependency }) => {
        const readiness = readinessOf.get(dependency) ?? null;
        return readiness === null || readiness.probe.kind === 'notify' ? [] : [readiness];
      }),
      storeText: (name, text) => texts.add(name, text),
    };
    const { startTimeout, stopTimeout } = instance;
    if ((startTimeout !== null || stopTimeout !== null) && backend.honoursTimeouts !== true) {
      warn(`${instance.instance}: ${backend.name} has settings of its own for startTimeout and stopTimeout`);
    }
    if (instance.leftovers !== null && backend.leftovers !== undefined) {
      const reason = {
        manager: 'has rules of its own for leftovers',
        nobody: 'does not tell what an instance leaves behind',
      };
      warn(`${instance.instance}: ${backend.name} ${reason[backend.leftovers]}`);
    }
    const translated = argumentsOf(context, backend, warn);
    return translated === null ? [] : [{ context, ...translated }];
  });
};

/** A tree of files that an instance brings along: what its postInstall made, or a package made without the framework. */
export interface BroughtTree {
  readonly instance: ProcessInstance;
  readonly root: string;
  /** Paths of files and links relative to the root. */
  readonly paths: readonly string[];
}

/** Renders each translated instance (overrides applied) by itself. @throws ModelError when arguments do not fit */
export const renderUnits = (translated: readonly TranslatedUnit[], backend: Backend): RenderedModel['units'] => {
  const all = new Map(translated.map(({ context, arguments: args }) => [context.instance.name, args]));
  return translated.map(({ context, arguments: args }) => ({ context, rendered: backend.render(args, context, all) }));
};

/** A tree of files that an instance brings along, as links of the profile. */
export const broughtFiles = ({ root, paths }: BroughtTree): readonly ProfileFile[] =>
  paths.map((path) => ({ kind: 'link', path, target: `${root}/${path}` }));

/**
 * Renders translated instances (overrides applied) into the files of a profile.
 *
 * @param options options that only some managers know, by name
 * @throws ModelError when arguments do not fit, or when two instances bring different files of one path.
 */
export const renderModel = (
  translated: readonly TranslatedUnit[],
  brought: readonly BroughtTree[],
  backend: Backend,
  options: Readonly<Record<string, string>> = {},
): RenderedModel => {
  const units = renderUnits(translated, backend);
  const owners = new Map<string, { readonly file: ProfileFile; readonly owner: string }>();
  const files: ProfileFile[] = [];
  const add = (file: ProfileFile, owner: string): void => {
    const other = owners.get(file.path);
    if (other !== undefined) {
      if (isSameFile(other.file, file)) return;
      throw new ModelError({
        what: `Both ${other.owner} and ${owner} bring the file ${file.path}`,
        why: 'They differ, and a profile can hold only one of them',
        fix: 'Let the postInstall of one of them write to another path',
      });
    }
    owners.set(file.path, { file, owner });
    files.push(file);
  };
  for (const file of backend.profileFiles({ units, options })) add(file, `the profile for ${backend.name}`);
  // Tools of nix-processmgmt that are used in turns with ours go by them: they would delete accounts that are not there.
  for (const file of dysnomiaSupport({ units })) add(file, 'the users and groups of the model');
  for (const { context, rendered } of units) {
    for (const file of rendered.files) add(file, `process instance "${context.instance.instance}"`);
  }
  for (const tree of brought) {
    for (const file of broughtFiles(tree)) add(file, `the files of process instance "${tree.instance.instance}"`);
  }
  return { units, files };
};

/** The trees whose files go into the profile besides what the backend renders. */
export const broughtRoots = (
  instances: readonly ProcessInstance[],
): readonly { instance: ProcessInstance; root: string }[] =>
  instances.flatMap((instance) => {
    const root = instance.process.kind === 'package' ? instance.process.path : instance.files;
    return root === null ? [] : [{ instance, root }];
  });
