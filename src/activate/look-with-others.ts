import type { Observation } from '../backends/backend.js';
import type { InstanceName, ManagerName } from '../model/process-model.js';
import type { ObservedUnit } from '../plan/plan-activation.js';
import type { DeployedUnit } from '../profile/manifest.js';
import type { ManagedProfile, Sessions } from './sessions.js';

/** Milliseconds for which processes that nothing is done to are taken to be those that were seen. */
const recently = 1000;

/** Asks managers about units together with all others that they may run. */
export interface LookWithOthers {
  readonly look: (
    manager: ManagerName,
    units: readonly DeployedUnit[],
  ) => Promise<ReadonlyMap<InstanceName, Observation>>;
  /** To be called before something is done to units: other processes may run then. */
  readonly forget: (manager: ManagerName, units: readonly DeployedUnit[]) => void;
}

/** All units that a manager may run but these, each once. */
const othersThan = (
  units: readonly DeployedUnit[],
  manager: ManagerName,
  sides: readonly ManagedProfile[],
): readonly DeployedUnit[] => {
  const names = new Set<string>(units.map(({ name }) => name));
  return sides
    .filter((side) => side.manager === manager)
    .flatMap(({ profile }) => profile.units)
    .filter(({ name }) => !names.has(name) && names.add(name));
};

/**
 * A manager with hundreds of processes takes long to tell of all of them: those that were just seen are not asked for again.
 *
 * @param sides the generations that managers may run
 * @param present what was seen a moment ago
 */
export const lookWithOthers = (
  sides: readonly ManagedProfile[],
  sessions: Sessions,
  present: readonly ObservedUnit[],
): LookWithOthers => {
  const since = performance.now();
  const keyOf = (manager: ManagerName, { name }: DeployedUnit): string => `${manager} ${name}`;
  const known = new Map(
    present.flatMap(({ manager, unit, observation }) =>
      observation.pid === null ? [] : [[keyOf(manager, unit), observation] as const],
    ),
  );
  const forget: LookWithOthers['forget'] = (manager, units) => {
    for (const unit of units) known.delete(keyOf(manager, unit));
  };
  return {
    forget,
    look: async (manager, units) => {
      if (performance.now() - since > recently) known.clear();
      forget(manager, units);
      const others = othersThan(units, manager, sides).map((unit) => [unit, known.get(keyOf(manager, unit))] as const);
      const unseen = others.flatMap(([unit, seen]) => (seen === undefined ? [unit] : []));
      return new Map([
        ...others.flatMap(([{ instance }, seen]) => (seen === undefined ? [] : [[instance, seen] as const])),
        ...(await sessions.of(manager).observe([...units, ...unseen])),
      ]);
    },
  };
};
