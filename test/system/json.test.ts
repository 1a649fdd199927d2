import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isJsonObject, toStableJson, type Json } from '../../src/system/json.js';

/** Random JSON. Among its keys are those that objects of JavaScript treat in their own way; some objects are in order. */
const json = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<Json[]>(null, true, -1.5, '', '"\\\u2028', 'ä'),
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .array(fc.tuple(fc.constantFrom('a', 'b', 'B', '10', '9', '', '__proto__', 'toString', 'ä', '"'), tie('value')))
      .map((entries) => Object.fromEntries(entries)),
  ),
})).value;

/** The same text, put together object by object. */
const textOf = (value: Json): string => {
  if (Array.isArray(value)) return `[${value.map(textOf).join(',')}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const members = Object.entries(value).map(([key, member]) => ({
    key,
    text: `${JSON.stringify(key)}:${textOf(member)}`,
  }));
  members.sort((a, b) => (a.key < b.key ? -1 : 1));
  return `{${members.map(({ text }) => text).join(',')}}`;
};

test('stable JSON has the keys of every object in order, whatever order the object has them in', () => {
  fc.assert(
    fc.property(json, (value) => {
      expect(toStableJson(value)).toBe(textOf(value));
    }),
    { numRuns: 1000 },
  );
});

test('what is undefined is left out of stable JSON', () => {
  const absent = { b: 1, a: { c: undefined } } as unknown as Json;
  expect(toStableJson(absent)).toBe('{"a":{},"b":1}');
});
