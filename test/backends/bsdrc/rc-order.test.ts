import { expect, test } from '@jest/globals';
import { rcOrder, readOrder, type OrderedScript } from '../../../src/backends/bsdrc/rc-order.js';

const script = (name: string, order: Partial<OrderedScript> = {}): OrderedScript => ({
  name,
  provides: [name],
  requires: [],
  before: [],
  ...order,
});
const names = (...scripts: readonly OrderedScript[]): readonly string[] => rcOrder(scripts).map(({ name }) => name);

test.each<[string, readonly OrderedScript[], readonly string[]]>([
  ['nothing', [], []],
  ['scripts that nothing orders, by name', [script('b'), script('a')], ['a', 'b']],
  ['requirements first', [script('a', { requires: ['c'] }), script('b'), script('c')], ['c', 'a', 'b']],
  [
    'what is provided under another name',
    [script('a', { requires: ['db'] }), script('z', { provides: ['db'] })],
    ['z', 'a'],
  ],
  [
    'requirements of requirements',
    [script('a', { requires: ['b'] }), script('b', { requires: ['c'] }), script('c')],
    ['c', 'b', 'a'],
  ],
  ['what wants to be before another', [script('a'), script('b', { before: ['a'] })], ['b', 'a']],
  ["the system's conditions as none", [script('a', { requires: ['DAEMON', 'LOGIN'] })], ['a']],
  ['a circle, once each', [script('a', { requires: ['b'] }), script('b', { requires: ['a'] })], ['b', 'a']],
])('orders %s', (_, scripts, expected) => {
  expect(names(...scripts)).toEqual(expected);
});

test('reads what rcorder reads', () => {
  const text =
    '#!/bin/sh\n# PROVIDE: web www\n# REQUIRES: LOGIN db\n#\n# REQUIRE: cache\n# BEFORE:  mail\n # PROVIDE: no\n';
  expect(readOrder('web', text)).toEqual({
    name: 'web',
    provides: ['web', 'www'],
    requires: ['LOGIN', 'db', 'cache'],
    before: ['mail'],
  });
});
