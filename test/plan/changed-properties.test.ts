import { expect, test } from '@jest/globals';
import { changedProperties } from '../../src/plan/changed-properties.js';

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
