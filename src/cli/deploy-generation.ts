import { readBuiltProfile } from '../generations/built-profile.js';
import { arrivalAt } from '../generations/arrival.js';
import { requireGeneration } from '../generations/generations.js';
import type { History } from '../generations/history.js';
import type { ProfileLocation } from '../generations/profile-location.js';
import { UsageError } from '../system/errors.js';
import type { CommandContext } from './command.js';
import { deploy, occasion, type DeployArguments } from './deployment.js';

/** Whether a generation could be deployed, as far as its manifest tells. */
export const isReadable = async (location: ProfileLocation, number: number): Promise<boolean> => {
  const { link } = await requireGeneration(location, number);
  return (await readBuiltProfile(link).catch(() => null)) !== null;
};

/**
 * Makes the machine run an existing generation, and the profile point to it; no new generation is made.
 *
 * @param command that asked for it, for the record
 * @param history what the history is afterwards; null: the generation that is left is added to it
 * @throws UsageError when there is no such generation, or when it is nothing that could run
 */
export const deployGeneration = async (
  location: ProfileLocation,
  number: number,
  command: string,
  args: DeployArguments,
  history: History | null,
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
  const arrival = history === null ? await arrivalAt(location, next.path, number) : { generation: number, history };
  await deploy({ location, next, why: occasion(command, args, null, context), arrival }, args, context);
};
