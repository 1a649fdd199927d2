import { expect, test } from '@jest/globals';
import { parseTimeout } from '../../src/model/time-outs.js';
import { ModelError } from '../../src/system/errors.js';

test.each([null, 1, 0.5, 86_400])('%j is a time, or says nothing', (value) => {
  expect(parseTimeout(value, 'stopTimeout', 'webapp')).toBe(value);
});

test.each([0, -1, 86_401, '5', true, {}, []])('%j is refused, and the error says where and how to go on', (value) => {
  const parse = () => parseTimeout(value, 'startTimeout', 'webapp');
  expect(parse).toThrow(ModelError);
  expect(parse).toThrow('Process instance "webapp" has a startTimeout that is no time');
});
