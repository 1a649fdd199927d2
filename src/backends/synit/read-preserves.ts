import { record, symbol, type Preserves } from './preserves.js';

const unescape = (text: string, what: string): string =>
  text.replace(/\\(?:u([0-9a-fA-F]{4})|([\s\S]))/g, (_, code: string | undefined, character: string | undefined) => {
    if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
    const plain = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', '\\': '\\', '/': '/', '"': '"', '|': '|' }[
      character ?? ''
    ];
    if (plain === undefined) throw new SyntaxError(`${what} has an unknown escape \\${character ?? ''}`);
    return plain;
  });

/** One token: white space (commas count as such), a bracket, a string, a quoted symbol, or a run of anything else. */
const token =
  /[\s,]*(?:([<>[\]{}:])|"((?:[^"\\]|\\[\s\S])*)"|\|((?:[^|\\]|\\[\s\S])*)\||(#[tf](?![^\s,<>[\]{}:"|]))|([^\s,<>[\]{}:"|#;@]+))/y;

/**
 * Reads one value of Preserves' text syntax: records, sequences, dictionaries, strings, symbols, booleans and integers.
 *
 * @throws SyntaxError for anything else
 */
export const readPreserves = (text: string): Preserves => {
  let position = 0;
  const wrong = (): SyntaxError =>
    new SyntaxError(`there is something unexpected at ${JSON.stringify(text.slice(position))}`);

  const next = (): RegExpExecArray => {
    token.lastIndex = position;
    const found = token.exec(text);
    if (found === null) throw position >= text.trimEnd().length ? new SyntaxError('it ends too soon') : wrong();
    position = token.lastIndex;
    return found;
  };
  const closes = (bracket: string): boolean => {
    const before = position;
    if (text.slice(position).trim() !== '' && next()[1] === bracket) return true;
    position = before;
    return false;
  };
  const untilClosed = (bracket: string): readonly Preserves[] => {
    const values: Preserves[] = [];
    while (!closes(bracket)) values.push(value());
    return values;
  };
  const entries = (): readonly (readonly [Preserves, Preserves])[] => {
    const found: (readonly [Preserves, Preserves])[] = [];
    while (!closes('}')) {
      const key = value();
      if (!closes(':')) throw wrong();
      found.push([key, value()]);
    }
    return found;
  };
  const value = (): Preserves => {
    const [, bracket, string, quotedSymbol, boolean, plain] = next();
    if (string !== undefined) return unescape(string, 'a string');
    if (quotedSymbol !== undefined) return symbol(unescape(quotedSymbol, 'a symbol'));
    if (boolean !== undefined) return boolean === '#t';
    if (plain !== undefined) return /^[+-]?\d+$/.test(plain) ? Number(plain) : symbol(plain);
    switch (bracket) {
      case '<': {
        const [label, ...fields] = untilClosed('>');
        if (label === undefined) throw new SyntaxError('a record has no label');
        return { ...record('', ...fields), label };
      }
      case '[':
        return untilClosed(']');
      case '{':
        return { kind: 'dictionary', entries: entries() };
      default:
        throw new SyntaxError(`"${bracket ?? ''}" closes nothing`);
    }
  };

  const result = value();
  if (text.slice(position).trim() !== '') throw wrong();
  return result;
};
