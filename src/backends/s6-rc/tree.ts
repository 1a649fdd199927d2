import { lstat, mkdir, readdir, readlink, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ActivationError, ManagerUnavailableError } from '../../system/errors.js';
import { mapConcurrently } from '../../system/map-concurrently.js';
import type { Ports } from '../../system/ports.js';
import type { DeployedProfile } from '../backend.js';
import { profileDataOf } from './activation-data.js';
import { liveState, type LiveState } from './live-state.js';
import { placeOf, sharedScanDirectory, type Place } from './place.js';
import { programsOf, type Programs } from './programs.js';
import { isScanned, startScanning, stopScanning } from './scan-directory.js';

/** The s6-rc of a deployment: its live state, and the s6-svscan that supervises its longruns. */
export interface Tree {
  readonly place: Place;
  readonly programs: Programs;
  readonly live: LiveState;
  /** Whether there is a live state whose longruns are supervised: after a restart of the machine there may be a dead one. */
  isAlive(): Promise<boolean>;
  /** What of somebody else is in a scan directory that others use as well, by the services that would get these names. */
  strangers(services: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /**
   * Has everything running, with all services down if it is new.
   *
   * @param database what becomes the live database of a new live state
   * @throws ManagerUnavailableError
   */
  ensureAlive(database: string): Promise<void>;
  /** Ends it, and everything that is still supervised with it. @throws ActivationError when something does not end */
  end(): Promise<void>;
}

const exists = async (directory: string): Promise<boolean> =>
  readdir(directory).then(
    () => true,
    () => false,
  );

/** Names of a profile's services in a scan directory that is not ours alone. */
const prefixOf = (profileName: string): string => `${profileName}-`;

/** @throws ManagerUnavailableError when there is no way to run it there */
export const treeOf = (profile: DeployedProfile, ports: Ports): Tree => {
  const { directories, profileName, data: stored } = profile;
  const place = placeOf(directories.runtimeDir, profileName);
  const data = profileDataOf(stored);
  if (data === null) {
    throw new ManagerUnavailableError({
      what: `The profile ${profile.path} does not say which s6 it needs`,
      why: 'Another version of this program has built it',
      fix: 'Build and deploy the model again',
    });
  }
  const programs = programsOf(data, ports);
  const live = liveState(place, programs);

  const isSupervised = async (service: string): Promise<boolean> =>
    (await programs.run('s6-svok', [live.serviceDirectory(service)])).exitCode === 0;

  const isAlive = async (): Promise<boolean> => {
    const scanDirectory = await live.scanDirectory();
    if (scanDirectory === null) return false;
    const [first] = await live.longruns();
    // s6-supervise outlives an s6-svscan that was killed.
    return first === undefined ? isScanned(scanDirectory, programs) : isSupervised(first);
  };

  /** Removes a live state in which nothing runs. s6-rc-init and s6-rc-update put a suffix to the link's name. */
  const removeLive = async (): Promise<void> => {
    const names = await readdir(place.directory).catch(() => []);
    const stale = names.filter((name) => name === basename(place.live) || name.startsWith(`${basename(place.live)}:`));
    await Promise.all(stale.map((name) => rm(join(place.directory, name), { recursive: true, force: true })));
  };

  /** Whether something in a scan directory leads to a service of our live state, which may be gone. */
  const isOurs = async (path: string): Promise<boolean> =>
    (await readlink(path).catch(() => '')).startsWith(place.live);

  const removeScanLinks = async (scanDirectory: string): Promise<void> => {
    const names = (await readdir(scanDirectory).catch(() => [])).filter((name) => !name.startsWith('.'));
    const paths = names.map((name) => join(scanDirectory, name));
    const removed =
      scanDirectory === place.scan
        ? paths
        : (await mapConcurrently(paths, 8, async (path) => ((await isOurs(path)) ? [path] : []))).flat();
    await Promise.all(removed.map((path) => rm(path, { recursive: true, force: true })));
  };

  /** Where others may have services as well, named by whoever runs an s6-svscan there. */
  const sharedDirectory = (): string => ports.env['NIXPROC_S6_SCAN_DIR'] ?? sharedScanDirectory(directories.runtimeDir);

  /** An s6-svscan that runs already, or our own, which is started. */
  const provideScanDirectory = async (): Promise<string> => {
    const shared = sharedDirectory();
    if (await isScanned(shared, programs)) return shared;
    if (ports.env['NIXPROC_S6_SCAN_DIR'] !== undefined) {
      throw new ManagerUnavailableError({
        what: `No s6-svscan runs on ${shared}`,
        why: 'NIXPROC_S6_SCAN_DIR says that yours does',
        fix: 'Start it, or unset NIXPROC_S6_SCAN_DIR to have one started for the profile',
      });
    }
    if (!(await isScanned(place.scan, programs))) await startScanning(place.scan, place.log, programs, ports);
    return place.scan;
  };

  /** Ends every s6-supervise, which nobody starts again, with what it supervises. */
  const endSupervisors = async (): Promise<void> => {
    const longruns = await live.longruns();
    const supervised = await mapConcurrently(longruns, 8, async (service) =>
      (await isSupervised(service)) ? [service] : [],
    );
    const services = supervised.flat();
    await mapConcurrently(services, 8, (service) => programs.run('s6-svc', ['-xd', live.serviceDirectory(service)]));
    const deadline = Date.now() + 30_000;
    for (const service of services) {
      while (await isSupervised(service)) {
        if (Date.now() > deadline) throw stuck(service);
        await sleep(20);
      }
    }
  };

  const releaseShared = async (scanDirectory: string): Promise<void> => {
    await removeScanLinks(scanDirectory);
    await endSupervisors();
    await programs.run('s6-svscanctl', ['-an', scanDirectory]);
  };

  const stuck = (what: string): ActivationError =>
    new ActivationError({
      what: `${what} does not end`,
      why: 'It was asked to, and half a minute has passed',
      fix: `Look at ${place.log}`,
    });

  const endOwn = async (): Promise<void> => {
    if (!(await stopScanning(place.scan, 20, programs))) {
      // What does not end by itself had no time-out of its own.
      await mapConcurrently(await live.longruns(), 8, (service) =>
        programs.run('s6-svc', ['-k', live.serviceDirectory(service)]),
      );
      if (!(await stopScanning(place.scan, 10, programs))) throw stuck(`s6-svscan on ${place.scan}`);
    }
    // Those of an s6-svscan that was killed were never ours to end.
    await endSupervisors();
  };

  return {
    place,
    programs,
    live,
    isAlive,
    strangers: async (services) => {
      const scanDirectory = (await isAlive()) ? await live.scanDirectory() : sharedDirectory();
      const isShared =
        scanDirectory !== null && scanDirectory !== place.scan && (await isScanned(scanDirectory, programs));
      if (!isShared) return new Map();
      const found = await mapConcurrently(services, 8, async (service): Promise<(readonly [string, string])[]> => {
        const path = join(scanDirectory, `${prefixOf(profileName)}${service}`);
        const isThere = (await lstat(path).catch(() => null)) !== null;
        return isThere && !(await isOurs(path)) ? [[service, path]] : [];
      });
      return new Map(found.flat());
    },
    ensureAlive: async (database) => {
      await mkdir(place.directory, { recursive: true, mode: 0o755 });
      if (await isAlive()) {
        const isOwn = (await live.scanDirectory()) === place.scan;
        if (isOwn && !(await isScanned(place.scan, programs))) {
          await startScanning(place.scan, place.log, programs, ports);
        }
        return;
      }
      const before = await live.scanDirectory();
      await removeLive();
      if (before !== null) await removeScanLinks(before);
      const scanDirectory = await provideScanDirectory();
      await live.init(database, scanDirectory, scanDirectory === place.scan ? null : prefixOf(profileName));
    },
    end: async () => {
      const scanDirectory = await live.scanDirectory();
      if (scanDirectory !== null && scanDirectory !== place.scan && (await isAlive())) {
        await releaseShared(scanDirectory);
      }
      if (await exists(place.scan)) await endOwn();
      await removeLive();
      const others = [place.scan, place.databases, place.log];
      await Promise.all(others.map((path) => rm(path, { recursive: true, force: true })));
      // Another manager that the profile moves to may have its files among ours, and another profile beside them.
      for (const path of [place.directory, dirname(place.directory)]) await rmdir(path).catch(() => undefined);
    },
  };
};
