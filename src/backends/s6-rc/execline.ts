/** Characters that mean nothing to execlineb, wherever they stand in a word. */
const plain = /^[A-Za-z0-9_@%+=:,./-]+$/;

/**
 * Quotes one word for execlineb (https://skarnet.org/software/execline/execlineb.html, "Syntax of scripts"), so that it
 * arrives byte for byte; a harmless word stays as it is. Within quotes only the backslash and the quote mean something.
 *
 * @throws RangeError for a NUL character, which no argument can hold.
 */
export const quoteWord = (word: string): string => {
  if (word.includes('\0')) throw new RangeError(`a word cannot hold a NUL character: ${JSON.stringify(word)}`);
  return plain.test(word) ? word : `"${word.replace(/[\\"]/g, '\\$&')}"`;
};

/** One command of execline and its arguments; a list within it is a block. */
export type ExeclineCommand = readonly (string | readonly string[])[];

/** A line of a script: the words, quoted, and blocks in braces. */
export const commandLine = (command: ExeclineCommand): string =>
  command
    .map((part) => (typeof part === 'string' ? quoteWord(part) : `{ ${part.map(quoteWord).join(' ')} }`))
    .join(' ');

/** Commands, each of which becomes the next one when it is done. */
export const commandLines = (commands: readonly ExeclineCommand[]): string =>
  commands.map((command) => `${commandLine(command)}\n`).join('');

/** An executable script that takes no arguments. */
export const execlineScript = (execline: string, commands: readonly ExeclineCommand[]): string =>
  `#!${execline}/bin/execlineb -P\n${commandLines(commands)}`;
