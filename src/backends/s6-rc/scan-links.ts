import { lstat, readdir, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ManagerUnavailableError } from '../../system/errors.js';
import { mapConcurrently } from '../../system/map-concurrently.js';
import type { Ports } from '../../system/ports.js';
import type { LiveState } from './live-state.js';
import { sharedScanDirectory, type Place } from './place.js';
import type { Programs } from './programs.js';
import { isScanned, startScanning } from './scan-directory.js';

/** Names of a profile's services in a scan directory that is not ours alone. */
export const prefixOf = (profileName: string): string => `${profileName}-`;

/** The scan directory that a profile's services are in: its own, or one that others use as well. */
export interface ScanLinks {
  /** An s6-svscan that runs already, or our own, which is started. @throws ManagerUnavailableError */
  readonly provide: () => Promise<string>;
  /** Takes away what leads to services of the live state, or everything where the directory is ours alone. */
  readonly remove: (scanDirectory: string) => Promise<void>;
  /**
   * What of somebody else is in a directory that others use as well, by the services that would get these names.
   *
   * @param current where the services are; null: where they would be
   */
  readonly strangers: (services: readonly string[], current: string | null) => Promise<ReadonlyMap<string, string>>;
}

/** @param prefix what names of services begin with in a directory that others use as well */
export const scanLinks = (
  { live, programs, place }: { readonly live: LiveState; readonly programs: Programs; readonly place: Place },
  prefix: string,
  runtimeDir: string,
  { env }: Pick<Ports, 'env'>,
): ScanLinks => {
  /** Whether something in a scan directory leads to a service of our live state, which may be gone. */
  const isOurs = async (path: string): Promise<boolean> =>
    (await readlink(path).catch(() => '')).startsWith(`${live.path}/`);

  const remove: ScanLinks['remove'] = async (scanDirectory) => {
    const names = (await readdir(scanDirectory).catch(() => [])).filter((name) => !name.startsWith('.'));
    const paths = names.map((name) => join(scanDirectory, name));
    const removed =
      scanDirectory === place.scan
        ? paths
        : (await mapConcurrently(paths, 8, async (path) => ((await isOurs(path)) ? [path] : []))).flat();
    await Promise.all(removed.map((path) => rm(path, { recursive: true, force: true })));
  };

  /** Where others may have services as well, named by whoever runs an s6-svscan there. */
  const sharedDirectory = (): string => env['NIXPROC_S6_SCAN_DIR'] ?? sharedScanDirectory(runtimeDir);

  const provide: ScanLinks['provide'] = async () => {
    const shared = sharedDirectory();
    if (await isScanned(shared, programs)) return shared;
    if (env['NIXPROC_S6_SCAN_DIR'] !== undefined) {
      throw new ManagerUnavailableError({
        what: `No s6-svscan runs on ${shared}`,
        why: 'NIXPROC_S6_SCAN_DIR says that yours does',
        fix: 'Start it, or unset NIXPROC_S6_SCAN_DIR to have one started for the profile',
      });
    }
    if (!(await isScanned(place.scan, programs))) await startScanning(place.scan, place.log, runtimeDir, programs);
    return place.scan;
  };

  return {
    provide,
    remove,
    strangers: async (services, current) => {
      const scanDirectory = current ?? sharedDirectory();
      const isShared = scanDirectory !== place.scan && (await isScanned(scanDirectory, programs));
      if (!isShared) return new Map();
      const found = await mapConcurrently(services, 8, async (service): Promise<(readonly [string, string])[]> => {
        const path = join(scanDirectory, `${prefix}${service}`);
        const isThere = (await lstat(path).catch(() => null)) !== null;
        return isThere && !(await isOurs(path)) ? [[service, path]] : [];
      });
      return new Map(found.flat());
    },
  };
};
