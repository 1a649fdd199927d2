import type { DeployedUnit } from '../profile/manifest.js';
import { runningOrder, type RunningOrder } from './running-order.js';
import { stagesOf, unitOf, type PlanStage, type PlanStep, type ProcessPlan } from './activation-plan.js';

/** When, in a move, the process of another manager is stopped. */
export interface MoveOrder {
  /**
   * All at once, before the new manager gets to know its units, rather than each immediately before it starts under the
   * new one. Default: false.
   */
  readonly movesAtOnce?: boolean;
}

/** The ports that steps are going to take, with who takes them. */
const takersOf = (steps: readonly PlanStep[]): ReadonlyMap<number, ReadonlySet<string>> => {
  const takers = new Map<number, Set<string>>();
  for (const step of steps) {
    const { port, name } = unitOf(step);
    if (step.action === 'stop' || port === null) continue;
    takers.set(port, (takers.get(port) ?? new Set<string>()).add(name));
  }
  return takers;
};

/** The unit that runs until a step is done; null for a step that stops nothing. */
const runningUnitOf = (step: PlanStep): DeployedUnit | null =>
  step.action === 'restart' ? step.before : step.action === 'stop' ? step.unit : null;

/**
 * Puts steps in order. Pure.
 *
 * First stops what does not come back, or comes back elsewhere: dependents first, as they depend on each other in what runs.
 * What is replaced and depended on any of that stops before it, too, and starts in its turn, whatever it depends on then.
 * Then goes from the lowest level
 * to the highest; a process that moves to another manager is stopped there at the level at which it starts here, so that
 * it is down for its own stop and start alone. Meanwhile its dependents run without it, as they do when it restarts.
 * A process whose port another one takes is stopped with the first ones.
 */
export const orderSteps = (
  steps: readonly PlanStep[],
  { movesAtOnce = false }: MoveOrder,
  running: RunningOrder = runningOrder([]),
): Pick<ProcessPlan, 'stages' | 'stagesBeforeInstall'> => {
  const starts = new Map(
    steps.flatMap((step) => (step.action === 'start' ? [[unitOf(step).name, step] as const] : [])),
  );
  const takers = takersOf(steps);
  const givesPortAway = ({ port, name }: ReturnType<typeof unitOf>): boolean =>
    port !== null && [...(takers.get(port) ?? [])].some((taker) => taker !== name);
  /** The level at which a process that is stopped starts under another manager. */
  const landingLevel = (step: PlanStep): number | null => {
    const start = starts.get(unitOf(step).name);
    const moves = step.action === 'stop' && start !== undefined && start.manager !== step.manager;
    return moves && !movesAtOnce && !givesPortAway(unitOf(step)) ? start.level : null;
  };

  const isFirst = (step: PlanStep): boolean => step.action === 'stop' && landingLevel(step) === null;
  const lost = new Set(steps.filter(isFirst).map((step) => unitOf(step).instance));
  const first: PlanStep[] = [];
  const then: PlanStep[] = [];
  for (const step of steps) {
    const unit = runningUnitOf(step);
    const missed = unit === null || lost.size === 0 ? [] : running.among(unit.instance, lost);
    const { manager, level } = step;
    const landing = landingLevel(step);
    if (step.action === 'restart' && missed.length > 0) {
      const reasons = [`it depends on ${missed.join(', ')} until now, which is stopped`];
      first.push({ action: 'stop', manager, level, reasons, unit: step.before });
      then.push({ action: 'start', manager, level, reasons: step.reasons, unit: step.after });
    } else if (landing !== null && missed.length === 0) {
      then.push({ ...step, level: landing });
    } else if (step.action === 'stop') {
      first.push(step);
    } else {
      then.push(step);
    }
  }
  /** What depends on each other cannot be of one stage. */
  const atRunningLevel = (step: PlanStep): PlanStep => ({ ...step, level: running.levelOf(unitOf(step)) });
  /** What stops at one level of the next model may depend on each other in what runs. */
  const dependentsFirst = (stage: PlanStage): readonly PlanStage[] => {
    if (stage.action !== 'stop' || stage.steps.length === 1) return [stage];
    const levels = [...new Set(stage.steps.map((step) => running.levelOf(unitOf(step))))].sort((a, b) => b - a);
    return levels.map((level) => ({
      ...stage,
      steps: stage.steps.filter((step) => running.levelOf(unitOf(step)) === level),
    }));
  };
  const stopsFirst = ({ action }: PlanStep): number => (action === 'stop' ? 0 : 1);
  const before = stagesOf(first.map(atRunningLevel).toSorted((a, b) => b.level - a.level));
  const after = stagesOf(then.toSorted((a, b) => a.level - b.level || stopsFirst(a) - stopsFirst(b)));
  return { stages: [...before, ...after.flatMap(dependentsFirst)], stagesBeforeInstall: before.length };
};
