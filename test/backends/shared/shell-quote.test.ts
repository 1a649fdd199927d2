import { expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { shellCommand, shellQuote } from '../../../src/backends/shared/shell-quote.js';

/** Words that have hurt some quoting function before. */
const awkward = [
  '',
  ' ',
  "'",
  "''",
  "it's",
  '"',
  '\\',
  '\\\\',
  "\\'",
  '$HOME',
  '$(id)',
  '`id`',
  '%s%n',
  '!',
  '~',
  '*',
  '?',
  '[a-z]',
  '{a,b}',
  '#',
  ';',
  '&',
  '|',
  '<',
  '>',
  '(',
  ')',
  '-n',
  '--',
  '-',
  'a=b',
  'if',
  '\n',
  'a\nb\n',
  '\r\n',
  '\t',
  '\x01\x7f',
  'Größe ☃ 𝄞',
];

const randomWord = (): string => {
  const alphabet = ` '"\\$\`!#&;|<>()*?[]{}~=%-_\n\r\tabcÄ☃𝄞0`;
  const characters = Array.from(alphabet);
  const length = Math.floor(Math.random() * 12);
  return Array.from({ length }, () => characters[Math.floor(Math.random() * characters.length)] ?? '').join('');
};

/** The arguments that a program gets when `shell` runs `command`. */
const argumentsSeen = (shell: string, command: string): readonly string[] =>
  JSON.parse(
    execFileSync(shell, ['-c', command], { encoding: 'utf8', env: { PATH: process.env['PATH'] } }),
  ) as readonly string[];

const showArguments = [process.execPath, '-e', 'console.log(JSON.stringify(process.argv.slice(1)))', '--'];

test.each(['dash', 'bash'])('every word passes through %s unchanged', (shell) => {
  const words = [...awkward, ...Array.from({ length: 500 }, randomWord)];
  expect(argumentsSeen(shell, shellCommand([...showArguments, ...words]))).toEqual(words);
});

test('harmless words stay readable, and what the shell could read as syntax is quoted', () => {
  expect(shellCommand(['/bin/true', '-x', 'a,b:c@d%e+f', 'a b', 'x=1', 'then', "it's"])).toBe(
    `/bin/true -x a,b:c@d%e+f 'a b' 'x=1' 'then' 'it'\\''s'`,
  );
});

test('a NUL character is refused, since it would cut the word short', () => {
  expect(() => shellQuote('a\0b')).toThrow(RangeError);
});
