import type { DeployedProfile, DeployedUnit } from '../backend.js';
import { linesSince, markLogs } from '../shared/log-tail.js';
import { fine, refused, type Verdict } from '../shared/unit-by-unit.js';
import { until } from '../shared/until.js';
import { activationOf } from './activation-data.js';
import type { Passwords } from './passwords.js';
import { windowsErrors as errors, type Answer, type ServiceManager } from './service-manager.js';

/** Milliseconds; tests have less time. */
export interface Patience {
  readonly pause: number;
  /** How long a service may take to end, or to be gone once it was removed: somebody may have it open. */
  readonly limit: number;
}
export const defaultPatience: Patience = { pause: 500, limit: 60_000 };

const verdictOf = ({ ok, words }: Answer): Verdict => (ok ? fine : refused(words));

export const serviceOf = (unit: DeployedUnit): string => activationOf(unit).service;

/** What is done to services with. */
export interface ServiceTools {
  readonly services: ServiceManager;
  readonly passwords: Passwords;
  readonly patience: Patience;
  /** What is installed, as far as this deployment knows, with its definition: the parameters by the service's name. */
  readonly installed: Map<string, readonly string[]>;
  /** The services that have been started and not stopped: when one is down, its program has ended by itself. */
  readonly begun: Set<string>;
}

/** The services that the current generation has installed. */
export const installedBy = (current: DeployedProfile | null): ServiceTools['installed'] =>
  new Map((current?.units ?? []).map((unit) => [serviceOf(unit), activationOf(unit).parameters]));

/** Stops a service, which may not be there. */
export const stopService = async ({ services, patience, begun }: ServiceTools, service: string): Promise<Verdict> => {
  begun.delete(service);
  const answer = await services.stop(service);
  if (!answer.ok && answer.error !== errors.noSuchService && answer.error !== errors.notActive) {
    if (answer.error !== errors.dependentServicesRunning) return verdictOf(answer);
    return refused(`services that depend on it run: ${answer.words}`);
  }
  const isDown = await until(patience, async () => {
    const state = (await services.list()).get(service)?.state;
    return state === undefined || state === 'Stopped';
  });
  return isDown ? fine : refused('it did not end in time');
};

/** Windows forgets a service only when nobody has it open any more. */
export const removeService = async (
  { services, patience, installed }: ServiceTools,
  service: string,
): Promise<Verdict> => {
  const answer = await services.remove(service);
  const isOver = answer.ok || answer.error === errors.noSuchService || answer.error === errors.markedForDeletion;
  if (!isOver) return verdictOf(answer);
  const isGone = await until(patience, async () => !(await services.list()).has(service));
  if (!isGone) {
    return refused('Windows does not let it go: close programs that show services, then repeat');
  }
  installed.delete(service);
  return fine;
};

export const installService = async (
  { services, passwords, patience, installed }: ServiceTools,
  unit: DeployedUnit,
): Promise<Verdict> => {
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

const isSame = ({ installed }: ServiceTools, unit: DeployedUnit): boolean => {
  const known = installed.get(serviceOf(unit));
  return known !== undefined && JSON.stringify(known) === JSON.stringify(activationOf(unit).parameters);
};

/** Makes Windows know a service, which does not run, by the definition of this unit. */
const renew = async (tools: ServiceTools, unit: DeployedUnit): Promise<Verdict> => {
  const service = serviceOf(unit);
  const isThere = (await tools.services.list()).has(service);
  if (isThere && isSame(tools, unit)) return fine;
  if (isThere) {
    const removed = await removeService(tools, service);
    if (!removed.ok) return removed;
  }
  return installService(tools, unit);
};

/** Starts a service by the definition of this unit; one that runs is left alone. */
export const startService = async (tools: ServiceTools, unit: DeployedUnit): Promise<Verdict> => {
  const { service, logFiles } = activationOf(unit);
  const renewed = await renew(tools, unit);
  if (!renewed.ok) return renewed;
  const logs = await markLogs(logFiles);
  const answer = await tools.services.start(service);
  if (answer.ok || answer.error === errors.alreadyRunning) {
    tools.begun.add(service);
    return fine;
  }
  const lines = await linesSince(logs, 10);
  const reason = answer.error === errors.notActive ? 'it ended at once' : answer.words;
  return refused([reason, ...lines].join('\n'));
};
