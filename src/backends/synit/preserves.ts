/**
 * A value of Preserves (https://preserves.dev/preserves.html), as far as Synit's configuration needs it: strings,
 * booleans, integers and lists are themselves.
 */
export type Preserves =
  string | boolean | number | readonly Preserves[] | PreservesSymbol | PreservesRecord | Dictionary;

export interface PreservesSymbol {
  readonly kind: 'symbol';
  readonly name: string;
}
export interface PreservesRecord {
  readonly kind: 'record';
  readonly label: Preserves;
  readonly fields: readonly Preserves[];
}
export interface Dictionary {
  readonly kind: 'dictionary';
  readonly entries: readonly (readonly [Preserves, Preserves])[];
}

export const symbol = (name: string): PreservesSymbol => ({ kind: 'symbol', name });
/** A record whose label is a symbol. */
export const record = (label: string, ...fields: readonly Preserves[]): PreservesRecord => ({
  kind: 'record',
  label: symbol(label),
  fields,
});
/** A dictionary whose keys are symbols. */
export const dictionary = (entries: Readonly<Record<string, Preserves>>): Dictionary => ({
  kind: 'dictionary',
  entries: Object.entries(entries).map(([key, value]) => [symbol(key), value]),
});

export const isSymbol = (value: Preserves): value is PreservesSymbol =>
  typeof value === 'object' && 'kind' in value && value.kind === 'symbol';
export const isRecord = (value: Preserves): value is PreservesRecord =>
  typeof value === 'object' && 'kind' in value && value.kind === 'record';
const isList = (value: Preserves): value is readonly Preserves[] => Array.isArray(value);

const escapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/** The escapes of JSON; `quote` is what stands on both sides. */
const quoted = (text: string, quote: '"' | '|'): string => {
  const inner = Array.from(text)
    .map((character) => {
      if (character === quote) return `\\${quote}`;
      const code = character.codePointAt(0) ?? 0;
      const isControl = code < 0x20 || (code >= 0x7f && code <= 0x9f);
      return escapes[character] ?? (isControl ? `\\u${code.toString(16).padStart(4, '0')}` : character);
    })
    .join('');
  return `${quote}${inner}${quote}`;
};

/** Symbols that need no quotes, and that no reader takes for a number. */
const plainSymbol = /^[A-Za-z_][A-Za-z0-9_-]*$/;

/**
 * A value in Preserves' text syntax (https://preserves.dev/preserves-text.html), on one line.
 *
 * @throws RangeError for a number that is no exact integer
 */
export const writePreserves = (value: Preserves): string => {
  if (typeof value === 'string') return quoted(value, '"');
  if (typeof value === 'boolean') return value ? '#t' : '#f';
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no exact integer`);
    return String(value);
  }
  if (isList(value)) return `[${value.map(writePreserves).join(' ')}]`;
  switch (value.kind) {
    case 'symbol':
      return plainSymbol.test(value.name) ? value.name : quoted(value.name, '|');
    case 'record':
      return `<${[value.label, ...value.fields].map(writePreserves).join(' ')}>`;
    case 'dictionary': {
      const entries = value.entries.map(([key, entry]) => `${writePreserves(key)}: ${writePreserves(entry)}`);
      return `{${entries.join(' ')}}`;
    }
  }
};
