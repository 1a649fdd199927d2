import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { assignIds } from '../../src/ids/assign-ids.js';
import { noAssignments, type IdAssignments, type IdPool } from '../../src/ids/id-pools.js';

const sources = { resources: '/model/idresources.nix', ids: '/model/ids.nix' };

const pool = (min: number, max: number, step = 1): IdPool => ({ name: 'ports', min, max, step });

/** Every one of these instances wants a port. */
const wanting = (...instances: readonly string[]): ReadonlyMap<string, readonly string[]> =>
  new Map(instances.map((instance) => [instance, ['ports']]));

const assigned = (ports: Readonly<Record<string, number>>, last?: number): IdAssignments => ({
  ids: { ports },
  lastAssignments: last === undefined ? {} : { ports: last },
});

const assign = (of: IdPool, instances: readonly string[], before = noAssignments): IdAssignments => {
  const { ids, lastAssignments } = assignIds([of], wanting(...instances), before, sources);
  return { ids, lastAssignments };
};

test('the first IDs go up from the beginning of the pool, in the order of names', () => {
  expect(assign(pool(5000, 6000), ['b', 'c', 'a'])).toEqual(assigned({ a: 5000, b: 5001, c: 5002 }, 5002));
});

test('an instance keeps its ID when others come and go', () => {
  const before = assigned({ b: 5000, c: 5001 }, 5001);
  expect(assign(pool(5000, 6000), ['a', 'c'], before)).toEqual(assigned({ a: 5002, c: 5001 }, 5002));
});

test('the ID of an instance that went away is not given out again before the end of the pool', () => {
  const before = assigned({ gone: 1, kept: 2 }, 2);
  expect(assign(pool(1, 3), ['kept', 'x'], before)).toEqual(assigned({ kept: 2, x: 3 }, 3));
  expect(assign(pool(1, 3), ['kept', 'x', 'y'], before)).toEqual(assigned({ kept: 2, x: 3, y: 1 }, 1));
});

test('an ID outside of the pool is replaced, and a last assignment outside of it is forgotten', () => {
  expect(assign(pool(10, 20), ['a', 'b'], assigned({ a: 9, b: 21 }, 21))).toEqual(assigned({ a: 10, b: 11 }, 11));
});

test('an ID that somebody wrote by hand stays, and is not given to another instance', () => {
  expect(assign(pool(10, 20), ['a', 'b', 'c'], assigned({ b: 10 }))).toEqual(assigned({ a: 11, b: 10, c: 12 }, 12));
});

test('IDs of a pool with a step are that far apart', () => {
  expect(assign(pool(100, 125, 10), ['a', 'b', 'c'])).toEqual(assigned({ a: 100, b: 110, c: 120 }, 120));
  expect(() => assign(pool(100, 125, 10), ['a', 'b', 'c', 'd'])).toThrow('no ID left');
});

test('after an ID that is no multiple of the step the next multiple follows', () => {
  expect(assign(pool(100, 140, 10), ['a', 'b'], assigned({ a: 113 }, 113))).toEqual(assigned({ a: 113, b: 120 }, 120));
});

test('pools are independent of each other, and one that nobody uses is there', () => {
  const uids = { ...pool(1, 9), name: 'uids' };
  const { ids, lastAssignments } = assignIds([pool(1, 9), uids], wanting('a'), noAssignments, sources);
  expect({ ids, lastAssignments }).toEqual({ ids: { ports: { a: 1 }, uids: {} }, lastAssignments: { ports: 1 } });
});

test('IDs of a pool that is gone are dropped', () => {
  const { ids, changes } = assignIds([], wanting('a'), assigned({ a: 5000 }, 5000), sources);
  expect(ids).toEqual({});
  expect(changes).toEqual([{ pool: 'ports', instance: 'a', id: 5000, change: 'no longer required' }]);
});

test('what changes is told: lost IDs and new ones', () => {
  const { changes } = assignIds([pool(1, 9)], wanting('a', 'b'), assigned({ a: 10, gone: 3 }), sources);
  expect(changes).toEqual([
    { pool: 'ports', instance: 'a', id: 10, change: 'out of range' },
    { pool: 'ports', instance: 'gone', id: 3, change: 'no longer required' },
    { pool: 'ports', instance: 'a', id: 1, change: 'assigned' },
    { pool: 'ports', instance: 'b', id: 2, change: 'assigned' },
  ]);
});

test('an exhausted pool is an error that names it, its limits and the instance', () => {
  expect(() => assign(pool(1, 2), ['a', 'b', 'c'])).toThrow(
    expect.objectContaining({
      exitCode: 4,
      message: 'The pool "ports" has no ID left for process instance "c"',
      why: 'It goes from 1 to 2, and 2 of its IDs are in use',
      fix: 'Make it larger in /model/idresources.nix',
    }),
  );
});

test('an ID that two instances have is an error that names both and the file', () => {
  expect(() => assign(pool(1, 9), ['a', 'b'], assigned({ a: 5, b: 5 }))).toThrow(
    expect.objectContaining({
      exitCode: 4,
      message: 'Process instances "a" and "b" have the same ID 5 of the pool "ports"',
      why: 'Both are in /model/ids.nix',
    }),
  );
});

test('an ID that an instance shares with one that is gone is its own', () => {
  expect(assign(pool(1, 9), ['a'], assigned({ a: 5, gone: 5 }))).toEqual(assigned({ a: 5 }));
});

test('whatever was assigned before, IDs are unique, in the pool, stay, and are the same the second time', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  fc.assert(
    fc.property(
      fc.integer({ min: -5, max: 5 }),
      fc.integer({ min: 1, max: 3 }),
      fc.subarray(names),
      fc.uniqueArray(fc.tuple(fc.constantFrom(...names), fc.integer({ min: -10, max: 40 })), {
        comparator: (a, b) => a[0] === b[0] || a[1] === b[1],
      }),
      fc.option(fc.integer({ min: -10, max: 40 }), { nil: undefined }),
      (min, step, instances, entries, last) => {
        // Six instances always find room, even if six hand-written IDs are in their way.
        const of = pool(min, min + 12 * step, step);
        const before = assigned(Object.fromEntries(entries), last);
        const after = assign(of, instances, before);
        const ports = after.ids['ports'] ?? {};
        expect(Object.keys(ports).sort()).toEqual([...instances].sort());
        expect(new Set(Object.values(ports)).size).toBe(instances.length);
        for (const [instance, id] of Object.entries(ports)) {
          expect(id).toBeGreaterThanOrEqual(of.min);
          expect(id).toBeLessThanOrEqual(of.max);
          const old = before.ids['ports']?.[instance];
          if (old !== undefined && old >= of.min && old <= of.max) expect(id).toBe(old);
        }
        expect(assign(of, instances, after)).toEqual(after);
      },
    ),
  );
});
