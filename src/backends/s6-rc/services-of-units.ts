import type { InstanceName } from '../../model/process-model.js';
import type { DeployedProfile, DeployedUnit } from '../backend.js';
import { activationOf, type AtomicService } from './activation-data.js';
import type { Place } from './place.js';

export const isLongrun = ({ kind }: AtomicService): boolean => kind === 'longrun';

/** Whether a unit only stands for others. */
export const isBundle = (unit: DeployedUnit): boolean => activationOf(unit).services.length === 0;

/** Why something cannot be done with a bundle. */
export const asBundle = (unit: DeployedUnit, verb: string): string =>
  `it is a bundle of ${activationOf(unit).contents.join(', ')}: ${verb} those`;

/** Files in which scripts note the daemons of units. */
export const recordsOf = (units: readonly DeployedUnit[]): readonly string[] =>
  units.flatMap((unit) => activationOf(unit).daemon?.recordFile ?? []);

/** All services that units consist of; those of bundles are others'. */
export const atomicServices = (units: readonly DeployedUnit[]): readonly AtomicService[] =>
  units.flatMap((unit) => activationOf(unit).services);

/** Units with these names, and all that depends on them. */
export const withDependents = (
  units: readonly DeployedUnit[],
  names: ReadonlySet<string>,
): ReadonlySet<InstanceName> => {
  const found = new Set(units.filter(({ name }) => names.has(name)).map(({ instance }) => instance));
  // Dependencies come before dependents.
  for (const { instance, dependencies } of [...units].sort((a, b) => a.level - b.level)) {
    if (dependencies.some((dependency) => found.has(dependency))) found.add(instance);
  }
  return found;
};

/** The services that names of processes and services of a profile stand for. */
export const resolveNames = ({ units }: DeployedProfile, names: readonly string[]): readonly string[] => {
  const byName = new Map(units.map((unit) => [unit.name as string, activationOf(unit)]));
  const seen = new Set<string>();
  const resolve = (name: string): readonly string[] => {
    const activation = byName.get(name);
    if (activation === undefined) return [name];
    if (seen.has(name)) return [];
    seen.add(name);
    return activation.services.length > 0
      ? activation.services.map((service) => service.name)
      : activation.contents.flatMap(resolve);
  };
  return names.flatMap(resolve);
};

/** Names of the services of units of a profile; a bundle has those that are in it. */
export const serviceNames = (profile: DeployedProfile, units: readonly DeployedUnit[]): readonly string[] => [
  ...new Set(
    units.flatMap((unit) => {
      const { services, contents } = activationOf(unit);
      return services.length > 0 ? services.map(({ name }) => name) : resolveNames(profile, contents);
    }),
  ),
];

/** Where a unit's output goes; a bundle's goes where that of its contents does. */
export const logFiles = (profile: DeployedProfile, unit: DeployedUnit, place: Place): readonly string[] => {
  const { logFile, services, contents } = activationOf(unit);
  if (logFile !== null) return [logFile];
  if (services.length > 0) return [place.log];
  const inside = new Set(contents);
  return profile.units.filter(({ name }) => inside.has(name)).flatMap((other) => logFiles(profile, other, place));
};
