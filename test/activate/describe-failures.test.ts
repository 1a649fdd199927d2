import { expect, test } from '@jest/globals';
import { describeFailures } from '../../src/activate/describe-failures.js';
import type { ManagerName } from '../../src/model/process-model.js';
import { unitCalled } from '../support/instances.js';

test('each failure begins a line of its own, and whatever else is said of it is indented', () => {
  const stepOf = (name: string) => ({
    action: 'start' as const,
    manager: 'sysvinit' as ManagerName,
    level: 0,
    reasons: [],
    unit: unitCalled(name),
  });
  const failures = [
    { step: stepOf('a'), detail: 'one\ntwo', log: [] },
    { step: stepOf('b'), detail: null, log: ['three'] },
  ];
  expect(describeFailures(failures)).toBe(
    'a did not start: one\n  two\nb did not start\nthe last lines of its log:\n  three',
  );
});
