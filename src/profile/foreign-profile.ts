import { access, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Layout } from '../backends/backend.js';
import { loadBackend, managerNames, parseManagerName } from '../backends/registry.js';
import type { Credentials, ManagerName } from '../model/process-model.js';
import { stateDirectories } from '../state/state-directories.js';
import { manifestUnits } from './laid-out-units.js';
import { readDysnomiaSupport } from './dysnomia-support.js';
import type { Manifest } from './manifest.js';

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

const isRegularFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );

/** The managers that find something of theirs in a tree, and what they find. */
const layoutsOf = async (
  root: string,
  directories: Manifest['directories'],
): Promise<readonly { readonly manager: ManagerName; readonly layout: Layout }[]> => {
  const found: { manager: ManagerName; layout: Layout }[] = [];
  for (const name of managerNames) {
    const manager = parseManagerName(name);
    const layout = (await (await loadBackend(manager)).readLayout?.(root, directories)) ?? null;
    if (layout !== null) found.push({ manager, layout });
  }
  // What some package brings along for another manager is less than what the profile was made for.
  return found.sort((a, b) => b.layout.units.length - a.layout.units.length);
};

/** Users and groups are the profile's, not single processes': the first one stands for all. */
const withCredentials = (units: Manifest['units'], credentials: Credentials): Manifest['units'] =>
  units.map((unit, index) => (index === 0 ? { ...unit, credentials } : unit));

/** Profiles are in the store. Elsewhere a directory may be anything, an empty one included. */
const isStorePath = (path: string): boolean => /\/[0-9a-z]{32}-[^/]+$/.test(path);

/**
 * Understands a profile without a manifest, which another tool built, by its layout.
 *
 * @param root the profile in the store; a directory, or a file that is all of it
 * @param likeness the manifest of a profile whose directories and builder are likely the same; null when there is none
 * @returns null for a tree of files that is no such profile
 */
export const readForeignProfile = async (root: string, likeness: Manifest | null): Promise<Manifest | null> => {
  const entries = isStorePath(root) ? await readdir(root).catch(() => null) : null;
  const isFile = entries === null && isStorePath(root) && (await isRegularFile(root));
  // A directory with an expression in it is a model.
  if ((entries === null && !isFile) || (await exists(join(root, 'default.nix')))) return null;
  const directories = likeness?.directories ?? stateDirectories({}, process.platform);
  const [found] = await layoutsOf(root, directories);
  const isEmpty = entries?.every((name) => name === 'dysnomia-support' || name === 'share') === true;
  if (found === undefined && !isEmpty) return null;
  const units = manifestUnits(found?.layout.units ?? []);
  return {
    formatVersion: 1,
    manager: found?.manager ?? null,
    directories,
    forceDisableUserChange: likeness?.forceDisableUserChange ?? false,
    builder: likeness?.builder ?? null,
    hostPackages: likeness?.hostPackages ?? false,
    data: { ...(likeness?.manager === found?.manager ? likeness?.data : {}), ...found?.layout.data },
    isForeign: true,
    units: withCredentials(units, await readDysnomiaSupport(root)),
  };
};
