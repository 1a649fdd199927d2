import type { InstanceName } from '../../model/process-model.js';
import { ActivationError } from '../../system/errors.js';
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
import { forEachUnit, refused, replaceEachUnit, type Verdict } from '../shared/unit-by-unit.js';
import { activationOf } from './activation-data.js';
import { windowsErrors as errors, type ServiceState } from './service-manager.js';
import {
  defaultPatience,
  installedBy,
  installService,
  removeService,
  serviceOf,
  startService,
  stopService,
  type Patience,
  type ServiceTools,
} from './services.js';

/** @param wasBegun whether it has been started, and not stopped, by this session */
const observationOf = (service: ServiceState | undefined, wasBegun: boolean): Observation => {
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
      if (wasBegun) return { ...none, state: 'failed', detail: 'its program has ended' };
      // Windows does not tell whether somebody stopped it, or its program ended by itself.
      return { ...none, state: 'stopped', detail: service.state === 'Stopped' ? null : 'it is about to end' };
    default:
      return { ...none, state: 'failed', detail: service.state };
  }
};

export interface CygrunsrvParts extends Pick<ServiceTools, 'services' | 'passwords'> {
  readonly current: DeployedProfile | null;
  readonly jobs: number;
  readonly patience?: Patience;
}

/** The services of this deployment that run and need one of these, each before what it depends on. */
const runningDependents = async (
  { services }: ServiceTools,
  current: DeployedProfile | null,
  of: readonly string[],
): Promise<readonly string[]> => {
  const states = await services.list();
  const found = new Set(of);
  const units = (current?.units ?? []).toSorted((a, b) => a.level - b.level);
  for (const unit of units) {
    if (activationOf(unit).dependencies.some((dependency) => found.has(dependency))) found.add(serviceOf(unit));
  }
  const dependents = units.map(serviceOf).filter((service) => found.has(service) && !of.includes(service));
  return dependents.filter((service) => states.get(service)?.state === 'Running').reverse();
};

/** What depends on a service that is replaced is stopped before, and started again afterwards. */
const restart = async (
  tools: ServiceTools,
  { current, jobs }: Pick<CygrunsrvParts, 'current' | 'jobs'>,
  changes: readonly UnitChange[],
  afterStop?: AfterStop,
): Promise<readonly UnitOutcome[]> => {
  const dependents = await runningDependents(
    tools,
    current,
    changes.map(({ before }) => serviceOf(before)),
  );
  const stopped: string[] = [];
  for (const service of dependents) {
    const verdict = await stopService(tools, service);
    if (verdict.ok) stopped.unshift(service);
  }
  const results = await replaceEachUnit(changes, jobs, {
    stop: (unit) => stopService(tools, serviceOf(unit)),
    start: (unit) => startService(tools, unit),
    afterStop,
  });
  const down: string[] = [];
  for (const service of stopped) {
    const answer = await tools.services.start(service);
    if (!answer.ok && answer.error !== errors.alreadyRunning) down.push(`${service}: ${answer.words}`);
  }
  const [first, ...others] = results;
  if (down.length === 0 || first === undefined) return results;
  const detail = `what depends on it did not start again: ${down.join('; ')}`;
  return [
    { ...first, ok: false, detail: [first.detail, detail].filter((text) => text !== null).join('\n') },
    ...others,
  ];
};

/** cygrunsrv does not tell whose a service is, but this deployment knows what it has installed. */
const collisions = async (
  { services }: ServiceTools,
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

/** @throws ActivationError that names all services that Windows does not change */
const install = async (tools: ServiceTools, next: DeployedProfile | null): Promise<void> => {
  const wanted = new Set((next?.units ?? []).map(serviceOf));
  const present = await tools.services.list();
  const failures: string[] = [];
  const note = (service: string, { ok, detail }: Verdict): void => {
    if (!ok) failures.push(`${service}: ${detail ?? ''}`);
  };
  for (const service of [...tools.installed.keys()].filter((name) => !wanted.has(name) && present.has(name))) {
    note(service, await removeService(tools, service));
  }
  for (const unit of (next?.units ?? []).filter((candidate) => !present.has(serviceOf(candidate)))) {
    note(serviceOf(unit), await installService(tools, unit));
  }
  if (failures.length === 0) return;
  throw new ActivationError({
    what: 'Windows does not take all changes to its services',
    why: failures.join('\n'),
    fix: 'Run the command as an administrator ("Run as administrator"), and close programs that show services',
  });
};

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
  const tools: ServiceTools = { services, passwords, patience, installed: installedBy(current), begun: new Set() };
  return {
    startsAtBoot: true,
    observe: async (units) => {
      const states = await services.list();
      return new Map<InstanceName, Observation>(
        units.map((unit) => {
          const service = serviceOf(unit);
          return [unit.instance, observationOf(states.get(service), tools.begun.has(service))];
        }),
      );
    },
    keepsDependencies: true,
    collisions: (units, known) => collisions(tools, units, known),
    stop: (units) => forEachUnit(units, jobs, (unit) => stopService(tools, serviceOf(unit))),
    install: (next) => install(tools, next),
    start: (units) => forEachUnit(units, jobs, (unit) => startService(tools, unit)),
    restart: (changes, afterStop) => restart(tools, { current, jobs }, changes, afterStop),
    reload: (units) =>
      forEachUnit(units, jobs, () =>
        Promise.resolve(refused('cygrunsrv can only start and stop a service; restart it instead')),
      ),
    finish: () => Promise.resolve(),
    logs: (unit): LogSource => ({ kind: 'files', paths: activationOf(unit).logFiles }),
    supervise: null,
  };
};
