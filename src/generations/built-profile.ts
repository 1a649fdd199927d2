import { readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DeployedProfile } from '../backends/backend.js';
import type { Manifest } from '../profile/manifest.js';
import { parseManifest } from '../profile/parse-manifest.js';
import { manifestPath } from '../profile/profile-document.js';
import { errnoOf } from '../state/file-errors.js';

/** A profile in the store together with what it says about itself. */
export interface BuiltProfile {
  readonly path: string;
  readonly manifest: Manifest;
}

/**
 * Profiles that were read before: one command looks at the same one from several sides. What is in the store does not
 * change; a file elsewhere that does is another one.
 */
const known = new Map<string, BuiltProfile>();

/**
 * Reads a built profile. Null when there is no manifest in it (it was not built by this tool).
 *
 * @param path the profile or a link to it
 * @throws ActivationError when the manifest cannot be understood
 */
export const readBuiltProfile = async (path: string): Promise<BuiltProfile | null> => {
  const file = join(path, manifestPath);
  try {
    const { dev, ino, size, ctimeMs } = await stat(file);
    const real = await realpath(path);
    const key = [real, dev, ino, size, ctimeMs].join(' ');
    const before = known.get(key);
    if (before !== undefined) return before;
    const profile = { path: real, manifest: parseManifest(await readFile(file, 'utf8'), file) };
    known.set(key, profile);
    return profile;
  } catch (cause) {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(cause) ?? '')) return null;
    throw cause;
  }
};

/** What the backends see of a built profile. */
export const deployedProfile = ({ path, manifest }: BuiltProfile, profileName: string): DeployedProfile => ({
  path,
  profileName,
  units: manifest.units.map((unit) => ({ ...unit, profile: path })),
  data: manifest.data,
  directories: manifest.directories,
  forceDisableUserChange: manifest.forceDisableUserChange,
});
