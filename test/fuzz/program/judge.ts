import type { Ending } from './run-tool.js';

/** Every exit code of README.md but 1, which is a bug. */
const documented = new Set([0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);

const stack = /^ {4}at .+(?:\(.+:\d+:\d+\)|:\d+:\d+)$/m;
/** What a terminal obeys; line feeds and tabs are what texts are made of. */
// eslint-disable-next-line no-control-regex
const escape = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;

export const neverEnds = 'it does not end';

const isStatus = ([command, ...rest]: readonly string[]): boolean =>
  command === 'status' || (command?.startsWith('-') === true && rest.includes('status'));

/** What shows a log writes to stderr itself. */
const showsLog = ([command]: readonly string[]): boolean => command === 'logs';

/**
 * What is wrong with how a command ended; null for nothing. The words of the input may be in a message, but not those of
 * a JavaScript engine.
 */
export const complaintAbout = ({ line, exitCode, stdout, stderr }: Ending): string | null => {
  if (exitCode === null) return neverEnds;
  if (!documented.has(exitCode)) return `exit code ${exitCode}`;
  if (stack.test(stderr)) return 'a stack is shown';
  if (stderr.includes('This is a bug')) return 'it says that it is a bug';
  if (/Cannot read propert|is not a function|is not iterable|Unexpected token .* in JSON/.test(stderr)) {
    return 'it speaks of JavaScript';
  }
  // At the end of a line it does nothing.
  if (escape.test(stderr.replaceAll('\r\n', '\n'))) return 'a terminal would obey what stderr says';
  const hasMessage = /^error: \S/m.test(stderr);
  if (exitCode !== 0 && !hasMessage && !(isStatus(line) && stdout + stderr !== '') && !showsLog(line))
    return `exit code ${exitCode} without a message`;
  return null;
};
