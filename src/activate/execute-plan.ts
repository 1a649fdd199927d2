import type { Logger } from 'pino';
import type { ManagerSession, UnitOutcome } from '../backends/backend.js';
import type { ManagerName } from '../model/process-model.js';
import { unitOf, type PlanStage, type PlanStep, type ProcessPlan } from '../plan/activation-plan.js';
import { unreachable } from '../system/errors.js';
import type { ManagedProfile, Sessions } from './sessions.js';

/** A step that did not succeed, with the manager's words. */
export interface StepFailure {
  readonly step: PlanStep;
  readonly detail: string | null;
}

/** What was really done. */
export interface Execution {
  /** Every step that was attempted, failed ones included. */
  readonly attempted: readonly PlanStep[];
  readonly failures: readonly StepFailure[];
  /** What a manager threw where no single step is to blame; null for nothing. */
  readonly error: Error | null;
  /** True when a signal ended it between two stages. */
  readonly interrupted: boolean;
}

const gerunds = { stop: 'stopping', start: 'starting', restart: 'restarting', reload: 'reloading' } as const;

const performStage = (session: ManagerSession, { action, steps }: PlanStage): Promise<readonly UnitOutcome[]> => {
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
      );
    default:
      return unreachable(action);
  }
};

/** What a manager that orders its units itself is asked in turn. What is new may depend on what is restarted. */
const turns: readonly PlanStage['action'][] = ['stop', 'reload', 'restart', 'start'];

/** Puts the levels of managers that order their units themselves into one stage for each action. */
const withoutNeedlessLevels = (stages: readonly PlanStage[], sessions: Sessions): readonly PlanStage[] => {
  const ordersItself = ({ manager }: PlanStage): boolean => sessions.of(manager).ordersItself === true;
  const managers = [...new Set(stages.filter(ordersItself).map(({ manager }) => manager))];
  return [
    ...stages.filter((stage) => !ordersItself(stage)),
    ...managers.flatMap((manager) =>
      turns.flatMap((action) => {
        const alike = stages.filter((stage) => stage.manager === manager && stage.action === action);
        const [first] = alike;
        return first === undefined ? [] : [{ ...first, steps: alike.flatMap(({ steps }) => steps) }];
      }),
    ),
  ];
};

/**
 * Carries out a plan: stops, then tells the managers about their new units, then everything else level by level. Ends
 * at the first stage in which a step fails, or between two stages when `signal` is aborted.
 *
 * @param to what is deployed afterwards; null for nothing
 */
export const executePlan = async (
  plan: ProcessPlan,
  from: readonly ManagerName[],
  to: ManagedProfile | null,
  sessions: Sessions,
  signal: AbortSignal,
  log: Logger,
): Promise<Execution> => {
  const attempted: PlanStep[] = [];
  const failures: StepFailure[] = [];

  const perform = async (stages: readonly PlanStage[]): Promise<boolean> => {
    for (const stage of withoutNeedlessLevels(stages, sessions)) {
      if (signal.aborted) return false;
      for (const step of stage.steps) {
        const { instance } = unitOf(step);
        log.info(`${gerunds[step.action]} ${instance} (${step.manager}): ${step.reasons.join('; ')}`);
      }
      attempted.push(...stage.steps);
      const outcomes = await performStage(sessions.of(stage.manager), stage);
      const byInstance = new Map(outcomes.map((outcome) => [outcome.instance, outcome]));
      for (const step of stage.steps) {
        const outcome = byInstance.get(unitOf(step).instance);
        if (outcome?.ok !== true) failures.push({ step, detail: outcome?.detail ?? 'the manager did not say why' });
      }
      if (failures.length > 0) return false;
    }
    return true;
  };

  const done = async (): Promise<void> => {
    if (!(await perform(plan.stages.filter(({ action }) => action === 'stop')))) return;
    for (const manager of from) {
      if (manager === to?.manager) continue;
      await sessions.of(manager).install(null);
      await sessions.of(manager).finish(null);
    }
    if (to === null) return;
    await sessions.of(to.manager).install(to.profile);
    if (!(await perform(plan.stages.filter(({ action }) => action !== 'stop')))) return;
    await sessions.of(to.manager).finish(to.profile);
  };
  let error: Error | null = null;
  try {
    await done();
  } catch (cause) {
    error = cause instanceof Error ? cause : new Error(String(cause));
  }
  return { attempted, failures, error, interrupted: signal.aborted && failures.length === 0 && error === null };
};
