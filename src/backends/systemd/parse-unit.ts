import type { Sections } from './unit-file.js';

/**
 * Reads the text of a unit file (systemd.syntax(7)): lines that end in a backslash go on in the next one, and an empty
 * value takes back those before it. Lines that are nothing to systemd are passed over.
 */
export const parseUnit = (text: string): Sections => {
  const sections: Record<string, Record<string, readonly string[]>> = {};
  let section: Record<string, readonly string[]> | null = null;
  let begun = '';
  for (const line of text.split(/\r?\n/)) {
    // Comments may stand between the parts of a continued line.
    if (/^\s*[#;]/.test(line)) continue;
    const whole = begun + line.trim();
    if (/(?:^|[^\\])(?:\\\\)*\\$/.test(line)) {
      begun = `${whole.slice(0, -1)} `;
      continue;
    }
    begun = '';
    const title = /^\[(.+)\]$/.exec(whole)?.[1];
    const [, name, value] = /^([^=]+?)\s*=\s*([^]*)$/.exec(whole) ?? [];
    if (title !== undefined) section = sections[title] ??= {};
    else if (section !== null && name !== undefined && value !== undefined) {
      section[name] = value === '' ? [] : [...(section[name] ?? []), value];
    }
  }
  return sections;
};

const escapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  s: ' ',
  '\\': '\\',
  '"': '"',
  "'": "'",
};

/** The characters of an escape sequence (systemd.syntax(7), "Quoting"), and how many of `text` it takes; null for none. */
const unescape = (text: string): { readonly bytes: Buffer; readonly length: number } | null => {
  const plain = escapes[text.charAt(1)];
  if (plain !== undefined) return { bytes: Buffer.from(plain), length: 2 };
  const [hexadecimal, byte] = /^\\x([0-9a-fA-F]{2})/.exec(text) ?? [];
  if (byte !== undefined) return { bytes: Buffer.from([Number.parseInt(byte, 16)]), length: hexadecimal?.length ?? 0 };
  const [octal, digits] = /^\\([0-3][0-7]{2})/.exec(text) ?? [];
  if (digits !== undefined) return { bytes: Buffer.from([Number.parseInt(digits, 8)]), length: octal?.length ?? 0 };
  const [unicode, short, long] = /^\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/.exec(text) ?? [];
  const code = short ?? long;
  return code === undefined
    ? null
    : { bytes: Buffer.from(String.fromCodePoint(Number.parseInt(code, 16))), length: unicode?.length ?? 0 };
};

/**
 * Splits a value into words as systemd does for commands and Environment=; specifiers and variables are left alone.
 * Words that are quoted differently but mean the same come out the same.
 */
export const unitWords = (value: string): readonly string[] => {
  const words: string[] = [];
  let parts: Buffer[] | null = null;
  let quote = '';
  for (let index = 0; index < value.length;) {
    const character = value.charAt(index);
    const escaped = character === '\\' ? unescape(value.slice(index)) : null;
    index += escaped?.length ?? 1;
    if (quote === '' && /\s/.test(character)) {
      if (parts !== null) words.push(Buffer.concat(parts).toString());
      parts = null;
    } else if (escaped !== null) {
      (parts ??= []).push(escaped.bytes);
    } else if (quote === '' ? parts === null && (character === '"' || character === "'") : character === quote) {
      quote = quote === '' ? character : '';
      parts ??= [];
    } else {
      (parts ??= []).push(Buffer.from(character));
    }
  }
  return parts === null ? words : [...words, Buffer.concat(parts).toString()];
};
