import type { InstanceName } from '../../model/process-model.js';
import { ActivationError } from '../../system/errors.js';
import { mapConcurrently } from '../../system/map-concurrently.js';
import type {
  AfterStop,
  Collision,
  DeployedProfile,
  DeployedUnit,
  LogSource,
  ManagerSession,
  Observation,
  UnitChange,
  UnitOutcome,
} from '../backend.js';
import { linesSince, markLogs } from '../shared/log-tail.js';
import { until } from '../shared/until.js';
import { activationOf } from './activation-data.js';
import type { Passwords } from './passwords.js';
import { windowsErrors as errors, type Answer, type ServiceManager, type ServiceState } from './service-manager.js';

/** Milliseconds; tests have less time. */
export interface Patience {
  readonly pause: number;
  /** How long a service may take to end, or to be gone once it was removed: somebody may have it open. */
  readonly limit: number;
}
export const defaultPatience: Patience = { pause: 500, limit: 60_000 };

interface Verdict {
  readonly ok: boolean;
  readonly detail: string | null;
}
const fine: Verdict = { ok: true, detail: null };
const verdictOf = ({ ok, words }: Answer): Verdict => (ok ? fine : { ok: false, detail: words });

const observationOf = (service: ServiceState | undefined): Observation => {
  const none = { pid: null, since: null };
  if (service === undefined) return { ...none, state: 'absent', detail: null };
  switch (service.state) {
    case 'Running':
      return { ...none, state: 'running', detail: null };
    case 'Start Pending':
    case 'Continue Pending':
      return { ...none, state: 'starting', detail: null };
    case 'Stopped':
    case 'Stop Pending':
      // Windows does not tell whether somebody stopped it, or its program ended by itself.
      return { ...none, state: 'stopped', detail: service.state === 'Stopped' ? null : 'it is about to end' };
    default:
      return { ...none, state: 'failed', detail: service.state };
  }
};

export interface CygrunsrvParts {
  readonly services: ServiceManager;
  readonly passwords: Passwords;
  readonly current: DeployedProfile | null;
  readonly jobs: number;
  readonly patience?: Patience;
}

const serviceOf = (unit: DeployedUnit): string => activationOf(unit).service;

/**
 * Talks to Windows by cygrunsrv. A service that has changed is removed and installed anew. Windows starts what a service
 * depends on by itself, but stops nothing whose dependents run: they are stopped before, and started again afterwards.
 */
export const createSession = ({
  services,
  passwords,
  current,
  jobs,
  patience = defaultPatience,
}: CygrunsrvParts): ManagerSession => {
  /** What is installed, as far as this deployment knows, with its definition. */
  const installed = new Map((current?.units ?? []).map((unit) => [serviceOf(unit), activationOf(unit).parameters]));

  const stopService = async (service: string): Promise<Verdict> => {
    const answer = await services.stop(service);
    if (!answer.ok && answer.error !== errors.noSuchService && answer.error !== errors.notActive) {
      if (answer.error !== errors.dependentServicesRunning) return verdictOf(answer);
      return { ok: false, detail: `services that depend on it run: ${answer.words}` };
    }
    const isDown = await until(patience, async () => {
      const state = (await services.list()).get(service)?.state;
      return state === undefined || state === 'Stopped';
    });
    return isDown ? fine : { ok: false, detail: 'it did not end in time' };
  };

  /** Windows forgets a service only when nobody has it open any more. */
  const removeService = async (service: string): Promise<Verdict> => {
    const answer = await services.remove(service);
    const isOver = answer.ok || answer.error === errors.noSuchService || answer.error === errors.markedForDeletion;
    if (!isOver) return verdictOf(answer);
    const isGone = await until(patience, async () => !(await services.list()).has(service));
    if (!isGone) {
      return { ok: false, detail: 'Windows does not let it go: close programs that show services, then repeat' };
    }
    installed.delete(service);
    return fine;
  };

  const installService = async (unit: DeployedUnit): Promise<Verdict> => {
    const { service, parameters, user } = activationOf(unit);
    const password = user === null ? undefined : passwords.get(user);
    const all = password === undefined ? parameters : [...parameters, '--passwd', password];
    let answer = await services.install(service, all);
    await until(patience, async () => {
      if (answer.error !== errors.markedForDeletion) return true;
      answer = await services.install(service, all);
      return answer.ok;
    });
    if (answer.ok) installed.set(service, parameters);
    return verdictOf(answer);
  };

  const isSame = (unit: DeployedUnit): boolean => {
    const known = installed.get(serviceOf(unit));
    return known !== undefined && JSON.stringify(known) === JSON.stringify(activationOf(unit).parameters);
  };

  /** Makes Windows know a service, which does not run, by the definition of this unit. */
  const renew = async (unit: DeployedUnit): Promise<Verdict> => {
    const service = serviceOf(unit);
    const isThere = (await services.list()).has(service);
    if (isThere && isSame(unit)) return fine;
    if (isThere) {
      const removed = await removeService(service);
      if (!removed.ok) return removed;
    }
    return installService(unit);
  };

  const startOne = async (unit: DeployedUnit): Promise<Verdict> => {
    const { service, logFiles } = activationOf(unit);
    const renewed = await renew(unit);
    if (!renewed.ok) return renewed;
    const logs = await markLogs(logFiles);
    const answer = await services.start(service);
    if (answer.ok || answer.error === errors.alreadyRunning) return fine;
    const lines = await linesSince(logs, 10);
    const reason = answer.error === errors.notActive ? 'it ended at once' : answer.words;
    return { ok: false, detail: [reason, ...lines].join('\n') };
  };

  /** The services of this deployment that run and need one of these, each before what it depends on. */
  const runningDependents = async (of: readonly string[]): Promise<readonly string[]> => {
    const states = await services.list();
    const found = new Set(of);
    const units = (current?.units ?? []).toSorted((a, b) => a.level - b.level);
    for (const unit of units) {
      if (activationOf(unit).dependencies.some((dependency) => found.has(dependency))) found.add(serviceOf(unit));
    }
    const dependents = units.map(serviceOf).filter((service) => found.has(service) && !of.includes(service));
    return dependents.filter((service) => states.get(service)?.state === 'Running').reverse();
  };

  const outcomes = (
    units: readonly DeployedUnit[],
    act: (unit: DeployedUnit) => Promise<Verdict>,
  ): Promise<readonly UnitOutcome[]> =>
    mapConcurrently(units, jobs, async (unit) => ({ instance: unit.instance, ...(await act(unit)) }));

  const restart = async (changes: readonly UnitChange[], afterStop?: AfterStop): Promise<readonly UnitOutcome[]> => {
    const dependents = await runningDependents(changes.map(({ before }) => serviceOf(before)));
    const stopped: string[] = [];
    for (const service of dependents) {
      const verdict = await stopService(service);
      if (verdict.ok) stopped.unshift(service);
    }
    const results = await mapConcurrently(changes, jobs, async ({ before, after }): Promise<UnitOutcome> => {
      const down = await stopService(serviceOf(before));
      if (down.ok) await afterStop?.([before]);
      return { instance: after.instance, ...(down.ok ? await startOne(after) : down) };
    });
    const refused: string[] = [];
    for (const service of stopped) {
      const answer = await services.start(service);
      if (!answer.ok && answer.error !== errors.alreadyRunning) refused.push(`${service}: ${answer.words}`);
    }
    const [first, ...others] = results;
    if (refused.length === 0 || first === undefined) return results;
    const detail = `what depends on it did not start again: ${refused.join('; ')}`;
    return [
      { ...first, ok: false, detail: [first.detail, detail].filter((text) => text !== null).join('\n') },
      ...others,
    ];
  };

  /** cygrunsrv does not tell whose a service is, but this deployment knows what it has installed. */
  const collisions = async (
    units: readonly DeployedUnit[],
    known: readonly DeployedUnit[],
  ): Promise<readonly Collision[]> => {
    // Names that differ in their case alone are one for Windows.
    const present = new Map([...(await services.list()).keys()].map((name) => [name.toLowerCase(), name]));
    for (const unit of known) present.delete(serviceOf(unit).toLowerCase());
    return units.flatMap((unit) => {
      const name = present.get(serviceOf(unit).toLowerCase());
      if (name === undefined) return [];
      return {
        instance: unit.instance,
        what: `There is a service ${name} already`,
        why: 'This deployment has not installed it',
        fix: `Remove it (cygrunsrv --remove ${name}), or give the process another name, instanceName or instanceSuffix`,
      };
    });
  };

  const install = async (next: DeployedProfile | null): Promise<void> => {
    const wanted = new Set((next?.units ?? []).map(serviceOf));
    const present = await services.list();
    const failures: string[] = [];
    const note = (service: string, { ok, detail }: Verdict): void => {
      if (!ok) failures.push(`${service}: ${detail ?? ''}`);
    };
    for (const service of [...installed.keys()].filter((name) => !wanted.has(name) && present.has(name))) {
      note(service, await removeService(service));
    }
    for (const unit of (next?.units ?? []).filter((candidate) => !present.has(serviceOf(candidate)))) {
      note(serviceOf(unit), await installService(unit));
    }
    if (failures.length === 0) return;
    throw new ActivationError({
      what: 'Windows does not take all changes to its services',
      why: failures.join('\n'),
      fix: 'Run the command as an administrator ("Run as administrator"), and close programs that show services',
    });
  };

  return {
    observe: async (units) => {
      const states = await services.list();
      return new Map<InstanceName, Observation>(
        units.map((unit) => [unit.instance, observationOf(states.get(serviceOf(unit)))]),
      );
    },
    collisions,
    stop: (units) => outcomes(units, (unit) => stopService(serviceOf(unit))),
    install,
    start: (units) => outcomes(units, startOne),
    restart,
    reload: (units) =>
      Promise.resolve(
        units.map(({ instance }) => ({
          instance,
          ok: false,
          detail: 'cygrunsrv can only start and stop a service; restart it instead',
        })),
      ),
    finish: () => Promise.resolve(),
    logs: (unit): LogSource => ({ kind: 'files', paths: activationOf(unit).logFiles }),
    supervise: null,
  };
};
