import { setTimeout as sleep } from 'node:timers/promises';
import type { InstanceName } from '../../model/process-model.js';
import type { Log } from '../../system/ports.js';
import type { DeployedUnit } from '../backend.js';
import { linesSince, markLogs, type LogMark } from '../shared/log-tail.js';
import { fine, inTurn, refused, type Verdict } from '../shared/unit-by-unit.js';
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

const failed = ({ words }: Answer): Verdict => refused(words);

const absences: readonly number[] = [
  errors.noSuchProcess,
  errors.noSuchService,
  errors.noSuchDomain,
  errors.domainWithoutAction,
];
const isAbsence = ({ error }: Answer): boolean => absences.includes(error);
const isMissingDomain = ({ error }: Answer): boolean =>
  error === errors.noSuchDomain || error === errors.domainWithoutAction;

/** How a process of a job has ended. */
export const wayOfEnding = (lastExit: number): string =>
  lastExit < 0 ? `it was ended by signal ${-lastExit}` : `its last exit code was ${lastExit}`;

/** What is done to jobs with. */
export interface JobTools {
  readonly scope: Scope;
  readonly launchctl: Launchctl;
  readonly installation: Installation;
  readonly log: Log;
  readonly patience: Patience;
  /** Units whose file is not the one that launchd may have loaded. */
  readonly rewritten: Set<InstanceName>;
}

const targetIn = (domain: string, unit: DeployedUnit): string => `${domain}/${activationOf(unit).label}`;

/** The domain that has a job loaded. */
const locate = async (
  { scope, launchctl }: JobTools,
  unit: DeployedUnit,
): Promise<{ readonly target: string; readonly job: LoadedJob } | null> => {
  for (const domain of scope.domains) {
    const target = targetIn(domain, unit);
    const job = await launchctl.find(target);
    if (job !== null) return { target, job };
  }
  return null;
};

/** Unloads a job from wherever it is. launchctl may be done before launchd is. */
export const bootOut = async (tools: JobTools, unit: DeployedUnit): Promise<Verdict> => {
  const { launchctl, patience } = tools;
  let last: Answer | null = null as Answer | null;
  const isGone = await until({ limit: patience.unload, pause: patience.pause }, async () => {
    const found = await locate(tools, unit);
    if (found === null) return true;
    last = await launchctl.call('bootout', found.target);
    return isAbsence(last) && (await locate(tools, unit)) === null;
  });
  if (isGone) return fine;
  return last === null || last.error === 0 || last.error === errors.inProgress
    ? refused('launchd did not unload it in time')
    : failed(last);
};

/** Loads a job into the first domain that there is. */
const bootstrap = async (tools: JobTools, unit: DeployedUnit): Promise<Verdict> => {
  const { scope, launchctl, installation, log } = tools;
  const file = installation.fileOf(unit);
  let answer: Answer = { error: 0, words: 'there is no domain for it', stdout: '' };
  for (const domain of scope.domains) {
    const target = targetIn(domain, unit);
    answer = await launchctl.call('bootstrap', domain, file);
    if (isMissingDomain(answer)) continue;
    if (answer.error === errors.inputOutput || answer.error === errors.disabled) {
      const isDisabled = await wasDisabled(launchctl, domain, unit);
      if (isDisabled) log.warn(`${unit.instance}: somebody has disabled its job; it is enabled again`);
      await launchctl.call('enable', target);
      const unloaded = await bootOut(tools, unit);
      if (!unloaded.ok) return unloaded;
      answer = await launchctl.call('bootstrap', domain, file);
    }
    const { error } = answer;
    return error === 0 || error === errors.alreadyInProgress || error === errors.alreadyLoaded ? fine : failed(answer);
  }
  return failed(answer);
};

const wasDisabled = async (launchctl: Launchctl, domain: string, unit: DeployedUnit): Promise<boolean> => {
  const { stdout } = await launchctl.call('print-disabled', domain);
  const { label } = activationOf(unit);
  return stdout.split('\n').some((line) => line.includes(`"${label}"`) && /=> (?:disabled|true)/.test(line));
};

/** Waits until a job that is to start at once has a process that stays. */
const awaitProcess = async (tools: JobTools, unit: DeployedUnit, logs: LogMark): Promise<Verdict> => {
  const { patience } = tools;
  if (!activationOf(unit).startsAtOnce) return fine;
  const look = async (): Promise<LoadedJob | null> => (await locate(tools, unit))?.job ?? null;
  let job: LoadedJob | null = null;
  await until({ limit: patience.start, pause: patience.pause }, async () => {
    job = await look();
    return job?.pid !== null || job.lastExit !== null;
  });
  await sleep(patience.settle);
  job = await look();
  if (job === null) return refused('launchd has unloaded it');
  if (job.pid !== null || job.lastExit === 0) return fine;
  const reason = job.lastExit === null ? 'launchd did not start it in time' : wayOfEnding(job.lastExit);
  return refused([reason, ...(await linesSince(logs, 10))].join('\n'));
};

/** Loads and starts a job; one that runs by its present definition is left alone. */
export const startJob = async (tools: JobTools, unit: DeployedUnit): Promise<Verdict> => {
  const { launchctl, rewritten } = tools;
  const logs = await markLogs(activationOf(unit).logFiles);
  const found = await locate(tools, unit);
  if (found !== null && !rewritten.has(unit.instance)) {
    if (found.job.pid !== null) return fine;
    const answer = await launchctl.call('kickstart', found.target);
    return answer.error === 0 ? awaitProcess(tools, unit, logs) : failed(answer);
  }
  const verdict = await inTurn([
    () => bootOut(tools, unit),
    () => bootstrap(tools, unit),
    () => awaitProcess(tools, unit, logs),
  ]);
  if (verdict.ok) rewritten.delete(unit.instance);
  return verdict;
};

/** Has a job read its configuration again. */
export const signalJob = async (tools: JobTools, unit: DeployedUnit): Promise<Verdict> => {
  const found = await locate(tools, unit);
  if (found === null) return refused('it is not loaded');
  const answer = await tools.launchctl.call('kill', 'HUP', found.target);
  return answer.error === 0 ? fine : failed(answer);
};
