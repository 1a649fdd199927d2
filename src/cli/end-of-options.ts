/** Begins a word that was behind "--". No argument of a program can have it. */
const mark = '\0';

/**
 * The arguments without "--": what follows it are operands, whatever they look like. The parser would hand them over
 * apart from the others. One that begins with a dash is marked, so that it is no option; see operandsIn. Pure.
 */
export const withoutEndOfOptions = (args: readonly string[]): readonly string[] => {
  const end = args.indexOf('--');
  if (end < 0) return args;
  return [
    ...args.slice(0, end),
    ...args.slice(end + 1).map((word) => (word.startsWith('-') ? `${mark}${word}` : word)),
  ];
};

/** Operands that are names; the others are paths. */
const names = new Set(['names', 'name', 'specs', 'activity', 'action']);

/**
 * What the parser made of the arguments, with marked operands as they were meant: a name as it is, and a path so that no
 * other program takes it for an option. Pure.
 */
export const operandsIn = (parsed: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => {
  const meant = (name: string, value: unknown): unknown => {
    if (Array.isArray(value)) return value.map((element) => meant(name, element));
    if (typeof value !== 'string' || !value.startsWith(mark)) return value;
    return names.has(name) ? value.slice(1) : `./${value.slice(1)}`;
  };
  return Object.fromEntries(Object.entries(parsed).map(([name, value]) => [name, meant(name, value)]));
};

/** A message of the parser without marks, which it may have written as JSON. */
export const withoutMarks = (text: string): string => text.replaceAll(mark, '').replaceAll('\\u0000', '');
