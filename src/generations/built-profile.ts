import { readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { DeployedProfile } from '../backends/backend.js';
import type { Manifest } from '../profile/manifest.js';
import { parseManifest } from '../profile/parse-manifest.js';
import { manifestPath } from '../profile/profile-document.js';

/** A profile in the store together with what it says about itself. */
export interface BuiltProfile {
  readonly path: string;
  readonly manifest: Manifest;
}

/**
 * Reads a built profile. Null when there is no manifest in it (it was not built by this tool).
 *
 * @param path the profile or a link to it
 * @throws ActivationError when the manifest cannot be understood
 */
export const readBuiltProfile = async (path: string): Promise<BuiltProfile | null> => {
  const file = join(path, manifestPath);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR')) return null;
    throw cause;
  }
  return { path: await realpath(path), manifest: parseManifest(text, file) };
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
