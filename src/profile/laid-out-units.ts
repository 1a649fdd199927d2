import type { LaidOutUnit } from '../backends/backend.js';
import type { InstanceName } from '../model/process-model.js';
import { fingerprintOf } from './fingerprint.js';
import type { ManifestUnit } from './manifest.js';

const nobody = { groups: [], users: [] };

/**
 * Numbers from 0 up in the order of activation: the ranks that the layout gives, else one more than the highest level
 * among the dependencies. A circle is cut where it is entered: what is laid out has run once.
 */
const levelsOf = (units: readonly LaidOutUnit[]): ReadonlyMap<string, number> => {
  const byName = new Map(units.map((unit) => [unit.name as string, unit]));
  const ranks = [...new Set(units.flatMap(({ rank }) => rank ?? []))].sort((a, b) => a - b);
  const levels = new Map<string, number>();
  const levelOf = (unit: LaidOutUnit, above: ReadonlySet<string>): number => {
    const known = levels.get(unit.name);
    if (known !== undefined) return known;
    const trail = new Set([...above, unit.name]);
    const below = unit.dependencies.flatMap((name) => {
      const dependency = byName.get(name);
      return dependency === undefined || trail.has(name) ? [] : [levelOf(dependency, trail) + 1];
    });
    const level = unit.rank === null ? Math.max(0, ...below) : ranks.indexOf(unit.rank);
    levels.set(unit.name, level);
    return level;
  };
  for (const unit of units) levelOf(unit, new Set());
  return levels;
};

/**
 * What a manifest says of processes of which only the layout is known: they are called as their manager calls them.
 * Sorted by level, then name.
 */
export const manifestUnits = (units: readonly LaidOutUnit[]): readonly ManifestUnit[] => {
  const levels = levelsOf(units);
  const names = new Set<string>(units.map(({ name }) => name));
  return units
    .map(({ name, dependencies, properties, changePolicy, activation }): ManifestUnit => ({
      instance: name as string as InstanceName,
      name,
      level: levels.get(name) ?? 0,
      dependencies: dependencies.filter((dependency) => names.has(dependency)) as InstanceName[],
      fingerprint: fingerprintOf(properties),
      properties,
      ...(changePolicy === undefined ? {} : { changePolicy }),
      activation,
      credentials: nobody,
      port: null,
      readiness: null,
      isLaidOut: true,
    }))
    .sort((a, b) => a.level - b.level || (a.name < b.name ? -1 : 1));
};
