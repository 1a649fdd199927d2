import type { InstanceName } from '../../model/process-model.js';
import { userOfUnit } from '../../profile/user-of-unit.js';
import { mapConcurrently } from '../../system/map-concurrently.js';
import type {
  AfterStop,
  Collision,
  DeployedProfile,
  DeployedUnit,
  ExtraUnit,
  ManagerSession,
  Observation,
  SessionContext,
  UnitChange,
  UnitOutcome,
} from '../backend.js';
import { checkRecordDirectories, isOwnRecord } from './own-directory.js';
import { removeRecords } from './remove-records.js';
import { runningAmong } from './extra-units.js';
import { awaitOrphanedScripts } from './await-orphaned-scripts.js';
import { createScriptRunner, type ScriptCalls } from './script-runner.js';
import { scriptActivationOf } from './script-activation.js';
import { scriptsLook } from './script-environment.js';
import { type ScriptActivity } from './script-timeouts.js';

/** A session with services that are started and stopped by scripts of their profile; no manager runs. */
export interface ScriptSession extends Pick<
  ManagerSession,
  'observe' | 'leastSettle' | 'start' | 'stop' | 'reload' | 'restart' | 'logs' | 'supervise' | 'awaitOrphans'
> {
  /** Units of other generations that run. Their records go with those of the current generation. */
  readonly findExtras: (deployed: DeployedProfile, others: readonly DeployedUnit[]) => Promise<readonly ExtraUnit[]>;
  /** Writes down that the services of `next` are this profile's. */
  readonly claim: (next: DeployedProfile | null) => Promise<void>;
  /** Which of these services are another profile's. */
  readonly claimedByOthers: (units: readonly DeployedUnit[]) => Promise<readonly Collision[]>;
  /** Removes the records of services that are not in `next`: nothing is left, not even that they were stopped. */
  readonly removeRecords: (next: DeployedProfile | null) => Promise<void>;
}

/** Not before something changes. */
const loadClaims = () => import('./state-claims.js');

/** Scripts are run from the profile that they belong to. */
export const createScriptSession = async (context: SessionContext, calls: ScriptCalls): Promise<ScriptSession> => {
  const { log, jobs, current, target, profileLink } = context;
  const recordsOf = (units: readonly DeployedUnit[]): readonly string[] =>
    units.map((unit) => scriptActivationOf(unit).recordFile);
  checkRecordDirectories(recordsOf([...(current?.units ?? []), ...(target?.units ?? [])]));
  const { callOf, observe, perform } = await createScriptRunner(context, calls);
  const performAll = (units: readonly DeployedUnit[], activity: ScriptActivity): Promise<readonly UnitOutcome[]> =>
    mapConcurrently(units, jobs, (unit) => perform(unit, activity));

  const extras: DeployedUnit[] = [];
  // The old script knows how to stop what it started.
  const replace = async ({ before, after }: UnitChange, afterStop?: AfterStop): Promise<UnitOutcome> => {
    const stopped = await perform(before, 'stop');
    if (!stopped.ok) return { ...stopped, instance: after.instance };
    await afterStop?.([before]);
    return perform(after, 'start');
  };

  const observeAll = async (units: readonly DeployedUnit[]): Promise<ReadonlyMap<InstanceName, Observation>> =>
    new Map(await Promise.all(units.map(async (unit) => [unit.instance, await observe(unit)] as const)));

  return {
    observe: observeAll,
    leastSettle: scriptsLook,
    awaitOrphans: (units) => awaitOrphanedScripts(units, callOf, context),
    findExtras: async (deployed, others) => {
      const filesOf = (unit: DeployedUnit): readonly string[] => {
        const { recordFile, pidFile } = scriptActivationOf(unit);
        return pidFile === null ? [recordFile] : [recordFile, pidFile];
      };
      const taken = new Set(deployed.units.flatMap(filesOf));
      // With the files of a process of today, today's process would be taken for an old one.
      const candidates = others.filter(
        (unit) => !filesOf(unit).some((file) => taken.has(file)) && isOwnRecord(scriptActivationOf(unit).recordFile),
      );
      const found = runningAmong(candidates, await observeAll(candidates));
      extras.push(...found.map(({ unit }) => unit));
      return found;
    },
    stop: (units) => performAll(units, 'stop'),
    start: (units) => performAll(units, 'start'),
    reload: (units) => performAll(units, 'reload'),
    restart: (changes, afterStop) => mapConcurrently(changes, jobs, (change) => replace(change, afterStop)),
    logs: (unit) => {
      const { logFile } = scriptActivationOf(unit);
      return { kind: 'files', paths: logFile === null ? [] : [logFile], user: userOfUnit(unit) };
    },
    supervise: null,
    claim: async (next) => {
      const { claim } = await loadClaims();
      if (next !== null) await claim(next, profileLink, log);
    },
    claimedByOthers: async (units) => (await loadClaims()).claimedByOthers(units, profileLink),
    removeRecords: async (next) => {
      const kept = new Set(recordsOf(next?.units ?? []));
      const obsolete = recordsOf([...(current?.units ?? []), ...extras]).filter((file) => !kept.has(file));
      checkRecordDirectories(obsolete);
      checkRecordDirectories(obsolete);
      const { release } = await loadClaims();
      await release(current?.units ?? [], next?.units ?? [], profileLink);
      await removeRecords(obsolete);
    },
  };
};
