import type { InstanceName } from '../../model/process-model.js';
import type { DeployedProfile, DeployedUnit, LogSource, ManagerSession, Observation } from '../backend.js';
import { collisionsOf } from '../shared/collisions.js';
import { forEachUnit, replaceEachUnit } from '../shared/unit-by-unit.js';
import { activationOf } from './activation-data.js';
import { bootOut, defaultPatience, signalJob, startJob, wayOfEnding, type JobTools, type Patience } from './jobs.js';
import type { LoadedJob } from './launchctl.js';

const observationOf = (unit: DeployedUnit, job: LoadedJob | undefined, isInstalled: boolean): Observation => {
  const none = { pid: null, since: null };
  // Somebody unloaded it; it will be there again when the machine boots.
  if (job === undefined) return { ...none, state: isInstalled ? 'stopped' : 'absent', detail: null };
  if (job.pid !== null) return { state: 'running', pid: job.pid, since: null, detail: null };
  if (job.lastExit !== null && job.lastExit !== 0) {
    return { ...none, state: 'failed', detail: wayOfEnding(job.lastExit) };
  }
  const waits = job.lastExit === null && activationOf(unit).startsAtOnce;
  return waits
    ? { ...none, state: 'starting', detail: null }
    : { ...none, state: 'stopped', detail: null, rests: true };
};

/** What a session works with. */
export interface LaunchdParts extends Pick<JobTools, 'scope' | 'launchctl' | 'installation' | 'log'> {
  readonly jobs: number;
  readonly patience?: Patience;
}

/** Talks to launchd. It knows no dependencies: levels come one after the other. */
export const createSession = ({ jobs, patience = defaultPatience, ...parts }: LaunchdParts): ManagerSession => {
  const { scope, launchctl, installation } = parts;
  const tools: JobTools = { ...parts, patience, rewritten: new Set() };

  const observe: ManagerSession['observe'] = async (units) => {
    const loaded = new Map<string, LoadedJob>();
    for (const domain of scope.domains.toReversed()) {
      for (const [label, job] of (await launchctl.services(domain)) ?? []) loaded.set(label, job);
    }
    return new Map(
      await Promise.all(
        units.map(async (unit): Promise<[InstanceName, Observation]> => {
          const job = loaded.get(activationOf(unit).label);
          return [unit.instance, observationOf(unit, job, await installation.isInstalled(unit))];
        }),
      ),
    );
  };

  return {
    startsAtBoot: true,
    observe,
    drift: async ({ units }, others) => {
      const { changed, extras } = await installation.drift(units, others);
      const observations = await observe(extras);
      return {
        changed,
        extras: extras.flatMap((unit) => {
          const observation = observations.get(unit.instance);
          return observation === undefined ? [] : [{ unit, observation }];
        }),
      };
    },
    stop: (units) => forEachUnit(units, jobs, (unit) => bootOut(tools, unit)),
    install: async (next: DeployedProfile | null) => {
      for (const { instance } of await installation.update(next)) tools.rewritten.add(instance);
    },
    start: (units) => forEachUnit(units, jobs, (unit) => startJob(tools, unit)),
    restart: (changes, afterStop) =>
      replaceEachUnit(changes, jobs, {
        stop: (unit) => bootOut(tools, unit),
        start: (unit) => startJob(tools, unit),
        afterStop,
      }),
    reload: (units) => forEachUnit(units, jobs, (unit) => signalJob(tools, unit)),
    finish: () => Promise.resolve(),
    logs: (unit): LogSource => ({ kind: 'files', paths: activationOf(unit).logFiles }),
    collisions: (units) => collisionsOf(units, (some) => installation.check(some)),
    supervise: null,
  };
};
