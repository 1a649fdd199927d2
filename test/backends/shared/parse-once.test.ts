import { expect, jest, test } from '@jest/globals';
import { parseOnce } from '../../../src/backends/shared/parse-once.js';
import * as z from '../../../src/system/schema.js';

test('an object is looked at once, and another one with the same content again', () => {
  const look = jest.fn((text: string) => text.length);
  const parse = parseOnce(z.object({ name: z.pipe(z.string(), z.transform(look)) }));
  const data = { name: 'webapp' };
  expect(parse(data)).toEqual({ name: 6 });
  expect(parse(data)).toBe(parse(data));
  expect(look).toHaveBeenCalledTimes(1);
  expect(parse({ ...data })).toEqual({ name: 6 });
  expect(look).toHaveBeenCalledTimes(2);
});

test('what the schema does not allow is refused each time', () => {
  const parse = parseOnce(z.object({ name: z.string() }));
  const data = { name: 1 };
  for (let time = 1; time <= 2; time++) expect(() => parse(data)).toThrow(z.ZodError);
});
