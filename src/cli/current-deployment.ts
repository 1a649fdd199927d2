import { connectSessions, type ManagedProfile, type Sessions } from '../activate/sessions.js';
import { describeDamage, readCurrentProfile } from '../activate/current-profile.js';
import { managedProfile, observeUnits } from '../activate/look-at-current.js';
import type { BuiltProfile } from '../generations/built-profile.js';
import { deployedProfile } from '../generations/built-profile.js';
import { profileLocation, type ProfileLocation } from '../generations/profile-location.js';
import type { ObservedUnit } from '../plan/plan-activation.js';
import type { DeployedUnit } from '../profile/manifest.js';
import { UsageError } from '../system/errors.js';
import { answerTimeoutOf, jobsOf, timeoutsOf, managerOptions, type ActivationArguments } from './arguments.js';
import type { CommandContext } from './command.js';

/** The current generation, with a connection to its manager. */
export interface CurrentDeployment {
  readonly location: ProfileLocation;
  readonly built: BuiltProfile;
  readonly deployed: ManagedProfile;
  readonly sessions: Sessions;
  /** Whether it is only what could be read of the generation. Default: it is all of it. */
  readonly isDamaged?: boolean;
}

/** Connects to the manager of a built profile, which runs it or is going to. */
export const connectTo = async (
  built: BuiltProfile,
  location: ProfileLocation,
  args: ActivationArguments,
  context: CommandContext,
): Promise<CurrentDeployment> => {
  const { manager } = built.manifest;
  if (manager === null) throw new Error(`${built.path} is nobody's: nothing runs in it`);
  const deployed: ManagedProfile = { manager, profile: deployedProfile(built, location.name) };
  const settings = {
    profileName: location.name,
    profileLink: location.link,
    managerOptions: managerOptions(args),
    jobs: jobsOf(args),
    timeouts: timeoutsOf(args),
    answerTimeout: answerTimeoutOf(args, context.env),
  };
  return { location, built, deployed, sessions: await connectSessions(deployed, deployed, [], settings, context) };
};

/** Null when nothing is deployed. Warns of what cannot be read of it. @throws ActivationError when that is all of it */
export const findDeployment = async (
  args: ActivationArguments & { readonly profile: string },
  context: CommandContext,
): Promise<CurrentDeployment | null> => {
  const location = profileLocation(args.profile, context.env);
  const current = await readCurrentProfile(location);
  const { built, damage } = current;
  const words = describeDamage(current);
  if (words !== null) context.log.warn(words);
  // Nothing is not what runs, but what is known.
  if (damage !== null && built === null) throw damage;
  if (managedProfile(built, location.name) === null || built === null) return null;
  return { ...(await connectTo(built, location, args, context)), isDamaged: damage !== null };
};

/** @throws UsageError when nothing is deployed */
export const requireDeployment = async (
  args: ActivationArguments & { readonly profile: string },
  context: CommandContext,
): Promise<CurrentDeployment> => {
  const deployment = await findDeployment(args, context);
  if (deployment === null) {
    throw new UsageError({
      what: `Nothing is deployed in the profile ${profileLocation(args.profile, context.env).link}`,
      fix: 'Deploy a model with: nix-processmgmt-ts switch -P MANAGER processes.nix',
    });
  }
  return deployment;
};

export const observe = ({ deployed, sessions }: CurrentDeployment): Promise<readonly ObservedUnit[]> =>
  observeUnits(deployed, sessions);

/**
 * Finds units by instance name or by process name.
 *
 * @throws UsageError naming those that do not exist, and those that do
 */
export const unitsCalled = (
  { deployed: { profile } }: CurrentDeployment,
  names: readonly string[],
): readonly DeployedUnit[] => {
  const found = names.map((name) => profile.units.find((unit) => unit.instance === name || unit.name === name));
  const missing = names.filter((_, index) => found[index] === undefined);
  if (missing.length > 0) {
    throw new UsageError({
      what: `There is no process instance ${missing.map((name) => `"${name}"`).join(', ')}`,
      fix: `The current generation has: ${profile.units.map(({ instance }) => instance).join(', ')}`,
    });
  }
  return [...new Set(found.flatMap((unit) => (unit === undefined ? [] : [unit])))];
};
