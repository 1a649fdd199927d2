import { profileLocation, type ProfileLocation } from '../generations/profile-location.js';
import { withProfileLock } from '../state/profile-lock.js';
import { UsageError } from '../system/errors.js';
import type { StopSignals } from '../system/ports.js';
import type { CommandContext } from './command.js';
import type { DeployArguments } from './deployment.js';
import { sparedByTerminal, withStopSignals } from './stop-signals.js';

/** @throws UsageError when there is nobody to ask */
const requireTerminal = ({ ask }: CommandContext): void => {
  if (ask !== null) return;
  throw new UsageError({
    what: '--confirm needs a terminal to ask on',
    why: 'stdin or stderr is none',
    fix: 'Add --yes to go on without asking; or look at the plan first with: plan --out FILE, then switch --plan FILE',
  });
};

export interface LockChoices {
  /**
   * Whether `work` is done without a lock, with a warning, where there is no room to make one: nobody may be kept from
   * stopping a service by a full disk. Default: no.
   */
  readonly goesOnUnlocked?: boolean;
}

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
  { goesOnUnlocked = false }: LockChoices = {},
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
      signal: context.stopSignals.first,
      onUnlocked: goesOnUnlocked
        ? ({ message, why = '' }) => {
            context.log.warn(`${message} (${why}): going on without; give no other command until this one has ended`);
          }
        : undefined,
      onWait: (holder) => {
        // All of the program, by a module of each file: another version may be installed before our turn comes.
        void Promise.allSettled([import('./deployment.js'), import('../profile/build-evaluated.js')]);
        context.log.info(`waiting for "${holder.command}" (PID ${String(holder.process.pid)})`);
      },
    },
    () => work(location),
  );
};

/**
 * The same for what must not end in the middle of a step: it is told of SIGINT and SIGTERM, which end the wait for the lock
 * and for managers, and decides itself when to end. It runs commands that the terminal's signals do not reach.
 *
 * @throws as withLock
 */
export const withLockAndSignals = <Result>(
  command: string,
  args: Parameters<typeof withLock>[1],
  caller: CommandContext,
  work: (context: CommandContext, signals: StopSignals) => Promise<Result>,
  choices?: LockChoices,
): Promise<Result> =>
  withStopSignals((signals) => {
    const context = sparedByTerminal(caller);
    return withLock(command, args, context, () => work(context, signals), choices);
  }, caller.stopSignals);
