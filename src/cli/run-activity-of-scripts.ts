import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { loadBackend } from '../backends/registry.js';
import { deployedProfile, readBuiltProfile, type BuiltProfile } from '../generations/built-profile.js';
import { profileLocation, type ProfileLocation } from '../generations/profile-location.js';
import { ActivationError, ExplainedError, exitCodes, UsageError } from '../system/errors.js';
import type { StopSignals } from '../system/ports.js';
import { askedSteps } from './asked-steps.js';
import { chosenManager, managerOptions } from './arguments.js';
import type { CommandContext } from './command.js';
import { connectTo } from './current-deployment.js';
import { refuseOwnEnd } from './refuse-own-end.js';
import { withLockAndSignals } from './with-lock.js';

/** What yargs parsed of the options of run-activity. */
export interface ActivityArguments {
  readonly activity: string;
  readonly path?: string | undefined;
  readonly processManager?: string | undefined;
  readonly profile: string;
  readonly reverse?: boolean | undefined;
  readonly waitLock?: number | undefined;
  readonly answerTimeout?: number | undefined;
}

/** Refuses an activity that would end this command; of a profile that cannot be read, or was not made by us, nothing is known. */
const refuseOwnEndByScripts = async (
  activity: string,
  built: BuiltProfile | null,
  location: ProfileLocation,
  args: ActivityArguments,
  context: CommandContext,
): Promise<void> => {
  const manager = built?.manifest.manager ?? null;
  if ((activity !== 'stop' && activity !== 'restart') || built === null || manager === null) return;
  const { sessions } = await connectTo(built, location, args, context);
  await refuseOwnEnd(askedSteps(activity, manager, deployedProfile(built, location.name).units), sessions, context);
};

/** What to tell when a signal has ended it. Pure. */
const interruptedAfter = (
  activity: string,
  called: readonly string[],
  failed: readonly string[],
  left: readonly string[],
): ExplainedError =>
  new ExplainedError(exitCodes.interrupted, {
    what: `A signal ended the activity "${activity}"`,
    why: [
      ...(called.length === 0 ? [] : [`Called before: ${called.join(', ')}`]),
      ...failed,
      ...(left.length === 0 ? [] : [`Not called: ${left.join(', ')}`]),
    ].join('\n'),
  });

/**
 * Calls every service script of a profile, one after the other, with an activity; their output is shown. One that fails
 * does not keep the others from being called.
 *
 * @throws UsageError when there is no such profile, or when its services are no scripts
 * @throws ActivationError naming the scripts that failed; ExplainedError (exit code 10) when a signal ends it between two
 */
export const runActivityOfScripts = async (args: ActivityArguments, caller: CommandContext): Promise<void> => {
  const { activity } = args;
  const work = async (context: CommandContext, { first, second }: StopSignals): Promise<void> => {
    const location = profileLocation(args.profile, context.env);
    const { link } = location;
    const profile = args.path === undefined ? link : resolve(args.path);
    await access(profile).catch((cause: unknown) => {
      throw new UsageError(
        { what: `There is no profile ${profile}`, fix: 'Deploy a model first, or name a profile that build made' },
        { cause },
      );
    });
    const manager = chosenManager(
      args.processManager,
      args.processManager === undefined ? ((await readBuiltProfile(profile))?.manifest.manager ?? null) : null,
    );
    const { serviceScripts } = await loadBackend(manager);
    if (serviceScripts === undefined) {
      throw new UsageError({
        what: `Services under ${manager} are no scripts that could be called with "${activity}"`,
        fix: 'Use: nix-processmgmt-ts start, stop, restart, reload or status',
      });
    }
    const { files, environment } = await serviceScripts(profile, {
      run: context.run,
      env: context.env,
      managerOptions: managerOptions(args),
    });
    await refuseOwnEndByScripts(activity, await readBuiltProfile(profile).catch(() => null), location, args, context);
    const failed: string[] = [];
    const called: string[] = [];
    const calls = args.reverse === true ? files.toReversed() : files;
    for (const file of calls) {
      if (first.aborted) break;
      context.log.debug(`${file} ${activity}`);
      // To the end, unless somebody asks again.
      const request = { file, args: [activity], cwd: '/', env: environment, mode: 'inherit', signal: second } as const;
      const { exitCode } = await context.run(request);
      called.push(file);
      if (exitCode !== 0) failed.push(`${file} ended with exit code ${exitCode}`);
    }
    const left = calls.slice(called.length);
    // Whoever asks when the last one is at work gets what it says.
    if (second.aborted || left.length > 0) throw interruptedAfter(activity, called, failed, left);
    if (failed.length > 0) {
      throw new ActivationError({
        what: `The activity "${activity}" failed for ${failed.length} of ${files.length} scripts`,
        why: failed.join('\n'),
      });
    }
  };
  await withLockAndSignals('run-activity', args, caller, work, { goesOnUnlocked: true });
};
