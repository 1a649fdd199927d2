import type { ManagerName } from '../model/process-model.js';
import { unitOf, type PlanStage, type PlanStep, type ProcessPlan, type StepAction } from '../plan/activation-plan.js';
import { awaitedReadiness } from './awaited-readiness.js';
import type { ManagedProfile, Sessions } from './sessions.js';

/** One thing after which an execution may end early: everything is as the tasks before have left it. */
export type Task =
  | { readonly kind: 'processes'; readonly stage: PlanStage }
  /** The manager gets to know the units of what is deployed afterwards. */
  | { readonly kind: 'install'; readonly to: ManagedProfile }
  /** A manager that runs nothing afterwards forgets everything. */
  | { readonly kind: 'leave'; readonly manager: ManagerName }
  | { readonly kind: 'finish'; readonly to: ManagedProfile };

/** What a manager that orders its units itself is asked in turn. What is new may depend on what is restarted. */
const turns: readonly StepAction[] = ['stop', 'reload', 'restart', 'start'];

export interface TaskSettings {
  /** See awaitedReadiness. */
  readonly waitForPorts: boolean;
  /** One level after the other, also where the manager knows the order: what fails decides what comes. Default: false. */
  readonly keepsLevels?: boolean;
}

/**
 * Puts the levels of managers that order their units themselves into one stage for each action, unless dependents have
 * to wait for something that the manager does not know of.
 */
const withoutNeedlessLevels = (
  stages: readonly PlanStage[],
  sessions: Sessions,
  { waitForPorts, keepsLevels = false }: TaskSettings,
): readonly PlanStage[] => {
  if (keepsLevels) return stages;
  const isAwaited = (step: PlanStep): boolean =>
    step.action !== 'stop' && awaitedReadiness(unitOf(step), sessions.of(step.manager), waitForPorts) !== null;
  const waiting = new Set(stages.filter(({ steps }) => steps.some(isAwaited)).map(({ manager }) => manager));
  const ordersItself = ({ manager }: PlanStage): boolean =>
    sessions.of(manager).ordersItself === true && !waiting.has(manager);
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

/** The steps that are taken before a manager gets to know its new units; all of them where none does. Pure. */
export const stepsBeforeInstall = (tasks: readonly Task[]): ReadonlySet<PlanStep> => {
  const install = tasks.findIndex(({ kind }) => kind === 'install');
  const before = install === -1 ? tasks : tasks.slice(0, install);
  return new Set(before.flatMap((task) => (task.kind === 'processes' ? task.stage.steps : [])));
};

/**
 * Decides what to do, one after the other, to carry out a plan. Pure.
 *
 * A manager that is left forgets its units at the end, so that a move that fails finds them there; one that changes
 * processes when it is told about units is left before the new one gets to know its own.
 *
 * @param from the managers that may run something now
 * @param to what is deployed afterwards; null for nothing
 */
export const tasksOf = (
  { stages, stagesBeforeInstall }: Pick<ProcessPlan, 'stages' | 'stagesBeforeInstall'>,
  from: readonly ManagerName[],
  to: ManagedProfile | null,
  sessions: Sessions,
  settings: TaskSettings,
): readonly Task[] => {
  const asTasks = (some: readonly PlanStage[]): readonly Task[] => some.map((stage) => ({ kind: 'processes', stage }));
  const leave = (changesAtInstall: boolean): readonly Task[] =>
    from
      .filter((manager) => manager !== to?.manager)
      .filter((manager) => (sessions.of(manager).changesAtInstall === true) === changesAtInstall)
      .map((manager) => ({ kind: 'leave', manager }));
  const later = stages.slice(stagesBeforeInstall);
  // In a move, the levels of both managers come in turns.
  const moves = new Set(later.map(({ manager }) => manager)).size > 1;
  return [
    ...asTasks(withoutNeedlessLevels(stages.slice(0, stagesBeforeInstall), sessions, settings)),
    ...leave(true),
    ...(to === null ? [] : [{ kind: 'install', to } as const]),
    ...asTasks(moves ? later : withoutNeedlessLevels(later, sessions, settings)),
    ...leave(false),
    ...(to === null ? [] : [{ kind: 'finish', to } as const]),
  ];
};
