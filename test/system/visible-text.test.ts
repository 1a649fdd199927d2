import { expect, test } from '@jest/globals';
import { formatTable, paint } from '../../src/cli/terminal.js';
import { visibleColoured, visibleLine, visibleText } from '../../src/system/visible-text.js';

test.each([
  ['a sequence of escape', '\u001b]0;title\u0007', '\\u001b]0;title\\u0007'],
  ['a C1 control character', 'a\u009b2Jb', 'a\\u009b2Jb'],
  ['a carriage return that hides a line', 'evil\rgood', 'evil\\u000dgood'],
  ['a backspace and a delete', 'ab\b\u007f', 'ab\\u0008\\u007f'],
  ['a mark that turns the direction of what follows', 'a\u202eb', 'a\\u202eb'],
  ['lines, tabs and letters of any language', 'один\r\n\tzwölf\n', 'один\r\n\tzwölf\n'],
])('%s is shown', (_, text, shown) => {
  expect(visibleText(text)).toBe(shown);
  // Who reads JSON gets the very same text.
  expect(JSON.parse(`"${visibleLine(text)}"`.replaceAll('\\u000d\\n', '\\r\\n'))).toBe(text);
});

test('a cell of a table stays in its line and its column', () => {
  expect(
    formatTable([
      ['NAME', 'STATE'],
      ['a\nerror: b', 'up'],
      ['c\u001b[8m', 'down'],
    ]),
  ).toBe(['NAME         STATE', 'a\\nerror: b  up', 'c\\u001b[8m   down', ''].join('\n'));
});

test('our own colours are colours, and nothing else is', () => {
  const coloured = `${paint('done', 'green', true)} \u001b[5mblinks`;
  expect(visibleColoured(coloured)).toBe(`${paint('done', 'green', true)} \\u001b[5mblinks`);
});
