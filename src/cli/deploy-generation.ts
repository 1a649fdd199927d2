import { readBuiltProfile } from '../generations/built-profile.js';
import { profileUpdateTo } from '../generations/profile-update.js';
import { requireGeneration } from '../generations/generations.js';
import type { History } from '../generations/history.js';
import type { ProfileLocation } from '../generations/profile-location.js';
import { UsageError } from '../system/errors.js';
import type { CommandContext } from './command.js';
import { deploy, deploymentOrigin, type DeployArguments } from './deployment.js';

/** Whether a generation could be deployed, as far as its manifest tells. */
export const isReadable = async (location: ProfileLocation, number: number): Promise<boolean> => {
  const { link } = await requireGeneration(location, number);
  return (await readBuiltProfile(link).catch(() => null)) !== null;
};

/** A generation that a command wants to have run. */
export interface ChosenGeneration {
  readonly number: number;
  /** What asked for it, for the record. */
  readonly command: string;
  /** What the history is afterwards; null: the generation that is left is added to it. */
  readonly history: History | null;
}

/**
 * Makes the machine run an existing generation, and the profile point to it; no new generation is made.
 *
 * @throws UsageError when there is no such generation, or when it is nothing that could run
 */
export const deployGeneration = async (
  location: ProfileLocation,
  { number, command, history }: ChosenGeneration,
  args: DeployArguments,
  context: CommandContext,
): Promise<void> => {
  const generation = await requireGeneration(location, number);
  const next = await readBuiltProfile(generation.link);
  if (next === null) {
    throw new UsageError({
      what: `Generation ${String(number)} is no deployment`,
      why: `${generation.link} holds neither a manifest nor files in the layout of a process manager`,
      fix: 'Choose another generation',
    });
  }
  context.log.info(`going to generation ${String(number)}`);
  const profileUpdate =
    history === null ? await profileUpdateTo(location, next.path, number) : { generation: number, history };
  await deploy(
    { location, next, origin: deploymentOrigin(command, args, null, context), profileUpdate },
    args,
    context,
  );
};
