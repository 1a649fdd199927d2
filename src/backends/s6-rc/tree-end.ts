import { readdir, rm, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Ports } from '../../system/ports.js';
import { removeForeignDatabase, removeLiveDirectory } from './adopted-live.js';
import type { LiveState, Services } from './live-state.js';
import type { LongrunProcesses } from './longrun-processes.js';
import type { Place } from './place.js';
import type { Programs } from './programs.js';
import type { ScanLinks } from './scan-links.js';
import type { Supervision } from './supervision.js';

/** Where the parts of an s6-rc are, and what runs its programs. */
export interface Parts {
  readonly place: Place;
  readonly programs: Programs;
  readonly live: LiveState;
  /** It is where nix-processmgmt has put it. */
  readonly isForeign: boolean;
}

const exists = async (directory: string): Promise<boolean> =>
  readdir(directory).then(
    () => true,
    () => false,
  );

/** Ends an s6-rc, and removes what is left of it. */
export interface TreeEnd {
  /** Removes a live state in which nothing runs. */
  readonly removeLive: () => Promise<void>;
  /**
   * Ends everything that an s6-svscan has left which was killed, in the order of the services as far as that can be done.
   *
   * @throws ActivationError when something does not end
   */
  readonly dissolve: (services: Services) => Promise<void>;
  /**
   * Ends it, and everything that is still supervised with it, and removes its files.
   *
   * @param isAlive whether anything of it runs
   * @throws ActivationError when something does not end
   */
  readonly end: (isAlive: () => Promise<boolean>) => Promise<void>;
}

export const treeEnd = (
  { place, programs, live, isForeign }: Parts,
  {
    longruns,
    supervision,
    links,
  }: {
    readonly longruns: LongrunProcesses;
    readonly supervision: Supervision;
    readonly links: ScanLinks;
  },
  log: Ports['log'],
): TreeEnd => {
  /** Removes a live state in which nothing runs. */
  const removeLive = async (): Promise<void> => {
    await removeLiveDirectory(place.live);
    if (isForeign) await removeLiveDirectory(live.path);
  };

  const releaseShared = async (scanDirectory: string): Promise<void> => {
    await links.remove(scanDirectory);
    await supervision.endSupervisors();
    await programs.run('s6-svscanctl', ['-an', scanDirectory]);
  };

  const dissolve: TreeEnd['dissolve'] = async ({ up }) => {
    log.warn('ending what an s6-svscan has left behind that was killed');
    // s6-rc would wait in vain for one whose s6-supervise was killed as well.
    const isWhole = (await supervision.supervised()).length === (await live.longruns()).length;
    if (isWhole && up.size > 0) await live.change('down', [...up], true);
    await supervision.endSupervisors();
    await longruns.endOrphans();
    const scanDirectory = await live.scanDirectory();
    await removeLive();
    if (scanDirectory !== null) await links.remove(scanDirectory);
  };

  const end: TreeEnd['end'] = async (isAlive) => {
    const database = await live.database();
    const scanDirectory = await live.scanDirectory();
    if (scanDirectory !== null && scanDirectory !== place.scan && (await isAlive())) {
      await releaseShared(scanDirectory);
    }
    if (await exists(place.scan)) await supervision.endOwn();
    await longruns.endOrphans();
    await removeLive();
    if (isForeign && database !== null) await removeForeignDatabase(database);
    const others = [place.scan, place.databases, place.log, place.record];
    await Promise.all(others.map((path) => rm(path, { recursive: true, force: true })));
    // Another manager that the profile moves to may have its files among ours, and another profile beside them.
    for (const path of [place.directory, dirname(place.directory)]) await rmdir(path).catch(() => undefined);
  };

  return { removeLive, dissolve, end };
};
