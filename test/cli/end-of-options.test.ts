import { expect, test } from '@jest/globals';
import { operandsIn, withoutEndOfOptions, withoutMarks } from '../../src/cli/end-of-options.js';

test('what is behind "--" is no option: a name stays what it is, a path is written as one', () => {
  const [command, operand, ...others] = withoutEndOfOptions(['stop', '--', '-x', 'y', '--']);
  expect(command).toBe('stop');
  expect(operand?.startsWith('-')).toBe(false);
  expect(operandsIn({ names: [operand, ...others] })).toEqual({ names: ['-x', 'y', '--'] });
  expect(operandsIn({ model: operand, name: operand, jobs: 3 })).toEqual({ model: './-x', name: '-x', jobs: 3 });
  expect(withoutMarks(`Unknown argument: ${operand ?? ''} ${JSON.stringify(operand)}`)).toBe(
    'Unknown argument: -x "-x"',
  );
});
