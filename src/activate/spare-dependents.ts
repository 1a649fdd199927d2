import type { InstanceName } from '../model/process-model.js';
import { unitOf, type PlanStep } from '../plan/activation-plan.js';
import type { DeployedUnit } from '../profile/manifest.js';
import type { Task } from './execution-tasks.js';

/**
 * These instances, and all that depend on one of them, directly or not. Pure.
 *
 * @param units dependencies before dependents, as manifests have them
 */
export const withDependents = (
  units: readonly DeployedUnit[],
  instances: Iterable<InstanceName>,
): ReadonlySet<InstanceName> => {
  const found = new Set(instances);
  for (const { instance, dependencies } of units) {
    if (dependencies.some((dependency) => found.has(dependency))) found.add(instance);
  }
  return found;
};

/** What is left of a task, and the steps of it that are not done. */
export interface SparedTask {
  /** Null when nothing is left. */
  readonly task: Task | null;
  readonly spared: readonly PlanStep[];
}

/**
 * A task without what an execution that goes on after a failure must not do. Pure.
 *
 * Neither what failed nor what depends on it is started, restarted or reloaded; in a move it is not stopped under the old
 * manager either, which therefore forgets nothing. What is obsolete stops all the same.
 *
 * @param affected see withDependents
 * @param isObsolete whether a stop is one of those that come first: nothing is started in its place
 */
export const spareDependents = (
  task: Task,
  affected: ReadonlySet<InstanceName>,
  isObsolete: (step: PlanStep) => boolean,
): SparedTask => {
  switch (task.kind) {
    case 'processes': {
      const isSpared = (step: PlanStep): boolean => affected.has(unitOf(step).instance) && !isObsolete(step);
      const spared = task.stage.steps.filter(isSpared);
      if (spared.length === 0) return { task, spared };
      const steps = task.stage.steps.filter((step) => !isSpared(step));
      return { task: steps.length === 0 ? null : { ...task, stage: { ...task.stage, steps } }, spared };
    }
    case 'leave':
    case 'finish':
      return { task: null, spared: [] };
    case 'install':
      return { task, spared: [] };
  }
};
