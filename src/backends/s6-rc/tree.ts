import { lstat, readdir, readlink, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ActivationError, ManagerUnavailableError } from '../../system/errors.js';
import { mapConcurrently } from '../../system/map-concurrently.js';
import type { Ports } from '../../system/ports.js';
import type { DeployedProfile, SessionContext } from '../backend.js';
import { openProcessTable } from '../../system/processes.js';
import { hasProfileDirectory, makeProfileDirectory } from '../shared/own-directory.js';
import { processRecord, survivorsOf, type ProcessRecord } from '../shared/process-record.js';
import { adopt, isAdopted, livePathOf, removeForeignDatabase, removeLiveDirectory } from './adopted-live.js';
import { activationOf, profileDataOf, programsOnPath } from './activation-data.js';
import { liveState, type LiveState, type Services } from './live-state.js';
import { placeOf, sharedScanDirectory, type Place } from './place.js';
import { programsOf, type Programs } from './programs.js';
import { serviceStatuses, type ServiceStatus } from './service-status.js';
import { isScanned, startScanning, stopScanning } from './scan-directory.js';

/** The s6-rc of a deployment: its live state, and the s6-svscan that supervises its longruns. */
export interface Tree {
  readonly place: Place;
  readonly programs: Programs;
  readonly live: LiveState;
  /** How it is: after a restart of the machine there may be a live state that is dead. */
  look(): Promise<Condition>;
  /** Whether there is a live state of which anything runs. */
  isAlive(): Promise<boolean>;
  /** Processes of longruns that run although no s6-supervise has them: it was killed. */
  orphans(statuses: ReadonlyMap<string, ServiceStatus>): Promise<readonly Orphan[]>;
  /** PIDs of all longruns of this profile that are known, also where nobody supervises them. */
  processes(): Promise<ReadonlySet<number>>;
  /** Writes down which processes longruns have: those that were asked, or all. */
  remember(statuses?: ReadonlyMap<string, ServiceStatus>): Promise<void>;
  /** Ends processes that no s6-supervise has. @throws ActivationError when one does not end */
  endOrphans(): Promise<void>;
  /**
   * Ends everything that an s6-svscan has left which was killed, in the order of the services as far as that can be done.
   *
   * @throws ActivationError when something does not end
   */
  dissolve(services: Services): Promise<void>;
  /** What of somebody else is in a scan directory that others use as well, by the services that would get these names. */
  strangers(services: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /**
   * Has everything running, with all services down if it is new.
   *
   * @param database what becomes the live database of a new live state
   * @throws ManagerUnavailableError
   */
  ensureAlive(database: string): Promise<void>;
  /** Takes over a live state of nix-processmgmt, if it is one. */
  adopt(): Promise<void>;
  /** Ends it, and everything that is still supervised with it. @throws ActivationError when something does not end */
  end(): Promise<void>;
}

/** What there is of an s6-rc. */
export interface Condition {
  /** Something of it runs. */
  readonly isAlive: boolean;
  /** No s6-svscan runs although something of it does: nobody would start an s6-supervise again. */
  readonly isLost: boolean;
}

/** A process of a longrun that nobody supervises. */
export interface Orphan {
  readonly service: string;
  readonly pid: number;
  /** As ProcessTable has it. */
  readonly startTime: string;
  /** Milliseconds since the epoch. */
  readonly since: number | null;
}

const contents = 'the live state of s6-rc';

const exists = async (directory: string): Promise<boolean> =>
  readdir(directory).then(
    () => true,
    () => false,
  );

/** Milliseconds that a process without a limit of its own gets to end. */
export const defaultStopTime = 10_000;

/** Names of a profile's services in a scan directory that is not ours alone. */
const prefixOf = (profileName: string): string => `${profileName}-`;

/** @throws ManagerUnavailableError when there is no way to run it there */
export const treeOf = (profile: DeployedProfile, ports: Ports & Pick<SessionContext, 'answerLimits'>): Tree => {
  const { directories, profileName, data: stored } = profile;
  const place = placeOf(directories.runtimeDir, profileName);
  const data = profileDataOf(stored) ?? (profile.isForeign === true ? programsOnPath : null);
  if (data === null) {
    throw new ManagerUnavailableError({
      what: `The profile ${profile.path} does not say which s6 it needs`,
      why: 'Another version of this program has built it',
      fix: 'Build and deploy the model again',
    });
  }
  const programs = programsOf(data, ports);
  const live = liveState(livePathOf(place, profile), programs);
  const isForeign = live.path !== place.live;
  const hasDirectory = (): boolean => hasProfileDirectory(place.directory, contents);

  const isSupervised = async (service: string): Promise<boolean> =>
    (await programs.run('s6-svok', [live.serviceDirectory(service)])).exitCode === 0;

  const openRecord = async (): Promise<ProcessRecord> =>
    processRecord(place.record, await openProcessTable(ports.run), ports.log);

  const supervised = async (): Promise<readonly string[]> =>
    (
      await mapConcurrently(await live.longruns(), 8, async (service) =>
        (await isSupervised(service)) ? [service] : [],
      )
    ).flat();

  /** @throws ManagerUnavailableError when somebody else's directory is in the place of ours */
  const look = async (): Promise<Condition> => {
    const nothing: Condition = { isAlive: false, isLost: false };
    if (!hasDirectory() && !isForeign) return nothing;
    const scanDirectory = await live.scanDirectory();
    if (scanDirectory === null) return nothing;
    const [first] = await live.longruns();
    const [hasSvscan, hasFirst] = await Promise.all([
      isScanned(scanDirectory, programs),
      first === undefined ? false : isSupervised(first),
    ]);
    if (hasSvscan)
      return { isAlive: first === undefined || hasFirst || (await supervised()).length > 0, isLost: false };
    // s6-supervise outlives an s6-svscan that was killed, and a process both.
    const isAlive = hasFirst || (await supervised()).length > 0 || (await orphans(new Map())).length > 0;
    return { isAlive, isLost: isAlive };
  };

  const orphans: Tree['orphans'] = async (statuses) => {
    const { findOrphans } = await import('./orphans.js');
    return findOrphans(live, await openRecord(), statuses, await openProcessTable(ports.run));
  };

  const statusesOfAll = async (): Promise<ReadonlyMap<string, ServiceStatus>> =>
    serviceStatuses(new Map((await live.longruns()).map((name) => [name, live.serviceDirectory(name)])), programs);

  const remember: Tree['remember'] = async (asked) => {
    if (!hasDirectory()) return;
    const statuses = asked ?? (await statusesOfAll());
    const record = await openRecord();
    const recorded = record.read();
    const pids = new Map([...statuses].flatMap(([name, { pid }]) => (pid === null ? [] : [[name, pid] as const])));
    const present = new Set(pids.values());
    // Of what is not asked for now, and of what still runs without a supervisor.
    const lasting = await survivorsOf(
      recorded.filter(({ pid }) => !present.has(pid)),
      await openProcessTable(ports.run),
    );
    await record.write([...lasting, ...[...pids].map(([name, pid]) => ({ name, pid }))]);
  };

  const endOrphans: Tree['endOrphans'] = async () => {
    const found = await orphans(await statusesOfAll());
    for (const { service, pid } of found) {
      ports.log.warn(
        { service, pid },
        `ending ${service} (process ${pid}), which a killed s6-supervise has left behind`,
      );
    }
    const { endOrphans: endAll } = await import('../shared/end-orphans.js');
    await endAll(
      found.map(({ service, pid, startTime }) => ({
        name: service,
        pid,
        startTime,
        milliseconds: stopTimeOf(service),
      })),
      ports.run,
    );
  };

  /** Milliseconds that a process of a service gets to end before it is killed. */
  const stopTimeOf = (name: string): number =>
    profile.units.flatMap((unit) => activationOf(unit).services).find((service) => service.name === name)?.stopTime ??
    defaultStopTime;

  const isAlive = async (): Promise<boolean> => (await look()).isAlive;

  /** Removes a live state in which nothing runs. */
  const removeLive = async (): Promise<void> => {
    await removeLiveDirectory(place.live);
    if (isForeign) await removeLiveDirectory(live.path);
  };

  /** Whether something in a scan directory leads to a service of our live state, which may be gone. */
  const isOurs = async (path: string): Promise<boolean> =>
    (await readlink(path).catch(() => '')).startsWith(`${live.path}/`);

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
    if (!(await isScanned(place.scan, programs)))
      await startScanning(place.scan, place.log, directories.runtimeDir, programs);
    return place.scan;
  };

  /** Ends every s6-supervise, which nobody starts again, with what it supervises. */
  const endSupervisors = async (): Promise<void> => {
    const services = await supervised();
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
    // Those of an s6-svscan that was killed were never its to end.
    await endSupervisors();
  };

  const dissolve: Tree['dissolve'] = async ({ up }) => {
    ports.log.warn('ending what an s6-svscan has left behind that was killed');
    // s6-rc would wait in vain for one whose s6-supervise was killed as well.
    const isWhole = (await supervised()).length === (await live.longruns()).length;
    if (isWhole && up.size > 0) await live.change('down', [...up], true);
    await endSupervisors();
    await endOrphans();
    const scanDirectory = await live.scanDirectory();
    await removeLive();
    if (scanDirectory !== null) await removeScanLinks(scanDirectory);
  };

  return {
    place,
    programs,
    live,
    look,
    isAlive,
    orphans,
    remember,
    endOrphans,
    processes: async () => {
      const statuses = await statusesOfAll();
      const left = await orphans(statuses);
      return new Set([...[...statuses.values()].flatMap(({ pid }) => pid ?? []), ...left.map(({ pid }) => pid)]);
    },
    dissolve,
    strangers: async (services) => {
      const scanDirectory = (await isAlive()) ? await live.scanDirectory() : sharedDirectory();
      const isShared =
        scanDirectory !== null && scanDirectory !== place.scan && (await isScanned(scanDirectory, programs));
      if (!isShared) return new Map();
      const found = await mapConcurrently(services, 8, async (service): Promise<(readonly [string, string])[]> => {
        const path = join(scanDirectory, `${isForeign ? '' : prefixOf(profileName)}${service}`);
        const isThere = (await lstat(path).catch(() => null)) !== null;
        return isThere && !(await isOurs(path)) ? [[service, path]] : [];
      });
      return new Map(found.flat());
    },
    ensureAlive: async (database) => {
      makeProfileDirectory(place.directory, contents, 0o755);
      if (await isAlive()) return;
      const before = await live.scanDirectory();
      await removeLive();
      if (before !== null) await removeScanLinks(before);
      const scanDirectory = await provideScanDirectory();
      // It stays where it was: that is what this tree works on.
      if (isForeign) await adopt(place);
      await live.init(database, scanDirectory, scanDirectory === place.scan ? null : prefixOf(profileName));
    },
    adopt: async () => {
      if (!isForeign || isAdopted(place)) return;
      makeProfileDirectory(place.directory, contents, 0o755);
      await adopt(place);
    },
    end: async () => {
      if (!hasDirectory() && !isForeign) return;
      const database = await live.database();
      const scanDirectory = await live.scanDirectory();
      if (scanDirectory !== null && scanDirectory !== place.scan && (await isAlive())) {
        await releaseShared(scanDirectory);
      }
      if (await exists(place.scan)) await endOwn();
      await endOrphans();
      await removeLive();
      if (isForeign && database !== null) await removeForeignDatabase(database);
      const others = [place.scan, place.databases, place.log, place.record];
      await Promise.all(others.map((path) => rm(path, { recursive: true, force: true })));
      // Another manager that the profile moves to may have its files among ours, and another profile beside them.
      for (const path of [place.directory, dirname(place.directory)]) await rmdir(path).catch(() => undefined);
    },
  };
};
