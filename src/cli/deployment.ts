import type { EarlyLook } from '../activate/early-look.js';
import { refuseConflicts } from '../activate/find-conflicts.js';
import {
  changesOf,
  prepareActivation,
  stateOptions,
  type ActivationChoices,
  type DriftPolicy,
  type PlannedActivation,
} from '../activate/prepare-activation.js';
import { activate } from '../activate/activate.js';
import { arrivalOfUnfinished } from '../activate/unfinished-switch.js';
import type { BuiltProfile } from '../generations/built-profile.js';
import { arrivalAt, type Arrival } from '../generations/arrival.js';
import { currentGeneration } from '../generations/generations.js';
import type { ModelSource } from '../generations/deployment-record.js';
import type { ProfileLocation } from '../generations/profile-location.js';
import { recordDeployment, type Occasion } from '../generations/record-deployment.js';
import type { Conflict } from '../plan/conflict.js';
import { isIdle } from '../plan/document-plan.js';
import { createStateDirectories } from '../state/state-directories.js';
import { sparedByTerminal, withStopSignals } from './stop-signals.js';
import { countOf } from './terminal.js';
import type { ActivationArguments } from './arguments.js';
import type { CommandContext } from './command.js';
import { sessionSettingsOf } from './look-early.js';
import { watchSettings } from './settings.js';

/** What yargs parsed of the options that say how to deploy. */
export interface DeployArguments extends ActivationArguments {
  readonly profile: string;
  readonly noRollback?: boolean | undefined;
  readonly allowConflicts?: boolean | undefined;
  readonly confirm?: boolean | undefined;
  readonly yes?: boolean | undefined;
  readonly waitLock?: number | undefined;
  readonly message?: string | undefined;
  readonly settle?: number | undefined;
}

/** What the command line says about how it is done. */
const choicesOf = (
  location: ProfileLocation,
  args: ActivationArguments,
  context: Pick<CommandContext, 'env'>,
): ActivationChoices => ({
  ...sessionSettingsOf(location, args, context),
  taskSettings: { waitForPorts: args.waitForPorts === true, keepsLevels: args.keepGoing === true },
});

/**
 * Decides what a switch to `next` would do.
 *
 * @param drift what is done about what somebody has changed. Default: nothing, unless --repair was given
 * @param look see lookEarly. Default: nobody has looked
 */
export const prepare = (
  location: ProfileLocation,
  next: BuiltProfile,
  args: ActivationArguments,
  context: CommandContext,
  drift: DriftPolicy = args.repair === true ? 'repair' : 'ignore',
  look?: EarlyLook,
): Promise<PlannedActivation> =>
  prepareActivation(location, next, { ...choicesOf(location, args, context), drift }, context, args.oldProfile, look);

/**
 * Warns of what may not work, and refuses what surely fails unless the user says otherwise.
 *
 * @throws ModelError; ActivationError for what is in the way of files
 */
const considerConflicts = async (
  conflicts: readonly Conflict[],
  { allowConflicts }: Pick<DeployArguments, 'allowConflicts'>,
  { log }: Pick<CommandContext, 'log'>,
): Promise<void> => {
  if (conflicts.some(({ kind }) => kind === 'file')) {
    const { refuseObstacles } = await import('../activate/find-obstacles.js');
    refuseObstacles(conflicts);
  }
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

/** What comes before a deployment. */
export interface Preliminaries {
  /** Looks at what is going to be done before anything is; throws to refuse it. Default: nobody does. */
  readonly review?: (planned: PlannedActivation) => Promise<void>;
  /** See lookEarly. Default: nobody has looked. */
  readonly look?: EarlyLook | undefined;
}

/** Makes the machine run `next` as a new generation, to be called while the lock is held; see deploy. */
export const deployNewGeneration = async (
  location: ProfileLocation,
  next: BuiltProfile,
  why: Occasion,
  args: DeployArguments,
  context: CommandContext,
  before?: Preliminaries,
): Promise<void> => deploy(location, next, why, args, await arrivalAt(location, next.path, null), context, before);

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
  { review, look }: Preliminaries = {},
): Promise<void> => {
  const watch = watchSettings(args, caller.env);
  const context = sparedByTerminal(caller);
  const prepared = await prepare(location, next, args, context, undefined, look);
  const { plan, target, unfinished } = prepared;
  await review?.(prepared);
  await considerConflicts(prepared.conflicts, args, context);
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
  if (prepared.obstacles.length > 0) {
    const { removeObstacles } = await import('../activate/find-obstacles.js');
    removeObstacles(prepared.obstacles, context);
  }
  await recordDeployment(
    location,
    next,
    plan,
    why,
    () =>
      withStopSignals(
        ({ first, second }) =>
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
        context.stopSignals,
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
