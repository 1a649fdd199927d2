import { expect, test } from '@jest/globals';
import { leftoverPolicy, parseLeftovers } from '../../src/model/leftovers.js';
import { ModelError } from '../../src/system/errors.js';

test.each([null, 'end', 'keep'])('%j says what becomes of leftovers, or nothing', (value) => {
  expect(parseLeftovers(value, 'webapp')).toBe(value);
});

test.each(['', 'kill', true, 1, {}, []])('%j is refused, and the error says where and how to go on', (value) => {
  const parse = () => parseLeftovers(value, 'webapp');
  expect(parse).toThrow(ModelError);
  expect(parse).toThrow('Process instance "webapp" has leftovers = ');
});

test('"end" wins over KillMode=process, "keep" does not', () => {
  expect(leftoverPolicy('end', true)).toBe('end');
  expect(leftoverPolicy('keep', true)).toBe('process');
  expect(leftoverPolicy(undefined, false)).toBe('bound');
});
