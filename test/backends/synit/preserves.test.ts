import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { dictionary, record, symbol, writePreserves, type Preserves } from '../../../src/backends/synit/preserves.js';
import { readPreserves } from '../../../src/backends/synit/read-preserves.js';

describe('a value is written as Preserves text', () => {
  test.each<[string, Preserves, string]>([
    ['a string', 'a "b" \\ c', '"a \\"b\\" \\\\ c"'],
    ['a string with control characters', '\n\t\u0001\u007f', '"\\n\\t\\u0001\\u007f"'],
    ['a string in other scripts', 'Größe 𝄞', '"Größe 𝄞"'],
    ['the empty string', '', '""'],
    ['booleans', [true, false], '[#t #f]'],
    ['integers', [0, -5, 9007199254740991], '[0 -5 9007199254740991]'],
    ['a symbol', symbol('require-service'), 'require-service'],
    ['a symbol that would be a number', symbol('12'), '|12|'],
    ['a symbol with other characters', symbol('a b|c$'), '|a b\\|c$|'],
    ['the empty symbol', symbol(''), '||'],
    ['a record', record('daemon', symbol('web'), 'x', record('y')), '<daemon web "x" <y>>'],
    ['a dictionary', dictionary({ argv: ['a', 'b'], dir: '/' }), '{argv: ["a" "b"] dir: "/"}'],
    ['the empty dictionary', dictionary({}), '{}'],
  ])('%s', (_, value, text) => {
    expect(writePreserves(value)).toBe(text);
  });

  test('but a number that is no exact integer', () => {
    expect(() => writePreserves(1.5)).toThrow(RangeError);
    expect(() => writePreserves(2 ** 53)).toThrow(RangeError);
  });
});

const { value: anyValue } = fc.letrec<{ value: Preserves }>((tie) => {
  const text = fc.string({ unit: 'binary', maxLength: 8 });
  return {
    value: fc.oneof(
      { maxDepth: 4 },
      text,
      fc.boolean(),
      fc.maxSafeInteger(),
      text.map(symbol),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.tuple(text, fc.array(tie('value'), { maxLength: 4 })).map(([label, fields]) => record(label, ...fields)),
      fc
        .array(fc.tuple(tie('value'), tie('value')), { maxLength: 4 })
        .map((entries): Preserves => ({ kind: 'dictionary', entries })),
    ),
  };
});

test('what is written is read as the same value', () => {
  fc.assert(
    fc.property(anyValue, (value) => {
      expect(readPreserves(writePreserves(value))).toEqual(value);
    }),
    { numRuns: 2000 },
  );
});

test('commas count as white space, and brackets need none around them', () => {
  expect(readPreserves(' <a[1,2]{b:"c"}> ')).toEqual(record('a', [1, 2], dictionary({ b: 'c' })));
});

test.each(['', '<a', '<a> b', '"a', '[}', '<>', '{a b}', '; comment', '#x', '"\\q"', ']'])('%j is refused', (text) => {
  expect(() => readPreserves(text)).toThrow(SyntaxError);
});
