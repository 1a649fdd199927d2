import type { EarlyLook } from '../activate/early-look.js';
import { refuseConflicts } from '../activate/find-conflicts.js';
import type { PlannedActivation } from '../activate/activation.js';
import { prepareActivation, stateOptions } from '../activate/prepare-activation.js';
import type { DriftPolicy } from '../activate/what-runs.js';
import { activate } from '../activate/activate.js';
import { profileUpdateOfUnfinished } from '../activate/unfinished-switch.js';
import type { BuiltProfile } from '../generations/built-profile.js';
import { profileUpdateTo, type ProfileUpdate } from '../generations/profile-update.js';
import { currentGeneration } from '../generations/generations.js';
import type { ModelSource } from '../generations/deployment-record.js';
import type { ProfileLocation } from '../generations/profile-location.js';
import { recordDeployment, type DeploymentOrigin } from '../generations/record-deployment.js';
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

/** A deployment that is asked for. */
export interface DeploymentRequest {
  readonly location: ProfileLocation;
  readonly next: BuiltProfile;
  readonly origin: DeploymentOrigin;
  /** How it becomes the current generation. */
  readonly profileUpdate: ProfileUpdate;
  /** Looks at what is going to be done before anything is; throws to refuse it. Default: nobody does. */
  readonly review?: (planned: PlannedActivation) => Promise<void>;
  /** See lookEarly. Default: nobody has looked. */
  readonly look?: EarlyLook | undefined;
}

/**
 * Decides what a switch to `next` would do.
 *
 * @param drift what is done about what somebody has changed. Default: nothing, unless --repair was given
 */
export const prepare = (
  { location, next, look }: Pick<DeploymentRequest, 'location' | 'next' | 'look'>,
  args: ActivationArguments,
  context: CommandContext,
  drift: DriftPolicy = args.repair === true ? 'repair' : 'ignore',
): Promise<PlannedActivation> =>
  prepareActivation({
    ...{ location, next, look, drift },
    settings: sessionSettingsOf(location, args, context),
    tasks: { waitForPorts: args.waitForPorts === true, keepsLevels: args.keepGoing === true },
    oldProfile: args.oldProfile,
    ports: context,
  });

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
export const deploymentOrigin = (
  command: string,
  { message }: Pick<DeployArguments, 'message'>,
  model: ModelSource | null,
  { version }: Pick<CommandContext, 'version'>,
): DeploymentOrigin => ({ command, message: message ?? null, model, tool: version });

/** Makes the machine run `next` as a new generation, to be called while the lock is held; see deploy. */
export const deployNewGeneration = async (
  request: Omit<DeploymentRequest, 'profileUpdate'>,
  args: DeployArguments,
  context: CommandContext,
): Promise<void> =>
  deploy(
    { ...request, profileUpdate: await profileUpdateTo(request.location, request.next.path, null) },
    args,
    context,
  );

/** Last of all: what does not run is not started at boot either. @throws ActivationError */
export const carryOutBoot = async (
  boot: PlannedActivation['boot'],
  { log }: Pick<CommandContext, 'log'>,
): Promise<void> => {
  if (boot === null) return;
  log.info(
    `${boot.action === 'enable' ? 'it will start at boot' : 'it will not start at boot any more'}: ${boot.place}`,
  );
  await boot.carryOut();
};

/**
 * Makes the machine run `next` and, when all of it runs, the profile point to it. Says on stderr what was done. The
 * caller holds the lock.
 */
export const deploy = async (
  request: DeploymentRequest,
  args: DeployArguments,
  caller: CommandContext,
): Promise<void> => {
  const { next, origin, profileUpdate, review } = request;
  const watch = watchSettings(args, caller.env);
  const context = sparedByTerminal(caller);
  const planned = await prepare(request, args, context);
  const { plan, target, unfinished } = planned;
  await review?.(planned);
  await considerConflicts(planned.conflicts, args, context);
  if (isIdle(planned)) {
    for (const note of plan.notes) context.log.info(`note: ${note}`);
    context.log.info('nothing to do: the model is what is deployed');
    return;
  }
  if (args.confirm === true) {
    const { confirmPlan, documentActivation } = await import('./planned-activation.js');
    const document = await documentActivation(planned, origin.model, args);
    await confirmPlan(document, args.yes === true, context);
  }
  if (target !== null) await createStateDirectories(next.manifest.directories, stateOptions(next.manifest));
  if (planned.obstacles.length > 0) {
    const { removeObstacles } = await import('../activate/find-obstacles.js');
    removeObstacles(planned.obstacles, context);
  }
  await recordDeployment(planned, origin, () =>
    withStopSignals(
      ({ first, second }) =>
        activate(planned, {
          command: origin.command,
          // It had arrived, but may not have been able to remember where it came from.
          profileUpdate:
            (planned.recorded === next.path ? profileUpdateOfUnfinished(unfinished, next) : null) ?? profileUpdate,
          rollBack: args.noRollback !== true,
          keepGoing: args.keepGoing === true,
          watch,
          signal: first,
          secondSignal: second,
        }),
      context.stopSignals,
    ),
  );
  await carryOutBoot(planned.boot, context);
  const generation = await currentGeneration(request.location);
  const kept = String(plan.unchanged.length);
  context.log.info(
    target === null
      ? 'done: nothing runs any more'
      : `done: generation ${String(generation)} with ${countOf(target.profile.units.length, 'process', 'processes')} under ${target.manager} (${kept} left untouched)`,
  );
};
