/** Far less than a command line of Windows or a value of its registry may have. */
const longest = 8000;

/**
 * Texts that reach a Windows service unchanged: they are kept in the registry in the machine's own code page, which agrees
 * with ours in ASCII alone, and stand on one line of a file.
 */
export const isPrintable = (text: string): boolean => text.length <= longest && /^[ -~]*$/.test(text);

/**
 * Writes words as the one text that cygrunsrv splits into arguments when it starts a service (eval_arglist in its
 * cygrunsrv.cc): at spaces; a word that begins with a quotation mark, ' or ", ends at the next one of its kind. There is no
 * escape character, and a quotation mark elsewhere is a character like any other.
 *
 * @returns null when a word cannot be written, or there are too many of them
 */
export const argumentLine = (words: readonly string[]): string | null => {
  const written = words.map((word) => {
    if (!isPrintable(word)) return null;
    if (word !== '' && !word.includes(' ') && !/^['"]/.test(word)) return word;
    if (!word.includes("'")) return `'${word}'`;
    return word.includes('"') ? null : `"${word}"`;
  });
  const line = written.join(' ');
  return written.some((word) => word === null) || line.length > longest ? null : line;
};
