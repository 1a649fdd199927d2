import type { InstanceName, ProcessInstance, ProcessName, SourcePosition } from '../model/process-model.js';
import { ModelError } from '../system/errors.js';

/** An instance with its place in the order of activation. */
export interface OrderedInstance {
  readonly instance: ProcessInstance;
  /** 0 without dependencies, else one more than the highest level it depends on. */
  readonly level: number;
  /** Sorted, without repetitions. */
  readonly dependencies: readonly OrderedDependency[];
}
export interface OrderedDependency {
  readonly instance: InstanceName;
  readonly name: ProcessName;
}

const place = ({ file, line }: SourcePosition): string => `${file}:${String(line)}`;
const describe = ({ instance, position }: ProcessInstance): string =>
  position === null ? `"${instance}"` : `"${instance}" (${place(position)})`;

/** @throws ModelError when two instances have the same process name; it names both and where they are defined. */
const indexByName = (instances: readonly ProcessInstance[]): ReadonlyMap<ProcessName, ProcessInstance> => {
  const byName = new Map<ProcessName, ProcessInstance>();
  for (const instance of instances) {
    const other = byName.get(instance.name);
    if (other !== undefined) {
      throw new ModelError({
        what: `Process instances ${describe(other)} and ${describe(instance)} have the same name "${instance.name}"`,
        why: 'The process manager tells processes apart by their name',
        fix: 'Give one of them its own instanceSuffix, instanceName or name',
      });
    }
    byName.set(instance.name, instance);
  }
  return byName;
};

/** Follows dependencies among instances that all lie on or behind a cycle until one comes round again. */
const findCycle = (
  start: ProcessInstance,
  dependenciesOf: (instance: ProcessInstance) => readonly ProcessInstance[],
): ProcessInstance[] => {
  const trail: ProcessInstance[] = [];
  const seenAt = new Map<ProcessInstance, number>();
  for (let current: ProcessInstance | undefined = start; current !== undefined;) {
    const seen = seenAt.get(current);
    if (seen !== undefined) return [...trail.slice(seen), current];
    seenAt.set(current, trail.length);
    trail.push(current);
    current = dependenciesOf(current)[0];
  }
  return trail;
};

/**
 * Orders instances so that each comes after everything it depends on: by level, then by name.
 *
 * @throws ModelError for two instances of one name, and for a cycle (it shows the whole trail).
 */
export const activationOrder = (instances: readonly ProcessInstance[]): readonly OrderedInstance[] => {
  const byName = indexByName(instances);
  const dependenciesOf = new Map<ProcessInstance, readonly ProcessInstance[]>();
  const dependentsOf = new Map<ProcessInstance, ProcessInstance[]>(instances.map((instance) => [instance, []]));
  for (const instance of instances) {
    const dependencies = [...new Set(instance.dependencies)].sort().map((name) => {
      const dependency = byName.get(name);
      // The evaluation adds every process that an instance depends on, so a missing one is our own mistake.
      if (dependency === undefined) throw new Error(`${instance.instance} depends on unknown process ${name}`);
      return dependency;
    });
    dependenciesOf.set(instance, dependencies);
    for (const dependency of dependencies) dependentsOf.get(dependency)?.push(instance);
  }

  const level = new Map<ProcessInstance, number>();
  const missing = new Map(instances.map((instance) => [instance, dependenciesOf.get(instance)?.length ?? 0]));
  let ready = instances.filter((instance) => missing.get(instance) === 0);
  for (let current = 0; ready.length > 0; current += 1) {
    const next: ProcessInstance[] = [];
    for (const instance of ready) {
      level.set(instance, current);
      for (const dependent of dependentsOf.get(instance) ?? []) {
        const left = (missing.get(dependent) ?? 0) - 1;
        missing.set(dependent, left);
        if (left === 0) next.push(dependent);
      }
    }
    ready = next;
  }

  const unordered = instances.find((instance) => !level.has(instance));
  if (unordered !== undefined) {
    const cycle = findCycle(unordered, (instance) =>
      (dependenciesOf.get(instance) ?? []).filter((dependency) => !level.has(dependency)),
    );
    throw new ModelError({
      what: `Process instances depend on each other in a circle: ${cycle.map(({ instance }) => instance).join(' → ')}`,
      why: cycle
        .slice(1)
        .map((instance, index) => `${describe(cycle[index] ?? instance)} depends on ${describe(instance)}`)
        .join('\n'),
      fix: 'Remove one of these dependencies',
    });
  }

  return instances
    .map((instance) => ({
      instance,
      level: level.get(instance) ?? 0,
      dependencies: (dependenciesOf.get(instance) ?? []).map((dependency) => ({
        instance: dependency.instance,
        name: dependency.name,
      })),
    }))
    .sort((a, b) => a.level - b.level || (a.instance.instance < b.instance.instance ? -1 : 1));
};
