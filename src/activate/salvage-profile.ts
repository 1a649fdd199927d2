import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { readBuiltProfile, targetOf, type BuiltProfile } from '../generations/built-profile.js';
import { listGenerations } from '../generations/generations.js';
import type { ProfileLocation } from '../generations/profile-location.js';
import { soundUnits } from '../profile/check-activation.js';
import type { OwnManifest } from '../profile/manifest.js';
import { manifestPath } from '../profile/manifest-path.js';
import { salvageManifest } from '../profile/parse-manifest.js';
import { readRegularFile } from '../state/regular-file.js';
import { ActivationError, type ExplainedError } from '../system/errors.js';
import { unitsOfOtherGenerations } from './find-drift.js';

/**
 * Why a profile cannot be read that has no manifest and no layout of a manager.
 *
 * @param target where the profile's link leads
 * @returns null when the profile is there: it is not one of ours then
 */
export const lostProfile = (location: ProfileLocation, target: string): ExplainedError | null =>
  existsSync(location.link)
    ? null
    : new ActivationError({
        what: `The current generation of ${location.link} is gone`,
        why: `The link leads to ${resolve(dirname(location.link), target)}, which is not there any more`,
        fix: 'Switch to the model or to another generation',
      });

/** What is sound in a manifest; null when that does not even say which manager runs it. */
const salvaged = async (path: string): Promise<OwnManifest | null> => {
  let text: string;
  try {
    text = readRegularFile(join(path, manifestPath));
  } catch {
    return null;
  }
  const manifest = salvageManifest(text);
  if (manifest === null) return null;
  const units = await soundUnits(manifest);
  return units.length === 0 ? null : { ...manifest, units };
};

/** The newest other generation that can be read and in which something runs. */
const newestReadable = async (location: ProfileLocation): Promise<BuiltProfile | null> => {
  const generations = await listGenerations(location);
  for (const { link, isCurrent } of generations.toReversed()) {
    const built = isCurrent ? null : await readBuiltProfile(link).catch(() => null);
    if (built !== null && built.manifest.isForeign !== true && built.manifest.units.length > 0) return built;
  }
  return null;
};

/**
 * Puts together what may run of a generation whose manifest is damaged: what can be understood of it and, in the place of
 * the rest, what other generations say of processes of the same manager.
 *
 * @returns null when nothing tells
 */
export const salvageProfile = async (location: ProfileLocation): Promise<BuiltProfile | null> => {
  const path = targetOf(location.link);
  const own = path === null ? null : await salvaged(path);
  const model = own ?? (await newestReadable(location))?.manifest ?? null;
  if (model?.manager === undefined || model.manager === null) return null;
  const manifest = own ?? { ...model, units: [] };
  const borrowed = await unitsOfOtherGenerations(location, { manager: model.manager, profile: manifest });
  // A path that is gone still has a name of its own.
  return { path: path ?? join(dirname(location.link), `${basename(location.link)}-lost`), manifest, borrowed };
};
