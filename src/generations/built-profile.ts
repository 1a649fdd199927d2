import { readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { DeployedProfile } from '../backends/backend.js';
import type { DeployedUnit, Manifest } from '../profile/manifest.js';
import { manifestPath } from '../profile/manifest-path.js';
import { errnoOf, explainFileError } from '../state/file-errors.js';
import { readRegularFile } from '../state/regular-file.js';

/** A profile in the store together with what it says about itself. */
export interface BuiltProfile {
  readonly path: string;
  readonly manifest: Manifest;
  /** Of a profile whose manifest is damaged: what other generations say of processes that it may have. Default: nothing. */
  readonly borrowed?: readonly DeployedUnit[];
}

/**
 * Profiles that were read before: one command looks at the same one from several sides. What is in the store does not
 * change; a file elsewhere that does is another one.
 */
const known = new Map<string, Promise<BuiltProfile>>();

/** Tells a profile that was read before. @throws Error of Node when there is no manifest */
const keyOf = (path: string): { readonly real: string; readonly key: string } => {
  const { dev, ino, size, ctimeMs } = statSync(join(path, manifestPath));
  const real = realpathSync.native(path);
  return { real, key: [real, dev, ino, size, ctimeMs].join(' ') };
};

/** A profile that was built just now, whose manifest nobody needs to read any more. */
export const newlyBuilt = (path: string, manifest: Manifest): BuiltProfile => {
  const { real, key } = keyOf(path);
  const profile = { path: real, manifest };
  known.set(key, Promise.resolve(profile));
  return profile;
};

/**
 * Reads a profile that this tool built; null when there is no manifest in it.
 *
 * @throws ActivationError when the manifest cannot be read; UnreadableManifestError when it cannot be understood
 */
const readOwnProfile = async (path: string): Promise<BuiltProfile | null> => {
  const file = join(path, manifestPath);
  try {
    const { real, key } = keyOf(path);
    const read = async (): Promise<BuiltProfile> => {
      const { parseManifest } = await import('../profile/parse-manifest.js');
      const { checkActivation } = await import('../profile/check-activation.js');
      return { path: real, manifest: await checkActivation(parseManifest(readRegularFile(file), file), file) };
    };
    // Two sides may look at the same time.
    const profile = known.get(key) ?? read();
    known.set(key, profile);
    return await profile;
  } catch (cause) {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(cause) ?? '')) return null;
    throw explainFileError(`The manifest ${file} cannot be read`, cause);
  }
};

/** Where a link leads in the end; null when it leads nowhere. */
export const targetOf = (link: string): string | null => {
  try {
    return realpathSync.native(link);
  } catch {
    return null;
  }
};

const entriesOf = (directory: string): readonly string[] => {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
};

/**
 * The manifest of the newest generation that this tool built of the same profile.
 *
 * @param link the profile's link, or that of a generation
 */
const newestRelative = async (link: string): Promise<Manifest | null> => {
  const name = basename(link).replace(/-\d+-link$/, '');
  const numbers = entriesOf(dirname(link)).flatMap((entry) => {
    const [, number] = entry.startsWith(`${name}-`) ? (/^(\d+)-link$/.exec(entry.slice(name.length + 1)) ?? []) : [];
    return number === undefined ? [] : [Number(number)];
  });
  for (const number of numbers.sort((a, b) => b - a)) {
    const own = await readOwnProfile(join(dirname(link), `${name}-${String(number)}-link`)).catch(() => null);
    if (own !== null) return own.manifest;
  }
  return null;
};

/**
 * Reads a built profile: by its manifest, or by its layout when another tool has built it. Null for anything else.
 *
 * @param path the profile or a link to it
 * @param likeness the manifest of another generation of the same profile, which tells what a layout leaves open: where
 *   state goes. Default: the newest one that we built
 * @throws ActivationError when the manifest cannot be understood
 */
export const readBuiltProfile = async (
  path: string,
  likeness: Manifest | null = null,
): Promise<BuiltProfile | null> => {
  const own = await readOwnProfile(path);
  if (own !== null) return own;
  const target = targetOf(path);
  if (target === null) return null;
  // Most commands never see such a profile.
  const { readForeignProfile } = await import('../profile/foreign-profile.js');
  const manifest = await readForeignProfile(target, likeness ?? (await newestRelative(path)));
  return manifest === null ? null : { path: target, manifest };
};

/** What the backends see of a built profile. */
export const deployedProfile = (
  { path, manifest, borrowed = [] }: BuiltProfile,
  profileName: string,
): DeployedProfile => ({
  path,
  profileName,
  units: [...manifest.units.map((unit) => ({ ...unit, profile: path })), ...borrowed],
  data: manifest.data,
  directories: manifest.directories,
  forceDisableUserChange: manifest.forceDisableUserChange,
  ...(manifest.isForeign === true ? { isForeign: true } : {}),
});
