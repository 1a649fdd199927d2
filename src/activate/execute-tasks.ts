import { WaitInterruptedError } from '../backends/shared/manager-answers.js';
import type { AfterStop, ManagerSession, UnitOutcome } from '../backends/backend.js';
import { unitOf, type PlanStage, type PlanStep } from '../plan/activation-plan.js';
import type { DeployedUnit } from '../profile/manifest.js';
import { unreachable } from '../system/errors.js';
import type { Log } from '../system/ports.js';
import { describeFailures } from './describe-failures.js';
import { describeStep } from './describe-step.js';
import { stepsBeforeInstall, type Task } from './execution-tasks.js';
import type { Effect, JournalWriter } from './journal.js';
import type { LeftoverWatch } from './leftovers.js';
import type { ProcessWatch, StepFailure } from './process-watch.js';
import type { Sessions } from './sessions.js';
import { spareDependents, withDependents } from './spare-dependents.js';

/** What was really done. */
export interface Execution {
  /** Every step that was attempted, failed ones included. */
  readonly attempted: readonly PlanStep[];
  readonly failures: readonly StepFailure[];
  /** Failures of processes that the model calls not critical: they end nothing. */
  readonly tolerated: readonly StepFailure[];
  /** What a manager threw where no single step is to blame; null for nothing. */
  readonly error: Error | null;
  /** What was left alone because it failed before, or depends on what failed. */
  readonly spared: readonly PlanStep[];
  /** True when a signal ended it between two tasks. */
  readonly interrupted: boolean;
}

/** An execution that ended before anything was done. */
export const endedBy = (error: Error): Execution => ({
  attempted: [],
  failures: [],
  tolerated: [],
  error,
  spared: [],
  interrupted: error instanceof WaitInterruptedError,
});

const performStage = (
  session: ManagerSession,
  { action, steps }: PlanStage,
  afterStop: AfterStop,
): Promise<readonly UnitOutcome[]> => {
  switch (action) {
    case 'stop':
      return session.stop(steps.map(unitOf));
    case 'start':
      return session.start(steps.map(unitOf));
    case 'reload':
      return session.reload(steps.map(unitOf));
    case 'restart':
      return session.restart(
        steps.flatMap((step) => (step.action === 'restart' ? [{ before: step.before, after: step.after }] : [])),
        afterStop,
      );
    default:
      return unreachable(action);
  }
};

/** Performs a stage; whatever its processes leave behind has ended, or been told, before something takes their place. */
const performWithLeftovers = async (
  stage: PlanStage,
  sessions: Sessions,
  leftovers: LeftoverWatch | undefined,
): Promise<readonly UnitOutcome[]> => {
  const { action, manager, steps } = stage;
  const afterStop: AfterStop = async (units) => leftovers?.clear(manager, units);
  // The old version of what is replaced.
  const ending = steps.flatMap((step) => {
    if (step.action === 'restart') return [step.before];
    return step.action === 'stop' ? [step.unit] : [];
  });
  await leftovers?.look(manager, ending);
  if (action === 'start') await leftovers?.clearBeforeStart(manager, steps.map(unitOf));
  const outcomes = await performStage(sessions.of(manager), stage, afterStop);
  const ended = new Set(outcomes.flatMap(({ instance, ok }) => (ok ? [instance] : [])));
  await leftovers?.clear(
    manager,
    ending.filter(({ instance }) => ended.has(instance)),
    action === 'restart',
  );
  return outcomes;
};

/** What a journal says of a task. */
const effectOf = (task: Task): Effect => {
  switch (task.kind) {
    case 'processes': {
      const { action, manager, steps } = task.stage;
      const units = steps.map(unitOf).map(({ instance, name, profile }) => ({ instance, name, profile }));
      return { action, manager, units };
    }
    case 'install':
    case 'finish':
      return { action: task.kind, manager: task.to.manager };
    case 'leave':
      return { action: task.kind, manager: task.manager };
    default:
      return unreachable(task);
  }
};

/** How tasks are carried out. */
export interface ExecutionSettings {
  readonly sessions: Sessions;
  readonly watch: ProcessWatch;
  /** Sees to what processes leave behind. Default: nobody does. */
  readonly leftovers?: LeftoverWatch;
  /** Aborted: ends the execution before the next task. */
  readonly signal: AbortSignal;
  readonly journal: JournalWriter;
  /** Units that are deployed afterwards: what does not depend on one that failed is done all the same. Default: nothing is. */
  readonly keepGoingWith?: readonly DeployedUnit[] | undefined;
  /** Why it does not matter when a step fails, in words; null where it does. A stop always matters. Default: see isTolerable. */
  readonly excuse?: (step: PlanStep) => string | null;
  /** Whether it puts back what ran before; for the journal. Default: false. */
  readonly back?: boolean;
  readonly log: Log;
}

/** Does one task. Returns the steps that failed; throws what no single step is to blame for. */
const perform = async (
  task: Task,
  { sessions, watch, leftovers, signal, log }: ExecutionSettings,
): Promise<readonly StepFailure[]> => {
  switch (task.kind) {
    case 'processes': {
      const { stage } = task;
      for (const step of stage.steps) log.info(describeStep(step));
      await watch.before(stage);
      const outcomes = await performWithLeftovers(stage, sessions, leftovers);
      const byInstance = new Map(outcomes.map((outcome) => [outcome.instance, outcome]));
      const refused = stage.steps.flatMap((step) => {
        const outcome = byInstance.get(unitOf(step).instance);
        return outcome?.ok === true ? [] : [{ step, detail: outcome?.detail ?? 'the manager did not say why' }];
      });
      return watch.after(stage, refused, signal);
    }
    case 'install':
      await sessions.of(task.to.manager).install(task.to.profile);
      await leftovers?.clearAfterInstall(task.to.manager);
      return [];
    case 'leave':
      await sessions.of(task.manager).install(null);
      await leftovers?.clearAfterInstall(task.manager);
      await sessions.of(task.manager).finish(null);
      return [];
    case 'finish':
      await sessions.of(task.to.manager).finish(task.to.profile);
      return [];
    default:
      return unreachable(task);
  }
};

/** A process that does not stop may run a second time elsewhere: that is never tolerated. */
const isTolerable = ({ step }: StepFailure): boolean => step.action !== 'stop' && unitOf(step).critical === false;

/**
 * Does tasks, one after the other (see tasksOf). Ends after the first one in which a step fails, or before the next one
 * when the signal is aborted. What fails and is not critical is warned of. When it keeps going, it does what does not
 * depend on what failed (see spareDependents).
 */
export const executeTasks = async (tasks: readonly Task[], settings: ExecutionSettings): Promise<Execution> => {
  const { watch, signal, journal, back = false, keepGoingWith, excuse, log } = settings;
  const keepGoing = keepGoingWith !== undefined;
  const attempted: PlanStep[] = [];
  const tolerated: StepFailure[] = [];
  const failures: StepFailure[] = [];
  const spared: PlanStep[] = [];
  let error: Error | null = null;
  const first = stepsBeforeInstall(tasks);
  const failedSteps = new Set<PlanStep>();

  /** Why everything else goes on although this has failed; null when it does not. */
  const whyTolerated = (failure: StepFailure): string | null => {
    if (isTolerable(failure)) return 'The model calls it not critical';
    return failure.step.action === 'stop' ? null : (excuse?.(failure.step) ?? null);
  };
  /** Sorts failures by whether they matter. Returns the names of the processes. */
  const note = (failed: readonly StepFailure[]): readonly string[] => {
    for (const failure of failed) {
      const why = whyTolerated(failure);
      if (why !== null) {
        tolerated.push(failure);
        log.warn(`${describeFailures([failure])}\n${why}: everything else goes on`);
      } else {
        failures.push(failure);
        failedSteps.add(failure.step);
      }
    }
    return failed.map(({ step }) => unitOf(step).name);
  };
  /** What is left to do of a task after what has failed so far; null for nothing. */
  const remainderOf = (task: Task): Task | null => {
    if (failures.length === 0) return task;
    const failed = [...failedSteps].map((step) => unitOf(step).instance);
    const remainder = spareDependents(task, withDependents(keepGoingWith ?? [], failed), (step) => first.has(step));
    spared.push(...remainder.spared);
    return remainder.task;
  };

  try {
    const lastProcesses = tasks.findLast(({ kind }) => kind === 'processes');
    for (const whole of tasks) {
      if (signal.aborted) break;
      const task = remainderOf(whole);
      if (task !== null) {
        await journal.during(effectOf(task), back, async () => {
          if (task.kind === 'processes') attempted.push(...task.stage.steps);
          return note(await perform(task, settings));
        });
      }
      // Before anything is forgotten that putting it back would take.
      if (whole === lastProcesses && (keepGoing || failures.length === 0)) {
        note(await watch.settle(signal, (failure) => !keepGoing && whyTolerated(failure) === null));
      }
      if (failures.length > 0 && !keepGoing) break;
    }
  } catch (cause) {
    error = cause instanceof Error ? cause : new Error(String(cause));
  }
  return {
    attempted,
    failures,
    tolerated,
    spared,
    error,
    interrupted: signal.aborted && failures.length === 0 && (error === null || error instanceof WaitInterruptedError),
  };
};
