import { expect, test } from '@jest/globals';
import { getopt } from '../../../src/cli/old-names/getopt.js';

const options = [
  { name: 'undeploy', takesValue: false },
  { name: 'reverse', letter: 'r', takesValue: false },
  { name: 'profile', letter: 'p', takesValue: true },
  { name: 'switch-generation', otherName: 'switch-to-generation', takesValue: true },
  { name: 'state-dir', takesValue: true },
];

const parse = (...args: readonly string[]): { options: Record<string, string | true>; operands: readonly string[] } => {
  const { options: found, operands } = getopt(args, options);
  return { options: Object.fromEntries(found), operands };
};

test.each([
  ['a value as the next word', ['--profile', 'a'], { profile: 'a' }],
  ['a value after an equals sign', ['--profile=a=b'], { profile: 'a=b' }],
  ['an empty value', ['--profile='], { profile: '' }],
  ['a value with lines', ['--profile=a\nb'], { profile: 'a\nb' }],
  ['a letter with its value', ['-pa'], { profile: 'a' }],
  ['a letter with its value as the next word', ['-p', 'a'], { profile: 'a' }],
  ['letters together', ['-rpa'], { reverse: true, profile: 'a' }],
  ['an abbreviated name', ['--und', '--prof', 'a'], { undeploy: true, profile: 'a' }],
  ['a beginning of two names of one option', ['--switch', '3'], { 'switch-generation': '3' }],
  ['the other name of an option', ['--switch-to-generation=3'], { 'switch-generation': '3' }],
  ['an option that is given twice', ['-p', 'a', '-p', 'b'], { profile: 'b' }],
])('%s is understood', (_, args, expected) => {
  expect(parse(...args)).toEqual({ options: expected, operands: [] });
});

test('a value is a value, also when it looks like an option', () => {
  expect(parse('--profile', '--undeploy')).toEqual({ options: { profile: '--undeploy' }, operands: [] });
  expect(parse('-p', '--')).toEqual({ options: { profile: '--' }, operands: [] });
});

test('operands may be between options, and after -- there are operands alone', () => {
  expect(parse('a', '-r', 'b', '--', '-p', '--undeploy')).toEqual({
    options: { reverse: true },
    operands: ['a', 'b', '-p', '--undeploy'],
  });
  expect(parse('-')).toEqual({ options: {}, operands: ['-'] });
});

test.each([
  ['an unknown option', ['--nothing'], 'There is no option --nothing'],
  ['an unknown letter', ['-rx'], 'There is no option -x'],
  ['an ambiguous beginning', ['--s'], '--s may mean: --switch-generation, --state-dir'],
  ['a missing value', ['--profile'], '--profile needs a value'],
  ['a missing value of a letter', ['-p'], '-p needs a value'],
  ['a value too many', ['--undeploy=yes'], '--undeploy takes no value'],
])('%s is a usage error', (_, args, words) => {
  expect(() => parse(...args)).toThrow(expect.objectContaining({ exitCode: 2, message: words }));
});
