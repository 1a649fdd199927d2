import { expect, test } from '@jest/globals';
import { changedProperties, namesOfChanged } from '../../src/plan/changed-properties.js';

test('names every property that differs, down to the innermost attribute', () => {
  expect(
    changedProperties(
      { environment: { PORT: '1', SAME: 'x', GONE: 'y' }, args: ['-a'], process: '/bin/a' },
      { environment: { PORT: '2', SAME: 'x', NEW: 'z' }, args: ['-a', '-b'], process: '/bin/a' },
    ),
  ).toEqual([
    'args: ["-a"] → ["-a","-b"]',
    'environment.GONE: y → (none)',
    'environment.NEW: (none) → z',
    'environment.PORT: 1 → 2',
  ]);
});

test('a property that appears with the value null has changed', () => {
  expect(changedProperties({}, { user: null })).toEqual(['user: (none) → null']);
});

test('a late difference in long values is shown on both sides', () => {
  const long = 'x'.repeat(500);
  const [change] = changedProperties({ script: `${long}before` }, { script: `${long}after` });
  expect(change).toMatch(/^script: …x{40}before → …x{40}after$/);
});

test('a value of a hundred characters is shown as a whole, and of a longer one where it begins to differ', () => {
  const text = (length: number): string => 'x'.repeat(length);
  expect(changedProperties({ a: text(100) }, { a: '' })).toEqual([`a: ${text(100)} → `]);
  expect(changedProperties({ a: text(101) }, { a: '' })).toEqual([`a: ${text(100)}… → `]);
  expect(changedProperties({ a: `${text(60)}y` }, { a: `${text(60)}z${text(80)}` })).toEqual([
    `a: ${text(60)}y → …${text(40)}z${text(59)}…`,
  ]);
  expect(changedProperties({ a: `${text(40)}y` }, { a: `${text(40)}z${text(59)}` })).toEqual([
    `a: ${text(40)}y → ${text(40)}z${text(59)}`,
  ]);
  expect(changedProperties({ a: `${text(41)}y` }, { a: `${text(41)}z${text(59)}` })).toEqual([
    `a: ${text(41)}y → …${text(40)}z${text(59)}`,
  ]);
});

test('what is there and null is not what is not there', () => {
  expect(changedProperties({ a: null }, {})).toEqual(['a: null → (none)']);
  expect(changedProperties({ a: null }, { a: null })).toEqual([]);
  expect(changedProperties({}, { a: 1 })).toEqual(['a: (none) → 1']);
});

test('the names of what has changed are those of the innermost attributes', () => {
  const before = { environment: { A: '1', B: '2' }, args: ['x'], same: true };
  const after = { environment: { A: '2', C: '3' }, args: ['y'], same: true };
  expect(namesOfChanged(before, after)).toEqual(['args', 'environment.A', 'environment.B', 'environment.C']);
});
