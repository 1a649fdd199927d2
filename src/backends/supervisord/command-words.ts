import { formatOf } from './format-string.js';

/** Quotes one word of a command, a format string; a harmless word stays as it is. */
export const quoteWord = (word: string): string =>
  /^[A-Za-z0-9_@%+=:,./-]+$/.test(word)
    ? word
    : // Two quotes between a space and what begins a comment there, since comments are cut off before quotes are seen.
      `'${word.replaceAll("'", `'"'"'`).replace(/(?<=\s)(?=[;#])/g, "''")}'`;

/** The `command` of supervisord that runs exactly these words; percent signs in them are percent signs. */
export const commandOf = (words: readonly string[]): string => words.map((word) => quoteWord(formatOf(word))).join(' ');
