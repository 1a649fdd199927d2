import { setTimeout as sleep } from 'node:timers/promises';
import type { ManagerSession, Observation } from '../backends/backend.js';
import type { LogMark } from '../backends/shared/log-tail.js';
import { unitOf, type PlanStage, type PlanStep } from '../plan/activation-plan.js';
import type { Ports, Run } from '../system/ports.js';
import { awaitedReadiness } from './awaited-readiness.js';
import { deathOf, findUnready, observationPause, observeSteps, type Refusal, type Tell } from './find-unready.js';
import { lastLines, markLog } from './last-lines.js';
import type { Sessions } from './sessions.js';

/** A step that did not succeed. */
export interface StepFailure extends Refusal {
  /** The last lines of the process's log, where `detail` does not have them. */
  readonly log: readonly string[];
}

/** What a process has to show besides that its manager could start it. */
export interface WatchSettings {
  /** Seconds that what was started has to stay up before all is well; 0: no longer than its manager wants (`leastSettle`). */
  readonly settle: number;
  /** Whether the port of an instance says when it is ready, where nothing else does. */
  readonly waitForPorts: boolean;
}

/** Watches what an execution starts. */
export interface ProcessWatch {
  /** See awaitedReadiness. */
  readonly waitForPorts: boolean;
  /** To be called before a stage is performed. */
  readonly before: (stage: PlanStage) => Promise<void>;
  /**
   * To be called after it: waits until what was started is ready, and looks whether what was started earlier still runs.
   *
   * @param refused the steps that failed
   * @param signal ends the waiting
   * @returns everything that failed, `refused` included
   */
  readonly after: (
    stage: PlanStage,
    refused: readonly Refusal[],
    signal: AbortSignal,
  ) => Promise<readonly StepFailure[]>;
  /**
   * To be called when nothing more is to be started: looks on, once a second, until the settle time is over.
   *
   * @param signal ends the waiting
   * @param isGrave whether this failure is reason enough not to wait any longer
   * @returns what has ended meanwhile
   */
  readonly settle: (signal: AbortSignal, isGrave: (failure: StepFailure) => boolean) => Promise<readonly StepFailure[]>;
}

/** What was started, and the process that it then was. */
interface Started {
  readonly step: PlanStep;
  readonly pid: number | null;
}

const keyOf = (step: PlanStep): string => `${step.manager} ${unitOf(step).name}`;

/** What has failed is not looked at again. */
const without = (failures: readonly StepFailure[], started: Map<string, Started>): readonly StepFailure[] => {
  for (const { step } of failures) started.delete(keyOf(step));
  return failures;
};

/** The last lines that a process has written since a mark, where the detail of its failure does not have them. */
const logOf = async (
  { step, detail }: Refusal,
  session: ManagerSession,
  mark: LogMark,
  run: Run,
): Promise<readonly string[]> =>
  // A manager that knows where the log is has told more than a line.
  detail?.includes('\n') === true ? [] : lastLines(session.logs(unitOf(step)), mark, run);

/** What has become of a process that had this PID, when it was known; null when it still runs. */
const endOf = (before: number | null, observation: Observation): string | null => {
  const { pid } = observation;
  const isReplaced = before !== null && pid !== null && pid !== before;
  return (
    deathOf(observation) ?? (isReplaced ? `process ${before} ended, and its manager started process ${pid}` : null)
  );
};

/** Has the log told of what is waited for. */
export const tellOf =
  ({ log }: Pick<Ports, 'log'>): Tell =>
  (line) => {
    log.info(line);
  };

/** @param tell is told what is waited for. Default: nobody is */
export const createProcessWatch = (
  sessions: Sessions,
  { settle, waitForPorts }: WatchSettings,
  run: Run,
  tell: Tell = () => undefined,
): ProcessWatch => {
  const marks = new Map<string, LogMark>();
  const started = new Map<string, Started>();
  let settledAt = 0;

  const sessionOf = ({ manager }: PlanStep): ManagerSession => sessions.of(manager);
  const settleOf = (step: PlanStep): number => Math.max(settle, sessionOf(step).leastSettle ?? 0);

  const withLog = async (refusal: Refusal): Promise<StepFailure> => ({
    ...refusal,
    log: await logOf(refusal, sessionOf(refusal.step), marks.get(keyOf(refusal.step)) ?? new Map(), run),
  });

  /** Looks, once, what has become of everything that was started. */
  const findDead = async (): Promise<readonly Refusal[]> => {
    const seen = await observeSteps(
      [...started.values()].map(({ step }) => step),
      sessions,
    );
    return seen.flatMap(([step, observation]): readonly Refusal[] => {
      const before = started.get(keyOf(step))?.pid ?? null;
      started.set(keyOf(step), { step, pid: before ?? observation.pid });
      const end = endOf(before, observation);
      return end === null ? [] : [{ step, detail: `it did not stay up: ${end}` }];
    });
  };

  return {
    waitForPorts,
    before: async ({ action, steps }) => {
      if (action === 'stop') return;
      for (const step of steps) marks.set(keyOf(step), await markLog(sessionOf(step).logs(unitOf(step))));
    },
    after: async ({ action, steps }, refused, signal) => {
      const explained = await Promise.all(
        refused.map(async (refusal) => (action === 'stop' ? { ...refusal, log: [] } : withLog(refusal))),
      );
      const bad = new Set(refused.map(({ step }) => step));
      const good = steps.filter((step) => !bad.has(step));
      if (action === 'stop') {
        for (const step of good) started.delete(keyOf(step));
        return explained;
      }
      const awaited = good.flatMap((step) => {
        const readiness = awaitedReadiness(unitOf(step), sessionOf(step), waitForPorts);
        return readiness === null ? [] : [[step, readiness] as const];
      });
      const unready = awaited.length === 0 ? [] : await findUnready(awaited, sessions, signal, run, tell);
      if (action !== 'reload') {
        const known = new Set(unready.map(({ step }) => step));
        const watched = good.filter((step) => settleOf(step) > 0);
        for (const step of watched) if (!known.has(step)) started.set(keyOf(step), { step, pid: null });
        settledAt = Math.max(settledAt, ...watched.map((step) => performance.now() + settleOf(step) * 1000));
      }
      const dead = started.size === 0 || signal.aborted ? [] : await findDead();
      return without([...explained, ...(await Promise.all([...unready, ...dead].map(withLog)))], started);
    },
    settle: async (signal, isGrave) => {
      const failures: StepFailure[] = [];
      while (started.size > 0) {
        const left = settledAt - performance.now();
        const pause = Math.max(0, Math.min(left, observationPause));
        await sleep(pause, undefined, { signal }).catch(() => undefined);
        if (signal.aborted) break;
        failures.push(...without(await Promise.all((await findDead()).map(withLog)), started));
        if (left <= pause || failures.some(isGrave)) break;
      }
      return failures;
    },
  };
};
