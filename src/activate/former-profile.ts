import { loadBackend } from '../backends/registry.js';
import { readBuiltProfile, targetOf, type BuiltProfile } from '../generations/built-profile.js';
import type { ProfileLocation } from '../generations/profile-location.js';
import type { Ports } from '../system/ports.js';

/**
 * What another tool has deployed with a manager, and keeps in a place of its own: it runs as long as the profile has no
 * generation.
 *
 * @param next what is to be deployed, which says with which manager and where its state goes
 * @returns null when there is nothing of the kind, or when the profile has ever been deployed
 */
export const formerProfile = async (
  { link }: ProfileLocation,
  { manifest }: BuiltProfile,
  { env }: Pick<Ports, 'env'>,
): Promise<BuiltProfile | null> => {
  if (manifest.manager === null || targetOf(link) !== null) return null;
  const path = (await (await loadBackend(manifest.manager)).formerProfile?.(env)) ?? null;
  const built = path === null ? null : await readBuiltProfile(path, manifest);
  // Other managers read their own layouts.
  return built?.manifest.manager === manifest.manager ? built : null;
};

/** What is said of that, in one sentence without a final period. */
export const describeFormer = ({ path, manifest: { manager, units } }: BuiltProfile): string => {
  const names = units.map(({ instance }) => instance).join(', ');
  return `another tool has deployed ${names} with ${manager ?? 'a manager'} (${path}): that is taken over`;
};
