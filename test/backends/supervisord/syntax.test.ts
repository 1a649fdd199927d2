import { expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { splitWords } from '../../../src/backends/shared/split-words.js';
import { commandOf, quoteWord } from '../../../src/backends/supervisord/command-words.js';
import {
  expandFormat,
  formatOf,
  formatTwice,
  literalOf,
  looksLikeHere,
  repairFormat,
} from '../../../src/backends/supervisord/format-string.js';
import { environmentEntry, fitsPath, fitsValue, parseIni } from '../../../src/backends/supervisord/ini.js';
import { programNameProblem } from '../../../src/backends/supervisord/program-name.js';

const ascii = fc.string({ unit: fc.integer({ min: 1, max: 126 }).map((code) => String.fromCharCode(code)) });

test('a quoted command is split into the same words again', () => {
  fc.assert(
    fc.property(fc.array(ascii), (words) => {
      expect(splitWords(words.map(quoteWord).join(' '))).toEqual(words);
    }),
  );
});

test('a command is split as Python does it', () => {
  const commands = fc.sample(fc.stringMatching(/^[ab "'\\\t\n#;$]{0,12}$/), { numRuns: 300, seed: 3 });
  const program = [
    'import json, shlex, sys',
    'def split(command):',
    '    try: return shlex.split(command)',
    '    except ValueError as error: return str(error)',
    'print(json.dumps([split(command) for command in json.load(sys.stdin)]))',
  ].join('\n');
  const python: unknown = JSON.parse(
    execFileSync('/usr/bin/python3', ['-c', program], { input: JSON.stringify(commands) }).toString(),
  );
  const ours = commands.map((command) => {
    try {
      return splitWords(command);
    } catch (error) {
      return error instanceof SyntaxError ? error.message : error;
    }
  });
  expect(ours).toEqual(python);
});

test('no comment begins within a quoted word', () => {
  expect(commandOf(['a ;b', '#c', '100% #1'])).toBe(`'a '';b' '#c' '100%% ''#1'`);
});

test('a format string stands for the text it was made of', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('%', '(', ')', 's', 'here', 'ENV_X', 'a') }), (text) => {
      expect(literalOf(formatOf(text))).toBe(text);
      expect(expandFormat(formatTwice(formatOf(text)), {})).toBe(formatOf(text));
      expect(repairFormat(formatOf(text))).toBe(formatOf(text));
    }),
  );
});

const repairs: readonly (readonly [given: string, repaired: string])[] = [
  ['100%', '100%%'],
  ['%(program_name)s-%(ENV_HOME)s', '%(program_name)s-%(ENV_HOME)s'],
  ['%(process_num)02d', '%(process_num)02d'],
  ['%(program_name)d', '%%(program_name)d'],
  ['%(unknown)s', '%%(unknown)s'],
  ['%% and %d', '%% and %%d'],
];
for (const [given, repaired] of repairs) {
  test(`what users write as ${given} is ${repaired} for supervisord`, () => {
    expect(repairFormat(given)).toBe(repaired);
  });
}

test('names are filled in as supervisord does it', () => {
  const values = { program_name: 'web', process_num: 7 };
  expect(expandFormat('%(program_name)s_%(process_num)02d_%(process_num)3d%%', values)).toBe('web_07_  7%');
  expect(expandFormat('%(ENV_X)s', values)).toBeNull();
});

test('a text that supervisord would take for the directory of the file is recognised', () => {
  expect(looksLikeHere(formatOf('%(here)s'))).toBe(true);
  expect(looksLikeHere('%(here)s')).toBe(false);
  expect(looksLikeHere('%(program_name)s')).toBe(false);
});

const entries: readonly (readonly [name: string, value: string, entry: string | null])[] = [
  ['A', '', 'A=""'],
  ['A', 'b c,d=e', 'A="b c,d=e"'],
  ['A', `it's`, `A="it's"`],
  ['A', 'say "x" now', `A='say "x" now'`],
  ['A', `'quoted'`, null],
  ['A', '"', null],
  ['A', `both ' and " inside`, null],
  ['A', 'a ;b', null],
  ['A', 'a;b#c', 'A="a;b#c"'],
  ['A', 'line\nfeed', null],
  ['A', 'ä', null],
  ['A', '%%(here)s', null],
  ['spring.x-y', '1', 'spring.x-y="1"'],
  ['A B', '1', null],
];
for (const [name, value, entry] of entries) {
  test(`the variable ${JSON.stringify(name)} with the value ${JSON.stringify(value)} is ${entry ?? 'not for the file'}`, () => {
    expect(environmentEntry(name, value)).toBe(entry);
  });
}

test('a value fits when nothing of it is lost', () => {
  expect(['plain', 'a b', 'a;b', 'ä', ' a', 'a ', 'a #b', 'a\nb'].map(fitsValue)).toEqual([
    ...[true, true, true],
    ...[false, false, false, false, false],
  ]);
  expect(['/ä b', '/a ;b', '/a\u0085', '/a\u2028b', ''].map(fitsPath)).toEqual([true, false, false, false, false]);
});

test('a configuration file is read as supervisord reads it', () => {
  const text = [
    '; a comment',
    '[one] ; another',
    'Key = value ; comment',
    'colon: a=b',
    'list = first',
    '  second # comment',
    '',
    '[two]',
    'empty =',
    'key=a;b',
    '[one]',
    'key = last',
  ].join('\r\n');
  expect(Object.fromEntries([...parseIni(text)].map(([name, options]) => [name, Object.fromEntries(options)]))).toEqual(
    {
      one: { key: 'last', colon: 'a=b', list: 'first\nsecond' },
      two: { empty: '', key: 'a;b' },
    },
  );
});

for (const name of ['web', 'nginx-1', 'a.b_c', 'x'.repeat(200), "it's", 'a=b;c#d,e+f@g~']) {
  test(`${name.slice(0, 20)} is a name for a program`, () => {
    expect(programNameProblem(name)).toBeNull();
  });
}
for (const name of [
  '',
  'a b',
  'a:b',
  'a/b',
  '..',
  '.hidden',
  '100%',
  'a[1]',
  'a]',
  '*',
  'a\nb',
  'a\tb',
  'ä',
  '\u007f',
  'x'.repeat(201),
]) {
  test(`${JSON.stringify(name.slice(0, 20))} is no name for a program`, () => {
    expect(programNameProblem(name)).not.toBeNull();
  });
}
