/**
 * Splits a text into words as a POSIX shell does, but for variables and comments, which it does not know: it is Python's
 * shlex.split (https://docs.python.org/3/library/shlex.html#parsing-rules, POSIX mode).
 *
 * @throws SyntaxError with Python's words when a quotation or an escape does not end.
 */
export const splitWords = (command: string): readonly string[] => {
  const words: string[] = [];
  let word: string | null = null;
  let quote: '"' | "'" | null = null;
  for (let index = 0; index < command.length; index += 1) {
    const character = command.charAt(index);
    if (quote !== null) {
      const escaped: string = command.charAt(index + 1);
      if (character === quote) quote = null;
      else if (character === '\\' && quote === '"' && escaped === '') throw new SyntaxError('No escaped character');
      else if (character === '\\' && quote === '"' && (escaped === '"' || escaped === '\\')) {
        word = (word ?? '') + escaped;
        index += 1;
      } else word = (word ?? '') + character;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= '';
    } else if (character === '\\') {
      index += 1;
      if (index === command.length) throw new SyntaxError('No escaped character');
      word = (word ?? '') + command.charAt(index);
    } else if (' \t\r\n'.includes(character)) {
      if (word !== null) words.push(word);
      word = null;
    } else {
      word = (word ?? '') + character;
    }
  }
  if (quote !== null) throw new SyntaxError('No closing quotation');
  return word === null ? words : [...words, word];
};
