import type { PlannedActivation } from '../activate/activation.js';
import { readBuiltProfile } from '../generations/built-profile.js';
import { profileLocation } from '../generations/profile-location.js';
import type { PlanDocument } from '../plan/plan-document.js';
import { StalePlanError, UsageError } from '../system/errors.js';
import { argumentsOfManagerOptions, type ActivationArguments } from './arguments.js';
import type { CommandContext } from './command.js';
import { deployNewGeneration, deploymentOrigin, type DeployArguments } from './deployment.js';
import { withLock } from './with-lock.js';
import { profileOption } from './options.js';
import { readPlan, releasePlan } from './plan-file.js';
import { documentActivation, requireSamePlan } from './planned-activation.js';

/** The options of a plan as the command line gives them; see managerOptions. */
const argumentsOf = ({
  manager,
  oldProfile,
  repair,
  waitForPorts,
  keepGoing,
}: PlanDocument['options']): ActivationArguments => ({
  ...argumentsOfManagerOptions(manager),
  oldProfile: oldProfile ?? undefined,
  repair,
  waitForPorts,
  keepGoing,
});

/**
 * Does what a plan says that `plan --out` wrote.
 *
 * @throws StalePlanError, before anything is done, when the same command would make another plan now
 * @throws UsageError when the file is no plan, or one for another profile than -p names
 */
export const switchByPlan = async (file: string, args: DeployArguments, context: CommandContext): Promise<void> => {
  const made = await readPlan(file);
  const { link, path } = made.profile;
  const isDefault = args.profile === profileOption.profile.default;
  const named = profileLocation(args.profile, context.env).link;
  if (!isDefault && named !== link) {
    throw new UsageError({
      what: `The plan ${file} is for the profile ${link}, not for ${named}`,
      fix: 'Leave out -p: the plan says which profile is meant',
    });
  }
  const asPlanned: DeployArguments = {
    ...args,
    ...argumentsOf(made.options),
    profile: link,
  };
  await withLock('switch', asPlanned, context, async (location) => {
    const next = await readBuiltProfile(path);
    if (next === null) {
      throw new StalePlanError({
        what: `The profile of the plan ${file} is gone`,
        why: `There is no ${path}: it was collected, or the plan was made with another Nix store`,
        fix: 'Make the plan again, and keep the link beside it',
      });
    }
    const review = async (planned: PlannedActivation): Promise<void> => {
      requireSamePlan(made, await documentActivation(planned, made.model, asPlanned), file);
    };
    const origin = deploymentOrigin('switch', args, made.model, context);
    await deployNewGeneration({ location, next, origin, review }, asPlanned, context);
  });
  await releasePlan(file);
};
