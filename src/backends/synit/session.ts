import { rm, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { explainFileError } from '../../state/file-errors.js';
import { mapConcurrently } from '../../system/map-concurrently.js';
import { ManagerUnavailableError } from '../../system/errors.js';
import type { DeployedProfile, DeployedUnit, Drift, LogSource, ManagerSession } from '../backend.js';
import { collisionsOf } from '../shared/collisions.js';
import { checkRecordDirectories } from '../shared/own-directory.js';
import { forEachUnit } from '../shared/unit-by-unit.js';
import { activationOf } from './activation-data.js';
import {
  defaultPatience,
  reloadDaemon,
  restartDaemon,
  startDaemon,
  stopDaemon,
  type DaemonTools,
  type Patience,
} from './daemons.js';
import { observeDaemon, observeDaemons } from './observe-daemons.js';

export interface SynitParts extends Omit<DaemonTools, 'patience'> {
  readonly current: DeployedProfile | null;
  readonly jobs: number;
  readonly patience?: Patience;
}

const lossWords = 'syndicate-server has ended: nothing watches over its daemons';

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

/** What may be ours in the directory: after a failed deployment, what it has added has to go again. */
interface Holdings {
  /** Daemons by name. */
  readonly known: Map<string, DeployedUnit>;
  /** Names of files of ours of which nobody knows more. */
  readonly strays: Set<string>;
}

const findDrift = async (
  tools: DaemonTools,
  { known, strays }: Holdings,
  units: readonly DeployedUnit[],
  others: readonly DeployedUnit[],
): Promise<Drift> => {
  const { directory } = tools;
  const { changed, extras } = await directory.drift(units);
  const daemons = others.filter(({ name }) => extras.includes(name));
  for (const unit of daemons) known.set(unit.name, unit);
  const unknown = extras.filter((name) => !daemons.some((unit) => unit.name === name));
  for (const name of unknown) strays.add(name);
  return {
    changed: [
      ...changed,
      ...unknown.map((name) => ({
        instance: null,
        what: `${directory.fileOf(name)} belongs to the profile, but no generation has it`,
        restart: false,
      })),
    ],
    extras: await mapConcurrently(daemons, 16, async (unit) => ({
      unit,
      observation: await observeDaemon(tools, unit),
    })),
  };
};

/**
 * Talks to syndicate-server by the files of the directory that it watches. It waits for dependencies itself. How its
 * services are, it only tells programs that speak its protocol; what is told here are the processes, which record
 * themselves when they start.
 */
export const createSession = ({ current, jobs, patience = defaultPatience, ...parts }: SynitParts): ManagerSession => {
  const tools: DaemonTools = { ...parts, patience };
  const { directory } = tools;
  const holdings: Holdings = {
    known: new Map((current?.units ?? []).map((unit) => [unit.name, unit])),
    strays: new Set(),
  };
  const { known, strays } = holdings;
  const assert = (unit: DeployedUnit): Promise<boolean> => {
    known.set(unit.name, unit);
    return directory.assert(unit);
  };
  /** See observeDaemons: what the last look has found. */
  let isLost = false;

  return {
    startsAtBoot: true,
    observe: async (units) => {
      const all = [...new Map([...known, ...units.map((unit) => [unit.name, unit] as const)]).values()];
      const found = await observeDaemons(tools, all);
      isLost = found.isLost;
      return found.observations;
    },
    loss: () => (isLost ? lossWords : null),
    requireReturn: () => {
      throw new ManagerUnavailableError({
        what: 'Synit cannot start anything',
        why: lossWords,
        fix: 'Start syndicate-server again, which starts anew what should run, and then run the command again; or end what it has left behind with: nix-processmgmt-ts undeploy, or stop NAME',
      });
    },
    drift: ({ units }, others) => findDrift(tools, holdings, units, others),
    stop: (units) => forEachUnit(units, jobs, (unit) => stopDaemon(tools, unit)),
    install: async (next) => {
      const wanted = new Set(next?.units.map(({ name }) => name));
      for (const unit of known.values()) if (!wanted.has(unit.name)) await directory.remove(unit);
      for (const name of strays) await directory.removeStray(name);
      strays.clear();
    },
    start: (units) => forEachUnit(units, jobs, (unit) => startDaemon(tools, unit, assert)),
    restart: (changes) =>
      mapConcurrently(changes, jobs, async (change) => ({
        instance: change.after.instance,
        ...(await restartDaemon(tools, change, assert)),
      })),
    reload: (units) => forEachUnit(units, jobs, (unit) => reloadDaemon(tools, unit)),
    finish: async (next) => {
      const wanted = new Set(next?.units.map((unit) => activationOf(unit).recordFile));
      for (const unit of known.values()) {
        if (!wanted.has(activationOf(unit).recordFile)) await removeRecord(unit);
      }
    },
    writtenAtStart: (unit) => [activationOf(unit).recordFile, activationOf(unit).logFile],
    logs: (unit): LogSource => ({ kind: 'files', paths: [activationOf(unit).logFile] }),
    collisions: (units) => collisionsOf(units, (some) => directory.check(some)),
    supervise: null,
  };
};
