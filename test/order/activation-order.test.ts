import { expect, test } from '@jest/globals';
import { activationOrder } from '../../src/order/activation-order.js';
import { ModelError } from '../../src/system/errors.js';
import { instanceCalled } from '../support/instances.js';

const failureOf = (work: () => unknown): ModelError => {
  try {
    work();
  } catch (error) {
    if (error instanceof ModelError) return error;
    throw error;
  }
  throw new Error('nothing failed');
};

test('an instance comes one level after the highest it depends on', () => {
  const order = activationOrder([
    instanceCalled('proxy', ['web', 'database']),
    instanceCalled('web', ['database']),
    instanceCalled('database'),
    instanceCalled('alone'),
  ]);
  expect(order.map(({ instance, level }) => [instance.name, level])).toEqual([
    ['alone', 0],
    ['database', 0],
    ['web', 1],
    ['proxy', 2],
  ]);
});

test('dependencies are found by process name and told by instance name', () => {
  const order = activationOrder([
    instanceCalled('nginx', ['webapp-one']),
    instanceCalled('webapp-one', [], { instance: 'webapp1' }),
  ]);
  expect(order[1]?.dependencies).toEqual([{ instance: 'webapp1', name: 'webapp-one' }]);
});

test('a chain of a thousand and one process on three thousand others are ordered', () => {
  const chain = Array.from({ length: 1000 }, (_, n) => instanceCalled(`c${n}`, n === 0 ? [] : [`c${n - 1}`]));
  expect(activationOrder(chain).at(-1)).toMatchObject({ level: 999, instance: { name: 'c999' } });
  const many = Array.from({ length: 3000 }, (_, n) => instanceCalled(`m${n}`));
  const hub = instanceCalled(
    'hub',
    many.map(({ name }) => name),
  );
  expect(activationOrder([...many, hub]).at(-1)).toMatchObject({ level: 1, instance: { name: 'hub' } });
});

test('a cycle is an error that shows the whole trail, and nothing that merely depends on it', () => {
  const error = failureOf(() =>
    activationOrder([
      instanceCalled('outside', ['a']),
      instanceCalled('a', ['b'], { position: { file: '/models/processes.nix', line: 12, column: 3 } }),
      instanceCalled('b', ['c']),
      instanceCalled('c', ['a']),
    ]),
  );
  expect(error.message).toBe('Process instances depend on each other in a circle: a → b → c → a');
  expect(error.why).toContain('"a" (/models/processes.nix:12) depends on "b"');
  expect(error.exitCode).toBe(4);
});

test('a process that depends on itself is a cycle', () => {
  expect(failureOf(() => activationOrder([instanceCalled('a', ['a'])])).message).toContain('a → a');
});

test('two instances of one name are an error that names both and their places', () => {
  const error = failureOf(() =>
    activationOrder([
      instanceCalled('webapp', [], { instance: 'webapp1', position: { file: '/m/p.nix', line: 5, column: 3 } }),
      instanceCalled('webapp', [], { instance: 'webapp2', position: { file: '/m/p.nix', line: 9, column: 3 } }),
    ]),
  );
  expect(error.message).toBe(
    'Process instances "webapp1" (/m/p.nix:5) and "webapp2" (/m/p.nix:9) have the same name "webapp"',
  );
});
