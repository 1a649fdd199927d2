import { realpath } from 'node:fs/promises';
import type { Ports } from '../system/ports.js';
import * as z from '../system/schema.js';
import { currentGeneration, setGeneration, switchGeneration } from './generations.js';
import { historyAfterLeaving, readHistory, writeHistory } from './history.js';
import type { ProfileLocation } from './profile-location.js';

export const profileUpdateSchema = z.object({
  /** The generation that becomes the current one; null: a new one, unless the profile is current already. */
  generation: z.nullable(z.int().check(z.positive())),
  /** What the history is then. */
  history: z.readonly(z.array(z.int().check(z.positive()))),
});

/**
 * How the profile is made to point to what runs, decided before anything is done, so that another run of the program can do
 * it. Null: it stays as it is.
 */
export type ProfileUpdate = z.infer<typeof profileUpdateSchema> | null;

/**
 * The update to a profile in the store, or to one of the generations, that remembers the generation that is left.
 *
 * @param generation null for a new one
 */
export const profileUpdateTo = async (
  location: ProfileLocation,
  profile: string,
  generation: number | null,
): Promise<ProfileUpdate> => {
  const history = await readHistory(location);
  const left = await currentGeneration(location);
  const stays =
    generation === null ? (await realpath(location.link).catch(() => null)) === profile : generation === left;
  return { generation, history: stays ? history : historyAfterLeaving(history, left) };
};

/**
 * Moves the profile. Can be repeated.
 *
 * @throws ActivationError when it cannot be changed; it has not moved then
 */
export const updateProfile = async (
  location: ProfileLocation,
  profile: string,
  profileUpdate: ProfileUpdate,
  ports: Ports,
): Promise<void> => {
  if (profileUpdate === null) return;
  // First what may fail for a full disk: once the profile has moved, there is no going back.
  const before = await readHistory(location);
  await writeHistory(location, profileUpdate.history);
  try {
    if (profileUpdate.generation === null) await setGeneration(location, profile, ports);
    else await switchGeneration(location, profileUpdate.generation, ports);
  } catch (error) {
    await writeHistory(location, before).catch(() => undefined);
    throw error;
  }
};
