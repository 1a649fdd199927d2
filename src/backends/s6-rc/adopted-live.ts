import { lstatSync, readlinkSync } from 'node:fs';
import { readdir, rm, rmdir, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { DeployedProfile } from '../backend.js';
import type { Place } from './place.js';

/**
 * The live state that nix-processmgmt makes for the one profile that it runs below a runtime directory. It is taken over as
 * it is: our own live directory is a link to it then, and s6-rc is given its path, since the links of the scan directory
 * have that path in them.
 */

const targetOf = (path: string): string | null => {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
};

/** Whether a link is ours or root's: what others have made may lead anywhere. */
const isTrusted = (path: string): boolean => {
  const uid = lstatSync(path, { throwIfNoEntry: false })?.uid;
  return uid !== undefined && (uid === 0 || uid === process.geteuid?.());
};

/** The beginning of a profile's name in the store by which nix-processmgmt calls its database. */
const nameLength = 32;

/** Whether what is live there is what nix-processmgmt has compiled of a profile. */
const belongsTo = ({ foreignLive }: Place, profile: string): boolean => {
  if (!isTrusted(foreignLive)) return false;
  const database = targetOf(join(foreignLive, 'compiled'));
  return database !== null && basename(database) === `compiled-${basename(profile).slice(0, nameLength)}`;
};

/** Whether our live directory leads to the one of nix-processmgmt. */
export const isAdopted = ({ live, foreignLive }: Place): boolean => targetOf(live) === foreignLive && isTrusted(live);

/** Which live directory s6-rc works on for a profile. */
export const livePathOf = (place: Place, { isForeign, path }: Pick<DeployedProfile, 'isForeign' | 'path'>): string =>
  isAdopted(place) || (isForeign === true && belongsTo(place, path)) ? place.foreignLive : place.live;

/** Makes our live directory lead to the one of nix-processmgmt. */
export const adopt = async ({ live, foreignLive }: Place): Promise<void> => {
  await rm(live, { recursive: true, force: true });
  await symlink(foreignLive, live);
};

/** Removes a live directory of s6-rc, with those that s6-rc-init and s6-rc-update have put a suffix to its name for. */
export const removeLiveDirectory = async (live: string): Promise<void> => {
  const directory = dirname(live);
  const names = await readdir(directory).catch(() => []);
  const stale = names.filter((name) => name === basename(live) || name.startsWith(`${basename(live)}:`));
  await Promise.all(stale.map((name) => rm(join(directory, name), { recursive: true, force: true })));
};

/** Removes a database that nix-processmgmt has compiled (STATE/etc/s6/rc/compiled-…), and its link to it; no other one. */
export const removeForeignDatabase = async (database: string): Promise<void> => {
  const directory = dirname(database);
  if (!/\/etc\/s6\/rc\/compiled-[^/]+$/.test(database)) return;
  await rm(database, { recursive: true, force: true });
  const link = join(directory, 'compiled');
  if (targetOf(link) === database) await rm(link, { force: true });
  // Others may have something there.
  for (const path of [directory, dirname(directory)]) await rmdir(path).catch(() => undefined);
};
