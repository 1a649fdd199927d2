import type { CommandLine } from '../../../src/model/process-model.js';
import type { Arrived } from '../../support/torture-values.js';

const program =
  'print scalar(@ARGV), "\\n", map { "$_\\0" } @ARGV; open(F, "<", "/proc/self/environ") or die; local $/; print <F>;';

/** A program that prints the arguments and variables that it got. */
export const tellingCommand = (args: readonly string[]): CommandLine => ({
  executable: '/usr/bin/perl',
  args: ['-e', program, '--', ...args],
});

/** What it printed. */
export const heardFrom = (output: Buffer): Arrived => {
  const text = output.toString('utf8');
  const end = text.indexOf('\n');
  const count = Number(text.slice(0, end));
  const strings = text.slice(end + 1).split('\0');
  const variables = strings.slice(count, -1).map((entry): [string, string] => {
    const at = entry.indexOf('=');
    return [entry.slice(0, at), entry.slice(at + 1)];
  });
  return { args: strings.slice(0, count), environment: Object.fromEntries(variables) };
};
