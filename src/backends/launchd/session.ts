import { setTimeout as sleep } from 'node:timers/promises';
import type { InstanceName } from '../../model/process-model.js';
import { mapConcurrently } from '../../system/map-concurrently.js';
import type { Log } from '../../system/ports.js';
import type {
  AfterStop,
  DeployedProfile,
  DeployedUnit,
  LogSource,
  ManagerSession,
  Observation,
  UnitChange,
  UnitOutcome,
} from '../backend.js';
import { collisionsOf } from '../shared/collisions.js';
import { linesSince, markLogs, type LogMark } from '../shared/log-tail.js';
import { until } from '../shared/until.js';
import { activationOf } from './activation-data.js';
import type { Installation } from './installation.js';
import { launchctlErrors as errors, type Answer, type Launchctl, type LoadedJob } from './launchctl.js';
import type { Scope } from './scope.js';

/** Milliseconds; tests have less time. */
export interface Patience {
  readonly pause: number;
  /** How long a job may take to be gone after bootout: more than launchd gives it to end (20 s) before it kills it. */
  readonly unload: number;
  /** How long a job may take to have a process. */
  readonly start: number;
  /** How long that process has to live to count as started. */
  readonly settle: number;
}
export const defaultPatience: Patience = { pause: 200, unload: 40_000, start: 10_000, settle: 500 };

interface Verdict {
  readonly ok: boolean;
  readonly detail: string | null;
}
const fine: Verdict = { ok: true, detail: null };
const failed = ({ words }: Answer): Verdict => ({ ok: false, detail: words });

const absences: readonly number[] = [
  errors.noSuchProcess,
  errors.noSuchService,
  errors.noSuchDomain,
  errors.domainWithoutAction,
];
const isAbsence = ({ error }: Answer): boolean => absences.includes(error);
const isMissingDomain = ({ error }: Answer): boolean =>
  error === errors.noSuchDomain || error === errors.domainWithoutAction;

const wayOfEnding = (lastExit: number): string =>
  lastExit < 0 ? `it was ended by signal ${-lastExit}` : `its last exit code was ${lastExit}`;

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
export interface LaunchdParts {
  readonly scope: Scope;
  readonly launchctl: Launchctl;
  readonly installation: Installation;
  readonly jobs: number;
  readonly log: Log;
  readonly patience?: Patience;
}

/** Talks to launchd. It knows no dependencies: levels come one after the other. */
export const createSession = ({
  scope,
  launchctl,
  installation,
  jobs,
  log,
  patience = defaultPatience,
}: LaunchdParts): ManagerSession => {
  /** Units whose file is not the one that launchd may have loaded. */
  const rewritten = new Set<InstanceName>();

  const targetIn = (domain: string, unit: DeployedUnit): string => `${domain}/${activationOf(unit).label}`;

  /** The domain that has a job loaded. */
  const locate = async (unit: DeployedUnit): Promise<{ readonly target: string; readonly job: LoadedJob } | null> => {
    for (const domain of scope.domains) {
      const target = targetIn(domain, unit);
      const job = await launchctl.find(target);
      if (job !== null) return { target, job };
    }
    return null;
  };

  /** Unloads a job from wherever it is. launchctl may be done before launchd is. */
  const bootOut = async (unit: DeployedUnit): Promise<Verdict> => {
    let last: Answer | null = null as Answer | null;
    const isGone = await until({ limit: patience.unload, pause: patience.pause }, async () => {
      const found = await locate(unit);
      if (found === null) return true;
      last = await launchctl.call('bootout', found.target);
      return isAbsence(last) && (await locate(unit)) === null;
    });
    if (isGone) return fine;
    return last === null || last.error === 0 || last.error === errors.inProgress
      ? { ok: false, detail: 'launchd did not unload it in time' }
      : failed(last);
  };

  /** Loads a job into the first domain that there is. */
  const bootstrap = async (unit: DeployedUnit): Promise<Verdict> => {
    const file = installation.fileOf(unit);
    let answer: Answer = { error: 0, words: 'there is no domain for it', stdout: '' };
    for (const domain of scope.domains) {
      const target = targetIn(domain, unit);
      answer = await launchctl.call('bootstrap', domain, file);
      if (isMissingDomain(answer)) continue;
      if (answer.error === errors.inputOutput || answer.error === errors.disabled) {
        const isDisabled = await wasDisabled(domain, unit);
        if (isDisabled) log.warn(`${unit.instance}: somebody has disabled its job; it is enabled again`);
        await launchctl.call('enable', target);
        const unloaded = await bootOut(unit);
        if (!unloaded.ok) return unloaded;
        answer = await launchctl.call('bootstrap', domain, file);
      }
      const { error } = answer;
      return error === 0 || error === errors.alreadyInProgress || error === errors.alreadyLoaded
        ? fine
        : failed(answer);
    }
    return failed(answer);
  };

  const wasDisabled = async (domain: string, unit: DeployedUnit): Promise<boolean> => {
    const { stdout } = await launchctl.call('print-disabled', domain);
    const { label } = activationOf(unit);
    return stdout.split('\n').some((line) => line.includes(`"${label}"`) && /=> (?:disabled|true)/.test(line));
  };

  /** Waits until a job that is to start at once has a process that stays. */
  const awaitProcess = async (unit: DeployedUnit, logs: LogMark): Promise<Verdict> => {
    if (!activationOf(unit).startsAtOnce) return fine;
    const look = async (): Promise<LoadedJob | null> => (await locate(unit))?.job ?? null;
    let job: LoadedJob | null = null;
    await until({ limit: patience.start, pause: patience.pause }, async () => {
      job = await look();
      return job?.pid !== null || job.lastExit !== null;
    });
    await sleep(patience.settle);
    job = await look();
    if (job === null) return { ok: false, detail: 'launchd has unloaded it' };
    if (job.pid !== null || job.lastExit === 0) return fine;
    const reason = job.lastExit === null ? 'launchd did not start it in time' : wayOfEnding(job.lastExit);
    return { ok: false, detail: [reason, ...(await linesSince(logs, 10))].join('\n') };
  };

  const startOne = async (unit: DeployedUnit): Promise<Verdict> => {
    const logs = await markLogs(activationOf(unit).logFiles);
    const found = await locate(unit);
    if (found !== null && !rewritten.has(unit.instance)) {
      if (found.job.pid !== null) return fine;
      const answer = await launchctl.call('kickstart', found.target);
      return answer.error === 0 ? awaitProcess(unit, logs) : failed(answer);
    }
    const steps = [() => bootOut(unit), () => bootstrap(unit), () => awaitProcess(unit, logs)];
    for (const step of steps) {
      const verdict = await step();
      if (!verdict.ok) return verdict;
    }
    rewritten.delete(unit.instance);
    return fine;
  };

  const forEach = (
    units: readonly DeployedUnit[],
    act: (unit: DeployedUnit) => Promise<Verdict>,
  ): Promise<readonly UnitOutcome[]> =>
    mapConcurrently(units, jobs, async (unit) => ({ instance: unit.instance, ...(await act(unit)) }));

  const signal = async (unit: DeployedUnit): Promise<Verdict> => {
    const found = await locate(unit);
    if (found === null) return { ok: false, detail: 'it is not loaded' };
    const answer = await launchctl.call('kill', 'HUP', found.target);
    return answer.error === 0 ? fine : failed(answer);
  };

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
    stop: (units) => forEach(units, bootOut),
    install: async (next: DeployedProfile | null) => {
      for (const { instance } of await installation.update(next)) rewritten.add(instance);
    },
    start: (units) => forEach(units, startOne),
    restart: (changes: readonly UnitChange[], afterStop?: AfterStop) =>
      mapConcurrently(changes, jobs, async ({ before, after }) => {
        const stopped = await bootOut(before);
        if (stopped.ok) await afterStop?.([before]);
        const verdict = stopped.ok ? await startOne(after) : stopped;
        return { instance: after.instance, ...verdict };
      }),
    reload: (units) => forEach(units, signal),
    finish: () => Promise.resolve(),
    logs: (unit): LogSource => ({ kind: 'files', paths: activationOf(unit).logFiles }),
    collisions: (units) => collisionsOf(units, (some) => installation.check(some)),
    supervise: null,
  };
};
