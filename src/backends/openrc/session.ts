import { rm, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { explainFileError } from '../../state/file-errors.js';
import { mapConcurrently } from '../../system/map-concurrently.js';
import type { DeployedProfile, DeployedUnit, Drift, ManagerSession } from '../backend.js';
import { collisionsOf } from '../shared/collisions.js';
import { checkRecordDirectories } from '../shared/own-directory.js';
import { scriptsLook } from '../shared/script-environment.js';
import { forEachUnit } from '../shared/unit-by-unit.js';
import { activationOf } from './activation-data.js';
import { observeService, observeServices } from './observe-services.js';
import type { Parts } from './parts.js';
import { awaitScripts, reloadService, replaceService, startService, stopService } from './services.js';

const removeRecord = async (unit: DeployedUnit): Promise<void> => {
  const { recordFile } = activationOf(unit);
  checkRecordDirectories([recordFile]);
  try {
    await rm(recordFile, { force: true });
  } catch (error) {
    throw explainFileError(`The record ${recordFile} cannot be removed`, error);
  }
  // Not empty: somebody's record is still there.
  await rmdir(dirname(recordFile)).catch(() => undefined);
};

/** Services of ours that the generation does not have: those that others have can be stopped, of the rest only the script goes. */
const findDrift = async (
  parts: Parts,
  units: readonly DeployedUnit[],
  others: readonly DeployedUnit[],
): Promise<Drift> => {
  const { changed, extras } = await parts.files.drift(units);
  const known = others.filter((unit) => extras.includes(activationOf(unit).service));
  const unknown = extras.filter((service) => !known.some((unit) => activationOf(unit).service === service));
  return {
    changed: [
      ...changed,
      ...unknown.map((service) => ({
        instance: null,
        what: `the service ${service} belongs to the profile, but no generation has it`,
        restart: false,
      })),
    ],
    extras: await mapConcurrently(known, 16, async (unit) => ({
      unit,
      observation: await observeService(parts, unit),
    })),
  };
};

/** @param current the generation that runs, if OpenRC runs it */
export const createSession = (parts: Parts, current: DeployedProfile | null, jobs: number): ManagerSession => {
  const known = new Map((current?.units ?? []).map((unit) => [unit.name, unit]));
  const { files } = parts;
  return {
    startsAtBoot: true,
    leastSettle: scriptsLook,
    observe: (units) => observeServices(parts, units),
    awaitOrphans: (units) => awaitScripts(parts, units),
    drift: async ({ units }, others) => {
      const drift = await findDrift(parts, units, others);
      for (const { unit } of drift.extras) known.set(unit.name, unit);
      return drift;
    },
    stop: (units) => forEachUnit(units, jobs, (unit) => stopService(parts, unit)),
    install: async (next) => {
      await files.removeOthers(next?.units ?? []);
      await files.write(next?.units ?? []);
      for (const unit of next?.units ?? []) known.set(unit.name, unit);
    },
    start: (units) => forEachUnit(units, jobs, (unit) => startService(parts, unit)),
    restart: (changes, afterStop) =>
      mapConcurrently(changes, jobs, async (change) => ({
        instance: change.after.instance,
        ...(await replaceService(parts, change, afterStop)),
      })),
    reload: (units) => forEachUnit(units, jobs, (unit) => reloadService(parts, unit)),
    finish: async (next) => {
      const kept = new Set(next?.units.map((unit) => activationOf(unit).recordFile));
      for (const unit of known.values()) if (!kept.has(activationOf(unit).recordFile)) await removeRecord(unit);
    },
    awaitsReadiness: (unit) => activationOf(unit).awaitsReadiness,
    writtenAtStart: (unit) => [activationOf(unit).recordFile, activationOf(unit).logFile],
    logs: (unit) => ({ kind: 'files', paths: [activationOf(unit).logFile] }),
    collisions: (units) => collisionsOf(units, (some) => files.check(some)),
    supervise: null,
  };
};
