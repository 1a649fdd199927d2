import { readCurrentProfile } from '../activate/current-profile.js';
import { describeUnfinished, readUnfinishedSwitch } from '../activate/unfinished-switch.js';
import { listGenerations } from '../generations/generations.js';
import { profileLocation, type ProfileLocation } from '../generations/profile-location.js';
import { ActivationError, UsageError } from '../system/errors.js';
import type { CommandContext } from './command.js';
import { deploy, deploymentOrigin, type DeployArguments } from './deployment.js';
import { withEmptyProfile } from './with-empty-profile.js';

/** Says on stderr when a switch did not finish, or is at work: then what is deployed is not all that runs. */
export const warnOfUnfinished = async (profile: string, context: CommandContext): Promise<void> => {
  const unfinished = await readUnfinishedSwitch(profileLocation(profile, context.env), context);
  if (unfinished === null) return;
  if (unfinished.state === 'at work') context.log.info(describeUnfinished(unfinished));
  else context.log.warn(`${describeUnfinished(unfinished)}. Finish it with resume, or undo it with abort`);
};

const nothingUnfinished = (context: CommandContext): void => {
  context.log.info('nothing to do: no switch was interrupted');
};

/** Goes where an unfinished switch was going. The caller holds the lock. @throws UsageError when that is not known */
export const resumeSwitch = async (
  location: ProfileLocation,
  args: DeployArguments,
  context: CommandContext,
): Promise<void> => {
  const unfinished = await readUnfinishedSwitch(location, context);
  if (unfinished === null) {
    nothingUnfinished(context);
    return;
  }
  const header = unfinished.journal?.header;
  const next = unfinished.reached.find(({ path }) => path === header?.to);
  if (header === undefined || next === undefined) {
    throw new UsageError({
      what: 'Where the interrupted switch was going is not known',
      why: 'Another version of this program wrote its journal, it is damaged, or the profile is gone',
      fix: 'Run switch with the model, or undo what was done with abort',
    });
  }
  const { arrival } = header;
  const generations = await listGenerations(location);
  const isGone = arrival !== null && !generations.some(({ number }) => number === arrival.generation);
  const origin = deploymentOrigin(header.command, args, null, context);
  await deploy(
    { location, next, origin, profileUpdate: isGone ? { ...arrival, generation: null } : arrival },
    args,
    context,
  );
};

/**
 * Goes back to the current generation after an unfinished switch. The caller holds the lock.
 *
 * @throws UsageError when the profile has moved already
 */
export const abortSwitch = async (
  location: ProfileLocation,
  args: DeployArguments,
  context: CommandContext,
): Promise<void> => {
  const unfinished = await readUnfinishedSwitch(location, context);
  if (unfinished === null) {
    nothingUnfinished(context);
    return;
  }
  const { built: current, damage } = await readCurrentProfile(location);
  const header = unfinished.journal?.header;
  if (header !== undefined && header.arrival !== null && header.to === current?.path) {
    throw new UsageError({
      what: 'There is nothing left to undo: the interrupted switch had arrived',
      why: `${location.link} points to ${header.to} already`,
      fix: 'Finish it with resume; then rollback goes back to the generation before',
    });
  }
  const origin = deploymentOrigin('abort', args, null, context);
  if (damage !== null) {
    throw new ActivationError(
      {
        what: 'The interrupted switch cannot be undone: what it left cannot be read',
        why: [damage.message, damage.why ?? ''].filter((words) => words !== '').join('\n'),
        fix: 'Finish it with resume, go back with rollback, or run switch with the model; undeploy stops everything',
      },
      { cause: damage },
    );
  }
  if (current !== null) {
    await deploy({ location, next: current, origin, profileUpdate: null }, args, context);
    return;
  }
  const [reached] = unfinished.reached;
  if (reached === undefined) {
    throw new UsageError({
      what: 'What the interrupted switch may have started is not known',
      why: 'The profile that it was going to is gone',
      fix: 'Run switch with the model',
    });
  }
  await withEmptyProfile(reached, location, context, (next) =>
    deploy({ location, next, origin, profileUpdate: null }, args, context),
  );
};
