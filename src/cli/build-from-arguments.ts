import { accessSync, constants, statSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { readCurrentProfile } from '../activate/current-profile.js';
import { loadBackend } from '../backends/registry.js';
import type { EvaluatedModel } from '../evaluate/read-evaluation.js';
import type { EvaluationRequest, EvaluationSettings } from '../evaluate/evaluation-request.js';
import { buildMemory } from '../generations/build-memory.js';
import { givenOptionsOf } from '../generations/given-options.js';
import { newlyBuilt, readBuiltProfile, type BuiltProfile } from '../generations/built-profile.js';
import type { ModelSource } from '../generations/deployment-record.js';
import { modelSource } from '../generations/model-source.js';
import type { ProfileLocation } from '../generations/profile-location.js';
import type { ManagerName } from '../model/process-model.js';
import type { Manifest } from '../profile/manifest.js';
import { errnoOf } from '../state/file-errors.js';
import { UsageError } from '../system/errors.js';
import { nixDirectory } from '../system/nix-directory.js';
import { chosenManager } from './arguments.js';
import type { CommandContext } from './command.js';
import { flagOf, modelPath, saidSettings, type StateArguments } from './settings.js';
import { whileRunning } from './while-running.js';

/** What yargs parsed of the options that say what to build. */
export interface BuildArguments extends StateArguments {
  readonly model?: string | undefined;
  readonly processManager?: string | undefined;
  readonly extraParams?: string | undefined;
  readonly include?: readonly string[] | undefined;
  readonly hostPackages?: boolean | undefined;
  readonly offline?: boolean | undefined;
  readonly showTrace?: boolean | undefined;
}

/** A profile that stays in the store at least until `release` is called. */
export interface HeldProfile extends BuiltProfile {
  readonly source: ModelSource;
  /** What its manager cannot express, a sentence each; nobody knows it of a profile that was built before. */
  readonly warnings: readonly string[];
  readonly release: () => Promise<void>;
  /** To be called when it is deployed; see BuiltModel. */
  readonly remember?: () => Promise<void>;
}

/** The model of an undeployment, which has no instances. */
export const emptyModel = join(nixDirectory, 'empty-model.nix');

const currentManifest = async (location: ProfileLocation): Promise<Manifest | null> =>
  (await readCurrentProfile(location)).built?.manifest ?? null;

const currentManager = async (location: ProfileLocation | null): Promise<ManagerName | null> =>
  location === null ? null : ((await currentManifest(location))?.manager ?? null);

const noModel = (path: string, cause: unknown): UsageError => {
  const isForbidden = errnoOf(cause) === 'EACCES';
  return new UsageError(
    isForbidden
      ? {
          what: `The model ${path} cannot be read`,
          why: 'Permission is denied',
          fix: 'Make the file, and the directories on the way to it, readable for the user who runs this command',
        }
      : {
          what: `There is no model ${path}`,
          fix: 'Name the processes.nix of your model, or a profile that build made',
        },
    { cause },
  );
};

/** @throws UsageError when there is nothing at `path` */
const modelAt = (path: string): Stats => {
  try {
    return statSync(path);
  } catch (cause) {
    throw noModel(path, cause);
  }
};

/** @throws UsageError when there is nothing at `path`, or nothing that we may read */
const expressionFile = (path: string): string => {
  const file = modelAt(path).isDirectory() ? join(path, 'default.nix') : path;
  try {
    accessSync(file, constants.R_OK);
  } catch (cause) {
    throw noModel(path, cause);
  }
  return file;
};

/**
 * The state options: what is said, else what the current generation was built with.
 *
 * @param location whose current generation that is; null for none
 */
const settingsFor = (
  args: BuildArguments,
  location: ProfileLocation | null,
  { env, log }: Pick<CommandContext, 'env' | 'log'>,
): EvaluationSettings => {
  const { settings, unsaid } = saidSettings(args, env);
  if (location === null || unsaid.length === 0) return settings;
  const remembered = givenOptionsOf(location.link);
  const taken = unsaid.flatMap((option) => {
    const value = remembered[option];
    return value === undefined ? [] : [[option, value] as const];
  });
  if (taken.length === 0) return settings;
  const words = taken.map(([option, value]) => `${flagOf(option)}${value === true ? '' : `=${String(value)}`}`);
  log.info(`note: as in the current generation: ${words.join(' ')}`);
  return { ...settings, ...Object.fromEntries(taken) };
};

/**
 * What the command line says about the evaluation of the model at `path`.
 *
 * @param location whose current generation says what the command line does not: the manager, and where state goes; null for
 *   none
 */
export const evaluationRequest = async (
  args: BuildArguments,
  path: string,
  location: ProfileLocation | null,
  { env, log }: Pick<CommandContext, 'env' | 'log'>,
): Promise<EvaluationRequest> => ({
  exprFile: expressionFile(path),
  // The current generation is not read for what -P says: Nix shall not wait for that.
  manager: chosenManager(
    args.processManager,
    args.processManager === undefined ? await currentManager(location) : null,
  ),
  settings: settingsFor(args, location, { env, log }),
  extraParams: args.extraParams ?? null,
  includePaths: args.include ?? [],
  hostPackages: args.hostPackages ?? false,
  offline: args.offline ?? false,
  showTrace: args.showTrace ?? false,
});

/** What a command does while Nix works. That it fails is nobody's failure. */
export interface Meanwhile {
  /** Asks what runs. */
  readonly look?: () => Promise<unknown>;
  /** Loads what the command does with the profile. */
  readonly load?: () => Promise<unknown>;
}

/** Evaluates the model that the command line names. */
export const evaluateFromArguments = async (
  args: BuildArguments,
  location: ProfileLocation,
  context: CommandContext,
): Promise<EvaluatedModel> => {
  const { evaluateModel } = await import('../evaluate/evaluate-model.js');
  const run = whileRunning(context.run, { load: () => [import('../evaluate/read-evaluation.js')] });
  const request = await evaluationRequest(args, modelPath(args.model, context.env), location, context);
  return evaluateModel(request, { ...context, run });
};

/**
 * Builds what the command line names: a model, or nothing when it names a profile that was built before.
 *
 * @param location whose current generation chooses the manager when -P does not
 * @param outLink where to make a link to the profile; null for none
 * @param meanwhile done when Nix is at work. Default: nothing
 */
export const buildFromArguments = async (
  args: BuildArguments,
  location: ProfileLocation | null,
  outLink: string | null,
  context: CommandContext,
  { look, load }: Meanwhile = {},
): Promise<HeldProfile> => {
  const path = modelPath(args.model, context.env);
  const prebuilt = modelAt(path).isFile()
    ? null
    : await readBuiltProfile(path, location === null ? null : await currentManifest(location));
  if (prebuilt !== null) {
    const { manager } = prebuilt.manifest;
    if (args.processManager !== undefined && manager !== null && args.processManager !== manager) {
      throw new UsageError({
        what: `${path} was built for ${manager}, not for ${args.processManager}`,
        fix: `Leave out -P, or build the model again with -P ${args.processManager}`,
      });
    }
    return { ...prebuilt, source: { path, revision: null }, warnings: [], release: () => Promise.resolve() };
  }
  const { buildModel } = await import('../profile/build-model.js');
  const request = await evaluationRequest(args, path, location, context);
  const memory = location === null || outLink !== null ? null : buildMemory(location);
  const run = whileRunning(context.run, {
    look,
    load: () => [
      load?.(),
      location === null ? null : readBuiltProfile(location.link),
      import('../profile/build-key.js'),
    ],
    loadMore: () => [
      loadBackend(request.manager),
      import('../evaluate/read-evaluation.js'),
      import('../profile/build-evaluated.js'),
    ],
  });
  const [source, { path: built, manifest, ...held }] = await Promise.all([
    // At the same time: whoever edits the model meanwhile makes it another one.
    modelSource(request.exprFile, context),
    buildModel(request, outLink, { ...context, run }, memory),
  ]);
  const profile = manifest === null ? await readBuiltProfile(built) : newlyBuilt(built, manifest);
  if (profile === null) throw (await import('../profile/build-profile.js')).notBuilt(built);
  return { ...profile, ...held, source };
};
