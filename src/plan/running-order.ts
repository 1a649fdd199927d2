import type { InstanceName } from '../model/process-model.js';
import type { DeployedUnit } from '../profile/manifest.js';

/** What depends on what in what runs now, whatever the next model says. */
export interface RunningOrder {
  /** Dependents of each other are at different levels; the highest goes first when they stop. */
  readonly levelOf: (unit: DeployedUnit) => number;
  /** Those of the given instances that an instance depends on, directly or not. */
  readonly among: (instance: InstanceName, some: ReadonlySet<InstanceName>) => readonly InstanceName[];
}

/**
 * Follows the dependencies of units that run, which may be of several generations and managers: so their levels alone do
 * not tell, and there may be circles. Pure.
 */
export const runningOrder = (units: readonly DeployedUnit[]): RunningOrder => {
  const dependencies = new Map<InstanceName, Set<InstanceName>>();
  const own = new Map<InstanceName, number>();
  for (const unit of units) {
    const known = dependencies.get(unit.instance) ?? new Set();
    for (const dependency of unit.dependencies) known.add(dependency);
    dependencies.set(unit.instance, known);
    own.set(unit.instance, Math.max(unit.level, own.get(unit.instance) ?? 0));
  }
  const levels = new Map<InstanceName, number>();
  const levelOf = (instance: InstanceName, above: ReadonlySet<InstanceName>): number => {
    const known = levels.get(instance);
    if (known !== undefined) return known;
    const path = new Set([...above, instance]);
    const below = [...(dependencies.get(instance) ?? [])]
      .filter((dependency) => own.has(dependency) && !path.has(dependency))
      .map((dependency) => levelOf(dependency, path) + 1);
    const level = Math.max(own.get(instance) ?? 0, ...below);
    levels.set(instance, level);
    return level;
  };
  const none: ReadonlySet<InstanceName> = new Set();
  return {
    levelOf: ({ instance, level }) => (own.has(instance) ? levelOf(instance, none) : level),
    among: (instance, some) => {
      const seen = new Set<InstanceName>([instance]);
      const open = [instance];
      for (let next = open.pop(); next !== undefined; next = open.pop()) {
        for (const dependency of dependencies.get(next) ?? []) {
          if (seen.has(dependency)) continue;
          seen.add(dependency);
          open.push(dependency);
        }
      }
      seen.delete(instance);
      return [...seen].filter((found) => some.has(found)).sort();
    },
  };
};
