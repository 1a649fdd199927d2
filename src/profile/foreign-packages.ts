import type { Backend } from '../backends/backend.js';
import type { InstanceName, ProcessName } from '../model/process-model.js';
import type { OrderedInstance } from '../order/activation-order.js';
import { ModelError } from '../system/errors.js';
import { readDysnomiaSupport } from './dysnomia-support.js';
import { remarksOn } from './instance-remarks.js';
import { manifestUnits } from './laid-out-units.js';
import type { Manifest, ManifestUnit } from './manifest.js';

const unitsOf = async (
  { instance, level, dependencies }: OrderedInstance,
  backend: Backend,
  directories: Manifest['directories'],
): Promise<readonly ManifestUnit[]> => {
  const { process, port, readiness } = instance;
  if (process.kind !== 'package') return [];
  const layout = await backend.readLayout?.(process.path, directories);
  const units = manifestUnits(layout?.units ?? []);
  const several = units.length > 1;
  // A package with several services is several instances, called after it.
  const called = (name: string): InstanceName =>
    (several ? `${instance.instance}/${name}` : instance.instance) as InstanceName;
  const credentials = await readDysnomiaSupport(process.path);
  return units.map((unit, index) => ({
    ...unit,
    instance: called(unit.name),
    level: level + unit.level,
    dependencies: [
      ...dependencies.map((dependency) => dependency.instance),
      ...unit.dependencies.map((dependency) => called(dependency)),
    ],
    ...(index === 0 ? { credentials } : {}),
    ...remarksOn(instance),
    port: several ? null : port,
    readiness: several ? null : readiness,
  }));
};

/**
 * The processes of packages that were made without the framework, as the manager finds them in their files.
 *
 * @param names of the other processes
 * @param warn gets a sentence for each package in which there is nothing for the manager
 * @throws ModelError when a package brings a process that has the name of another one
 */
export const foreignPackageUnits = async (
  order: readonly OrderedInstance[],
  backend: Backend,
  directories: Manifest['directories'],
  names: ReadonlySet<ProcessName>,
  warn: (sentence: string) => void,
): Promise<readonly ManifestUnit[]> => {
  const packages = order.filter(({ instance }) => instance.process.kind === 'package');
  const found = await Promise.all(
    packages.map(async (ordered) => {
      const units = await unitsOf(ordered, backend, directories);
      if (units.length === 0) {
        const { instance } = ordered.instance;
        warn(
          `${instance}: it is an ordinary package without anything for ${backend.name}; its files are put into the ` +
            'profile, but nothing is started',
        );
      }
      return units;
    }),
  );
  const seen = new Set(names);
  for (const { instance, name } of found.flat()) {
    if (seen.has(name)) {
      throw new ModelError({
        what: `Process instance "${instance}" brings a process named "${name}", and so does another one`,
        why: 'The process manager tells processes apart by their name',
        fix: 'Leave one of them out, or give the other one another name',
      });
    }
    seen.add(name);
  }
  return found.flat();
};
