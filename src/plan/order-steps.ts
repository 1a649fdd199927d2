import { stagesOf, unitOf, type PlanStep, type ProcessPlan } from './activation-plan.js';

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

/**
 * Puts steps in order. Pure.
 *
 * First stops what does not come back, or comes back elsewhere: the highest level first. Then goes from the lowest level
 * to the highest; a process that moves to another manager is stopped there at the level at which it starts here, so that
 * it is down for its own stop and start alone. Meanwhile its dependents run without it, as they do when it restarts.
 * A process whose port another one takes is stopped with the first ones.
 */
export const orderSteps = (
  steps: readonly PlanStep[],
  { movesAtOnce = false }: MoveOrder,
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

  const first: PlanStep[] = [];
  const then: PlanStep[] = [];
  for (const step of steps) {
    const landing = landingLevel(step);
    if (landing !== null) then.push({ ...step, level: landing });
    else if (step.action === 'stop') first.push(step);
    else then.push(step);
  }
  const stopsFirst = ({ action }: PlanStep): number => (action === 'stop' ? 0 : 1);
  const before = stagesOf(first.toSorted((a, b) => b.level - a.level));
  const after = stagesOf(then.toSorted((a, b) => a.level - b.level || stopsFirst(a) - stopsFirst(b)));
  return { stages: [...before, ...after], stagesBeforeInstall: before.length };
};
