/** Words that a POSIX shell may read as its own syntax where a command is expected. */
const reserved = new Set(
  '! { } [[ ]] case coproc do done elif else esac fi for function if in select then time until while'.split(' '),
);

/** Characters that mean nothing to a shell, wherever they stand in a word. */
const plain = /^[A-Za-z0-9_@%+:,./-]+$/;

/**
 * Quotes one word for a POSIX shell, so that it arrives byte for byte; a harmless word stays as it is.
 *
 * @throws RangeError for a NUL character, which no argument can hold.
 */
export const shellQuote = (word: string): string => {
  if (word.includes('\0')) throw new RangeError(`a shell word cannot hold a NUL character: ${JSON.stringify(word)}`);
  return plain.test(word) && !reserved.has(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
};

/**
 * A simple command of a POSIX shell: the words, quoted, with a space between them.
 *
 * @throws RangeError for a NUL character.
 */
export const shellCommand = (words: readonly string[]): string => words.map(shellQuote).join(' ');
