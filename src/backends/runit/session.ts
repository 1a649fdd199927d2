import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ManagerUnavailableError } from '../../system/errors.js';
import { mapConcurrently } from '../../system/map-concurrently.js';
import type { DeployedProfile, DeployedUnit, Drift, ManagerSession, SessionContext } from '../backend.js';
import { runningAmong } from '../shared/extra-units.js';
import { processFile } from '../shared/only-process.js';
import { forEachUnit } from '../shared/unit-by-unit.js';
import { takenLogs } from './collisions.js';
import { observeServices } from './observe-services.js';
import { partsOf, type Parts } from './parts.js';
import { findRunsvdir } from './runsvdir.js';
import { logFilesOf, reloadService, replaceService, startService, stopService } from './services.js';
import { endAll, provideServices, releaseServices } from './supervision.js';

const lossWords = 'runsvdir has ended: nothing starts a runsv again that ends; bringing it back restarts the services';

/** Waits until nobody needs the deployment any more. @throws ManagerUnavailableError when runsvdir ends before */
const watch = async (parts: Parts, ending: AbortSignal): Promise<void> => {
  const isOver = (): boolean => ending.aborted;
  while (!isOver()) {
    await sleep(2000, undefined, { signal: ending }).catch(() => undefined);
    if (!isOver() && (await findRunsvdir(parts)) === null) {
      throw new ManagerUnavailableError({
        what: 'runsvdir has ended',
        why: 'Something else than this command ended it',
        fix: 'Run the command again',
      });
    }
  }
};

/** Scripts that somebody has put in the place of those of the generation. */
const changedScripts = async ({ live, place }: Parts, units: readonly DeployedUnit[]): Promise<Drift['changed']> => {
  const there = new Set(await live.names());
  const changed = await mapConcurrently(
    units.filter(({ name }) => there.has(name)),
    16,
    async (unit) => {
      const [entry] = await live.foreignEntries(unit);
      if (entry === undefined) return [];
      const path = join(place.services, unit.name, entry);
      return [{ instance: unit.instance, what: `${path} is not the script of the generation`, restart: true }];
    },
  );
  return changed.flat();
};

/** Services that none of these units is. */
const obsolete = async ({ live }: Parts, units: readonly DeployedUnit[]): Promise<readonly string[]> => {
  const kept = new Set<string>(units.map(({ name }) => name));
  return (await live.names()).filter((name) => !kept.has(name));
};

/**
 * Drives the runit of one profile. runit knows no dependencies: services are started and stopped one level after the other.
 */
export const createSession = (context: SessionContext): ManagerSession => {
  const { current, target, jobs } = context;
  const profile = current ?? target;
  if (profile === null) throw new Error('a session needs a profile');
  let parts = partsOf(profile, context);
  let { runtimeDir } = profile.directories;
  /** The deployment goes to another place, where nothing runs yet. */
  let moves = target !== null && partsOf(target, context).place.directory !== parts.place.directory;
  let isLost = false;

  const enter = async (next: DeployedProfile): Promise<void> => {
    const there = partsOf(next, context);
    if (there.place.directory !== parts.place.directory) await endAll(parts);
    parts = there;
    ({ runtimeDir } = next.directories);
    moves = false;
  };

  return {
    observe: async (units) => {
      const found = await observeServices(parts, units, moves);
      isLost = found.isLost;
      return found.observations;
    },
    loss: () => (isLost ? lossWords : null),
    // runsv starts what has ended after a second: only what stays up for half of it has started.
    leastSettle: 0.5,
    drift: async (deployed, others) => {
      if (moves || !parts.isThere()) return { changed: [], extras: [] };
      const { observations } = await observeServices(parts, others, false);
      return { changed: await changedScripts(parts, deployed.units), extras: runningAmong(others, observations) };
    },
    collisions: (units) => takenLogs(parts, units),
    stop: (units) => forEachUnit(units, jobs, (unit) => stopService(parts, unit)),
    install: async (next) => {
      if (next === null) return;
      await enter(next);
      if (next.units.length === 0) return;
      await releaseServices(parts, await obsolete(parts, next.units));
      await provideServices(parts, next.units, runtimeDir);
    },
    start: async (units) => {
      await provideServices(parts, units, runtimeDir);
      return forEachUnit(units, jobs, (unit) => startService(parts, unit));
    },
    restart: async (changes, afterStop) => {
      await provideServices(
        parts,
        changes.map(({ after }) => after),
        runtimeDir,
      );
      return mapConcurrently(changes, jobs, async (change) => ({
        instance: change.after.instance,
        ...(await replaceService(parts, change, runtimeDir, afterStop)),
      }));
    },
    reload: (units) => forEachUnit(units, jobs, (unit) => reloadService(parts, unit)),
    finish: async (next) => {
      if (next === null || next.units.length === 0) {
        await endAll(parts);
        return;
      }
      const there = new Set(await parts.live.names());
      for (const unit of next.units) if (there.has(unit.name)) await parts.live.link(unit);
      await releaseServices(parts, await obsolete(parts, next.units));
    },
    writtenAtStart: ({ name }) => [join(parts.place.services, name, processFile)],
    logs: (unit) => ({ kind: 'files', paths: logFilesOf(unit) }),
    supervise: (_, ending) => watch(parts, ending),
  };
};
