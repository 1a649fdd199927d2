/**
 * The arguments without "--": what follows it are operands, whatever they look like. The parser would hand them over
 * apart from the others. A path that begins with a dash is written so that it is no option. Pure.
 */
export const withoutEndOfOptions = (args: readonly string[]): readonly string[] => {
  const end = args.indexOf('--');
  if (end < 0) return args;
  return [...args.slice(0, end), ...args.slice(end + 1).map((word) => (word.startsWith('-') ? `./${word}` : word))];
};
