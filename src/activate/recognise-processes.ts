import { loadBackend } from '../backends/registry.js';
import type { ObservedUnit } from '../plan/plan-activation.js';
import type { DeployedUnit } from '../profile/manifest.js';
import { mapConcurrently } from '../system/map-concurrently.js';
import type { Ports } from '../system/ports.js';
import type { ManagedProfile } from './sessions.js';

const incomparable = 'another tool laid out its definition, which cannot be compared';

/** What runs by one unit's definition is what another one would start: it counts as started by that. */
const recognisedAs = (
  unit: DeployedUnit,
  { fingerprint, properties, reloadProperties }: DeployedUnit,
): DeployedUnit => ({
  ...unit,
  fingerprint,
  properties,
  ...(reloadProperties === undefined ? {} : { reloadProperties }),
});

/**
 * Between a generation of another tool and one of ours, definitions differ in their words. The manager compares what
 * they mean: a process that need not be started anew counts as unchanged, of others it is said what differs.
 */
export const recogniseProcesses = async (
  present: readonly ObservedUnit[],
  target: ManagedProfile | null,
  jobs: number,
  { run, env }: Pick<Ports, 'run' | 'env'>,
): Promise<readonly ObservedUnit[]> => {
  if (target === null) return present;
  const wanted = new Map(target.profile.units.map((unit) => [unit.name, unit]));
  const counterpart = ({ manager, unit }: ObservedUnit): DeployedUnit | null => {
    const after = manager === target.manager ? wanted.get(unit.name) : undefined;
    return after === undefined || (unit.isLaidOut === true) === (after.isLaidOut === true) ? null : after;
  };
  // As nearly always: nothing of another tool is involved.
  if (present.every((observed) => counterpart(observed) === null)) return present;
  const { differences } = await loadBackend(target.manager);
  return mapConcurrently(present, jobs, async (observed) => {
    const { unit } = observed;
    const after = counterpart(observed);
    if (after === null) return observed;
    const found = (await differences?.(unit, after, { run, env })) ?? [incomparable];
    return found.length === 0 ? { ...observed, unit: recognisedAs(unit, after) } : { ...observed, differences: found };
  });
};

/** A generation with the units as they were recognised: what has been taken over need not be put back. */
export const withRecognised = (
  side: ManagedProfile | null,
  present: readonly ObservedUnit[],
): ManagedProfile | null => {
  if (side === null) return null;
  const recognised = new Map(present.map(({ unit }) => [unit.name, unit]));
  if (side.profile.units.every((unit) => (recognised.get(unit.name) ?? unit) === unit)) return side;
  const units = side.profile.units.map((unit) => recognised.get(unit.name) ?? unit);
  return { ...side, profile: { ...side.profile, units } };
};
