import { readlinkSync } from 'node:fs';
import { readBuiltProfile, type BuiltProfile } from '../generations/built-profile.js';
import type { ProfileLocation } from '../generations/profile-location.js';
import type { Manifest } from '../profile/manifest.js';
import { ExplainedError } from '../system/errors.js';

/** What the current generation says about itself, as far as it can be read. */
export interface CurrentProfile {
  /** Null when nothing is deployed, or when nothing tells what is. */
  readonly built: BuiltProfile | null;
  /** Why that is not all that is deployed; null when it is. */
  readonly damage: ExplainedError | null;
  /** Another tool keeps it in a place of its own. Default: it is the profile's current generation. */
  readonly isFormer?: true;
}

const leadsSomewhere = (link: string): string | null => {
  try {
    return readlinkSync(link);
  } catch {
    return null;
  }
};

/**
 * Reads the current generation. What cannot be read of it keeps nobody from going on: the processes of other generations
 * may run in its place then (see BuiltProfile, borrowed).
 *
 * @param likeness see readBuiltProfile
 */
export const readCurrentProfile = async (
  location: ProfileLocation,
  likeness: Manifest | null = null,
): Promise<CurrentProfile> => {
  let damage: ExplainedError;
  try {
    const built = await readBuiltProfile(location.link, likeness);
    if (built !== null) return { built, damage: null };
    const target = leadsSomewhere(location.link);
    if (target === null) return { built: null, damage: null };
    const { lostProfile } = await import('./salvage-profile.js');
    const lost = lostProfile(location, target);
    // Something else may be there than what we deploy.
    if (lost === null) return { built: null, damage: null };
    damage = lost;
  } catch (error) {
    if (!(error instanceof ExplainedError)) throw error;
    damage = error;
  }
  const { salvageProfile } = await import('./salvage-profile.js');
  return { built: await salvageProfile(location), damage };
};

/** What is said of that, in one sentence without a final period; null when there is nothing to say. Pure. */
export const describeDamage = ({ built, damage }: CurrentProfile): string | null => {
  if (damage === null) return null;
  const { units } = built?.manifest ?? { units: [] };
  const borrowed = built?.borrowed ?? [];
  const sources = [
    ...(units.length === 0 ? [] : [`what can be read of it (${units.map(({ instance }) => instance).join(', ')})`]),
    ...(borrowed.length === 0
      ? []
      : [`what other generations say (${borrowed.map(({ instance }) => instance).join(', ')})`]),
  ];
  const ground = sources.length === 0 ? 'nothing tells what runs' : `this goes by ${sources.join(' and ')}`;
  return `the current generation cannot be read, and ${ground}: ${[damage.message, damage.why ?? ''].filter(Boolean).join(': ')}`;
};
