import { setTimeout as sleep } from 'node:timers/promises';
import type { Observation } from '../backends/backend.js';
import type { InstanceName } from '../model/process-model.js';
import type { Readiness } from '../model/readiness.js';
import { unitOf, type PlanStep } from '../plan/activation-plan.js';
import { awaitReady } from '../readiness/await-ready.js';
import { describeProbe } from '../readiness/probe.js';
import type { Run } from '../system/ports.js';
import { maskSecrets } from '../system/secrets.js';
import { visibleLine } from '../system/visible-text.js';
import type { Sessions } from './sessions.js';

/** A step that its manager says has failed. */
export interface Refusal {
  readonly step: PlanStep;
  /** In the manager's words, or ours. */
  readonly detail: string | null;
}

/** How often a process is looked at while it is waited for, in milliseconds. */
export const observationPause = 1000;

const absent: Observation = { state: 'absent', pid: null, since: null, detail: null };

/** Why a process that was started does not run (any more); null when it does, or ended in good order. */
export const deathOf = ({ state, detail }: Observation): string | null => {
  if (state === 'failed') return detail ?? 'it has ended';
  return state === 'absent' ? 'its manager does not know it any more' : null;
};

/** What managers say of the processes of steps, each asked once. */
export const observeSteps = async (
  steps: readonly PlanStep[],
  sessions: Sessions,
): Promise<readonly (readonly [PlanStep, Observation])[]> => {
  const managers = [...new Set(steps.map(({ manager }) => manager))];
  const answers = await Promise.all(
    managers.map(async (manager) => {
      const own = steps.filter((step) => step.manager === manager);
      const observations = await sessions.of(manager).observe(own.map(unitOf));
      const of = (instance: InstanceName): Observation => observations.get(instance) ?? absent;
      return own.map((step) => [step, of(unitOf(step).instance)] as const);
    }),
  );
  return answers.flat();
};

/** Seconds after which it is told what is waited for, and then every so many. */
const telling = { first: 3, then: 10 };

/** Tells what is waited for, when it is time to. */
const createReporter = (awaited: readonly (readonly [PlanStep, Readiness])[], since: number, tell: Tell) => {
  let next = telling.first;
  return (isAwaited: (step: PlanStep) => boolean): void => {
    const seconds = Math.floor((performance.now() - since) / 1000);
    if (seconds < next) return;
    next = seconds + telling.then;
    for (const [step, { probe, timeout }] of awaited) {
      if (!isAwaited(step)) continue;
      // Words of a command may hold a password.
      const what = visibleLine(maskSecrets(describeProbe(probe)));
      tell(`waiting for ${unitOf(step).instance}: ${what} (${seconds} of ${timeout} s)`);
    }
  };
};

/** Writes a line for people. */
export type Tell = (line: string) => void;

/**
 * Waits until all of these are ready, have ended or have no time left.
 *
 * @param tell is told what is waited for when that takes seconds
 */
export const findUnready = async (
  awaited: readonly (readonly [PlanStep, Readiness])[],
  sessions: Sessions,
  signal: AbortSignal,
  run: Run,
  tell: Tell,
): Promise<readonly Refusal[]> => {
  const since = performance.now();
  const report = createReporter(awaited, since, tell);
  const refusals: Refusal[] = [];
  const waiting = new Map(awaited.map(([step]) => [step, new AbortController()]));
  const over = new AbortController();
  const watchForDeaths = async (): Promise<void> => {
    for (;;) {
      await sleep(observationPause, undefined, { signal: over.signal }).catch(() => undefined);
      if (over.signal.aborted) return;
      report((step) => waiting.has(step));
      for (const [step, observation] of await observeSteps([...waiting.keys()], sessions)) {
        const death = deathOf(observation) ?? (observation.state === 'stopped' ? 'it has ended' : null);
        if (death === null || !waiting.has(step)) continue;
        refusals.push({ step, detail: `it ended before it was ready: ${death}` });
        waiting.get(step)?.abort();
        waiting.delete(step);
      }
    }
  };
  const deaths = watchForDeaths();
  await Promise.all(
    awaited.map(async ([step, readiness]) => {
      const ended = waiting.get(step)?.signal ?? signal;
      const reason = await awaitReady(readiness, since, run, AbortSignal.any([signal, ended]));
      waiting.delete(step);
      if (reason !== null) refusals.push({ step, detail: reason });
    }),
  );
  over.abort();
  await deaths;
  return refusals;
};
