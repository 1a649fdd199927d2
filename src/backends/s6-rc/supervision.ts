import { setTimeout as sleep } from 'node:timers/promises';
import { ActivationError } from '../../system/errors.js';
import { mapConcurrently } from '../../system/map-concurrently.js';
import type { LiveState } from './live-state.js';
import type { Place } from './place.js';
import type { Programs } from './programs.js';
import { isScanned, stopScanning } from './scan-directory.js';

/** What there is of an s6-rc. */
export interface Condition {
  /** Something of it runs. */
  readonly isAlive: boolean;
  /** No s6-svscan runs although something of it does: nobody would start an s6-supervise again. */
  readonly isLost: boolean;
}

/** The s6-supervise of a live state's longruns, and the s6-svscan that starts them. */
export interface Supervision {
  /** The longruns that have an s6-supervise. */
  readonly supervised: () => Promise<readonly string[]>;
  /**
   * What runs in a scan directory.
   *
   * @param hasOrphans asked where nothing else runs
   */
  readonly condition: (scanDirectory: string, hasOrphans: () => Promise<boolean>) => Promise<Condition>;
  /** Ends every s6-supervise, which nobody starts again, with what it supervises. @throws ActivationError */
  readonly endSupervisors: () => Promise<void>;
  /** Ends our own s6-svscan, and all below it. @throws ActivationError when something does not end */
  readonly endOwn: () => Promise<void>;
}

export const supervisionOf = ({
  live,
  programs,
  place,
}: {
  readonly live: LiveState;
  readonly programs: Programs;
  readonly place: Place;
}): Supervision => {
  const isSupervised = async (service: string): Promise<boolean> =>
    (await programs.run('s6-svok', [live.serviceDirectory(service)])).exitCode === 0;

  const supervised = async (): Promise<readonly string[]> =>
    (
      await mapConcurrently(await live.longruns(), 8, async (service) =>
        (await isSupervised(service)) ? [service] : [],
      )
    ).flat();

  const condition: Supervision['condition'] = async (scanDirectory, hasOrphans) => {
    const [first] = await live.longruns();
    const [hasSvscan, hasFirst] = await Promise.all([
      isScanned(scanDirectory, programs),
      first === undefined ? false : isSupervised(first),
    ]);
    if (hasSvscan)
      return { isAlive: first === undefined || hasFirst || (await supervised()).length > 0, isLost: false };
    // s6-supervise outlives an s6-svscan that was killed, and a process both.
    const isAlive = hasFirst || (await supervised()).length > 0 || (await hasOrphans());
    return { isAlive, isLost: isAlive };
  };

  const stuck = (what: string): ActivationError =>
    new ActivationError({
      what: `${what} does not end`,
      why: 'It was asked to, and half a minute has passed',
      fix: `Look at ${place.log}`,
    });

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

  return { supervised, condition, endSupervisors, endOwn };
};
