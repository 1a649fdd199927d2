import { ModelError } from '../system/errors.js';
import type { IdAssignments, IdPool } from './id-pools.js';

/** An instance that lost a number or got one. */
export interface IdChange {
  readonly pool: string;
  readonly instance: string;
  readonly id: number;
  readonly change: 'assigned' | 'out of range' | 'no longer required';
}

export interface AssignedIds extends IdAssignments {
  /** What is different from before: what was dropped first, sorted by pool and instance. */
  readonly changes: readonly IdChange[];
}

/** Files that the numbers come from, for errors; `ids` is null when there were none before. */
export interface IdSources {
  readonly resources: string;
  readonly ids: string | null;
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1);

/** @throws ModelError when two instances have the same number */
const refuseOverlaps = (pool: string, kept: readonly (readonly [string, number])[], { ids }: IdSources): void => {
  const owners = new Map<number, string>();
  for (const [instance, id] of kept) {
    const other = owners.get(id);
    if (other !== undefined) {
      throw new ModelError({
        what: `Process instances "${other}" and "${instance}" have the same ID ${id} of the pool "${pool}"`,
        why: `Both are in ${ids ?? 'the IDs given'}`,
        fix: 'Take one of the two lines out; it then gets an ID of its own',
      });
    }
    owners.set(id, instance);
  }
};

/** The numbers of a pool in the order in which they are given out: up from `last`, and round at the end. */
function* candidates({ min, max, step }: IdPool, last: number | null): Generator<number> {
  const count = Math.floor((max - min) / step) + 1;
  const first = last === null ? 0 : Math.floor((last - min) / step) + 1;
  for (let index = 0; index < count; index += 1) yield min + ((first + index) % count) * step;
}

const assignPool = (
  pool: IdPool,
  instances: readonly string[],
  before: Readonly<Record<string, number>>,
  lastBefore: number | undefined,
  sources: IdSources,
): { readonly ids: Readonly<Record<string, number>>; readonly last: number | null; readonly changes: IdChange[] } => {
  const inRange = (id: number): boolean => id >= pool.min && id <= pool.max;
  const required = new Set(instances);
  const entries = Object.entries(before).sort(byName);
  const kept = entries.filter(([instance, id]) => required.has(instance) && inRange(id));
  refuseOverlaps(pool.name, kept, sources);

  const changes = entries
    .filter(([instance, id]) => !required.has(instance) || !inRange(id))
    .map(([instance, id]): IdChange => ({
      pool: pool.name,
      instance,
      id,
      change: required.has(instance) ? 'out of range' : 'no longer required',
    }));

  const ids = new Map(kept);
  const taken = new Set(ids.values());
  let last = lastBefore !== undefined && inRange(lastBefore) ? lastBefore : null;
  const free = candidates(pool, last);
  for (const instance of instances) {
    if (ids.has(instance)) continue;
    let next = free.next();
    while (next.done !== true && taken.has(next.value)) next = free.next();
    if (next.done === true) {
      throw new ModelError({
        what: `The pool "${pool.name}" has no ID left for process instance "${instance}"`,
        why: `It goes from ${pool.min} to ${pool.max}${pool.step === 1 ? '' : ` in steps of ${pool.step}`}, and ${ids.size} of its IDs are in use`,
        fix: `Make it larger in ${sources.resources}`,
      });
    }
    ids.set(instance, next.value);
    last = next.value;
    changes.push({ pool: pool.name, instance, id: next.value, change: 'assigned' });
  }
  return { ids: Object.fromEntries([...ids].sort(byName)), last, changes };
};

/**
 * Gives every instance a number of each pool that it asks for. Pure, and the same input gives the same numbers: instances
 * are served in the order of their names. Numbers that instances have never change; those of instances that no longer ask
 * for one, and those outside the pool, are dropped. New ones go up from the last that was given out, and round at the end,
 * so that a number is free for as long as possible before it is somebody else's.
 *
 * @param requirements instance → names of pools; a pool that does not exist counts for nothing
 * @throws ModelError for a pool that is exhausted, or a number that two instances have
 */
export const assignIds = (
  pools: readonly IdPool[],
  requirements: ReadonlyMap<string, readonly string[]>,
  before: IdAssignments,
  sources: IdSources,
): AssignedIds => {
  const instances = [...requirements].sort(byName);
  const ids: Record<string, Readonly<Record<string, number>>> = {};
  const lastAssignments: Record<string, number> = {};
  const changes: IdChange[] = [];
  for (const pool of pools) {
    const { name } = pool;
    const wanting = instances.filter(([, names]) => names.includes(name)).map(([instance]) => instance);
    const assigned = assignPool(pool, wanting, before.ids[name] ?? {}, before.lastAssignments[name], sources);
    ids[name] = assigned.ids;
    if (assigned.last !== null) lastAssignments[name] = assigned.last;
    changes.push(...assigned.changes);
  }
  const existing = new Set(pools.map(({ name }) => name));
  for (const [pool, table] of Object.entries(before.ids).sort(byName)) {
    if (existing.has(pool)) continue;
    for (const [instance, id] of Object.entries(table).sort(byName)) {
      changes.push({ pool, instance, id, change: 'no longer required' });
    }
  }
  return { ids, lastAssignments, changes };
};
