import { join } from 'node:path';
import { access, constants, stat } from 'node:fs/promises';
import { refuseConflicts } from '../activate/find-conflicts.js';
import {
  changesOf,
  prepareActivation,
  stateOptions,
  type DriftPolicy,
  type PlannedActivation,
} from '../activate/prepare-activation.js';
import { activate } from '../activate/activate.js';
import { arrivalOfUnfinished } from '../activate/unfinished-switch.js';
import { loadBackend } from '../backends/registry.js';
import type { EvaluatedModel } from '../evaluate/evaluate-model.js';
import type { EvaluationRequest } from '../evaluate/evaluation-request.js';
import { buildMemory } from '../generations/build-memory.js';
import { readBuiltProfile, type BuiltProfile } from '../generations/built-profile.js';
import { arrivalAt, type Arrival } from '../generations/arrival.js';
import { currentGeneration } from '../generations/generations.js';
import type { ModelSource } from '../generations/deployment-record.js';
import { modelSource } from '../generations/model-source.js';
import { profileLocation, type ProfileLocation } from '../generations/profile-location.js';
import { recordDeployment, type Occasion } from '../generations/record-deployment.js';
import type { Conflict } from '../plan/conflict.js';
import { isIdle } from '../plan/document-plan.js';
import type { ManagerName } from '../model/process-model.js';
import type { Manifest } from '../profile/manifest.js';
import { createStateDirectories } from '../state/state-directories.js';
import { errnoOf } from '../state/file-errors.js';
import { withProfileLock } from '../state/profile-lock.js';
import { UsageError } from '../system/errors.js';
import { nixDirectory } from '../system/nix-directory.js';
import type { Run } from '../system/ports.js';
import { sparedByTerminal, withStopSignals } from './stop-signals.js';
import { countOf } from './terminal.js';
import { jobsOf, timeoutsOf, managerOptions, chosenManager, type ActivationArguments } from './arguments.js';
import type { CommandContext } from './command.js';
import { modelPath, stateSettings, watchSettings, type StateArguments } from './settings.js';

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
  (await readBuiltProfile(location.link))?.manifest ?? null;

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

/** @throws UsageError when there is nothing at `path`, or nothing that we may read */
const expressionFile = async (path: string): Promise<string> => {
  try {
    const file = (await stat(path)).isDirectory() ? join(path, 'default.nix') : path;
    await access(file, constants.R_OK);
    return file;
  } catch (cause) {
    throw noModel(path, cause);
  }
};

/**
 * What the command line says about the evaluation of the model at `path`.
 *
 * @param location whose current generation chooses the manager when -P does not; null for none
 */
export const evaluationRequest = async (
  args: BuildArguments,
  path: string,
  location: ProfileLocation | null,
  { env }: CommandContext,
): Promise<EvaluationRequest> => ({
  exprFile: await expressionFile(path),
  // The current generation is not read for what -P says: Nix shall not wait for that.
  manager: chosenManager(
    args.processManager,
    args.processManager === undefined ? await currentManager(location) : null,
  ),
  settings: stateSettings(args, env),
  extraParams: args.extraParams ?? null,
  includePaths: args.include ?? [],
  hostPackages: args.hostPackages ?? false,
  offline: args.offline ?? false,
  showTrace: args.showTrace ?? false,
});

/** Evaluates the model that the command line names. */
export const evaluateFromArguments = async (
  args: BuildArguments,
  location: ProfileLocation,
  context: CommandContext,
): Promise<EvaluatedModel> => {
  const { evaluateModel } = await import('../evaluate/evaluate-model.js');
  return evaluateModel(await evaluationRequest(args, modelPath(args.model, context.env), location, context), context);
};

/** Loads what is needed after the evaluation, whatever that says: Node has nothing else to do while Nix works. */
const loadWhatFollows = (manager: ManagerName, location: ProfileLocation | null) => (): void => {
  // Whoever needs it will say what is wrong with it.
  void Promise.allSettled([loadBackend(manager), location === null ? null : readBuiltProfile(location.link)]);
};

/**
 * Builds what the command line names: a model, or nothing when it names a profile that was built before.
 *
 * @param location whose current generation chooses the manager when -P does not
 * @param outLink where to make a link to the profile; null for none
 */
export const buildFromArguments = async (
  args: BuildArguments,
  location: ProfileLocation | null,
  outLink: string | null,
  context: CommandContext,
): Promise<HeldProfile> => {
  const path = modelPath(args.model, context.env);
  const found = await stat(path).catch((cause: unknown) => {
    throw noModel(path, cause);
  });
  const prebuilt = found.isFile()
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
  let isFirst = true;
  const run: Run = (command) => {
    const onStart = isFirst ? loadWhatFollows(request.manager, location) : undefined;
    isFirst = false;
    return context.run(onStart === undefined ? command : { ...command, onStart });
  };
  const [source, { path: built, ...held }] = await Promise.all([
    // At the same time: whoever edits the model meanwhile makes it another one.
    modelSource(request.exprFile, context),
    buildModel(request, outLink, { ...context, run }, memory),
  ]);
  const profile = await readBuiltProfile(built);
  if (profile === null) throw new Error(`${built} was built without a manifest`);
  return { ...profile, ...held, source };
};

/** What yargs parsed of the options that say how to deploy. */
export interface DeployArguments extends ActivationArguments {
  readonly profile: string;
  readonly noRollback?: boolean | undefined;
  readonly keepGoing?: boolean | undefined;
  readonly allowConflicts?: boolean | undefined;
  readonly confirm?: boolean | undefined;
  readonly yes?: boolean | undefined;
  readonly waitLock?: number | undefined;
  readonly message?: string | undefined;
  readonly settle?: number | undefined;
}

/** @throws UsageError when there is nobody to ask */
const requireTerminal = ({ ask }: CommandContext): void => {
  if (ask !== null) return;
  throw new UsageError({
    what: '--confirm needs a terminal to ask on',
    why: 'stdin or stderr is none',
    fix: 'Add --yes to go on without asking; or look at the plan first with: plan --out FILE, then switch --plan FILE',
  });
};

/**
 * Runs `work` while no other command works on the profile.
 *
 * @throws UsageError when the user wants to be asked where that is not possible
 */
export const withLock = <Result>(
  command: string,
  { profile, waitLock, confirm, yes }: Pick<DeployArguments, 'profile' | 'waitLock' | 'confirm' | 'yes'>,
  context: CommandContext,
  work: (location: ProfileLocation) => Promise<Result>,
): Promise<Result> => {
  if (confirm === true && yes !== true) requireTerminal(context);
  const location = profileLocation(profile, context.env);
  return withProfileLock(
    {
      directory: location.stateDirectory,
      run: context.run,
      profileName: location.name,
      command: `nix-processmgmt-ts ${command}`,
      waitSeconds: waitLock ?? 0,
      onWait: (holder) => {
        context.log.info(`waiting for "${holder.command}" (PID ${String(holder.process.pid)})`);
      },
    },
    () => work(location),
  );
};

/**
 * Decides what a switch to `next` would do.
 *
 * @param drift what is done about what somebody has changed. Default: nothing, unless --repair was given
 */
export const prepare = (
  location: ProfileLocation,
  next: BuiltProfile,
  args: ActivationArguments,
  context: CommandContext,
  drift: DriftPolicy = args.repair === true ? 'repair' : 'ignore',
): Promise<PlannedActivation> =>
  prepareActivation(
    location,
    next,
    {
      profileName: location.name,
      profileLink: location.link,
      managerOptions: managerOptions(args),
      jobs: jobsOf(args),
      timeouts: timeoutsOf(args),
      waitForPorts: args.waitForPorts === true,
      repair: args.repair === true,
      drift,
    },
    context,
    args.oldProfile,
  );

/**
 * Warns of what may not work, and refuses what surely fails unless the user says otherwise.
 *
 * @throws ModelError
 */
const considerConflicts = (
  conflicts: readonly Conflict[],
  { allowConflicts }: Pick<DeployArguments, 'allowConflicts'>,
  { log }: Pick<CommandContext, 'log'>,
): void => {
  refuseConflicts(conflicts, allowConflicts === true);
  for (const { what, why } of conflicts) log.warn(`${what}: ${why}`);
};

/** What is remembered of a deployment besides its effects. */
export const occasion = (
  command: string,
  { message }: Pick<DeployArguments, 'message'>,
  model: ModelSource | null,
  { version }: Pick<CommandContext, 'version'>,
): Occasion => ({ command, message: message ?? null, model, tool: version });

/** Looks at what is going to be done before anything is; throws to refuse it. */
export type Review = (planned: PlannedActivation) => Promise<void>;

/** Makes the machine run `next` as a new generation, to be called while the lock is held; see deploy. */
export const deployNewGeneration = async (
  location: ProfileLocation,
  next: BuiltProfile,
  why: Occasion,
  args: DeployArguments,
  context: CommandContext,
  review?: Review,
): Promise<void> => deploy(location, next, why, args, await arrivalAt(location, next.path, null), context, review);

/**
 * Makes the machine run `next` and, when all of it runs, the profile point to it. Says on stderr what was done. The
 * caller holds the lock.
 */
export const deploy = async (
  location: ProfileLocation,
  next: BuiltProfile,
  why: Occasion,
  args: DeployArguments,
  arrival: Arrival,
  caller: CommandContext,
  review: Review = () => Promise.resolve(),
): Promise<void> => {
  const watch = watchSettings(args, caller.env);
  const context = sparedByTerminal(caller);
  const prepared = await prepare(location, next, args, context);
  const { plan, target, unfinished } = prepared;
  await review(prepared);
  considerConflicts(prepared.conflicts, args, context);
  if (isIdle(changesOf(next, prepared))) {
    for (const note of plan.notes) context.log.info(`note: ${note}`);
    context.log.info('nothing to do: the model is what is deployed');
    return;
  }
  if (args.confirm === true) {
    const { confirmPlan, documentActivation } = await import('./planned-activation.js');
    const document = await documentActivation(location, next, prepared, why.model, args, context);
    await confirmPlan(document, args.yes === true, context);
  }
  if (target !== null) await createStateDirectories(next.manifest.directories, stateOptions(next.manifest));
  await recordDeployment(
    location,
    next,
    plan,
    why,
    () =>
      withStopSignals(({ first, second }) =>
        activate(
          location,
          next,
          prepared,
          {
            command: why.command,
            rollBack: args.noRollback !== true,
            keepGoing: args.keepGoing === true,
            watch,
            signal: first,
            secondSignal: second,
          },
          // It had arrived, but may not have been able to remember where it came from.
          (prepared.recorded === next.path ? arrivalOfUnfinished(unfinished, next) : null) ?? arrival,
          context,
        ),
      ),
    context,
  );
  const generation = await currentGeneration(location);
  const kept = String(plan.unchanged.length);
  context.log.info(
    target === null
      ? 'done: nothing runs any more'
      : `done: generation ${String(generation)} with ${countOf(target.profile.units.length, 'process', 'processes')} under ${target.manager} (${kept} left untouched)`,
  );
};
