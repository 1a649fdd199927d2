import { looksLikeHere } from './format-string.js';

/**
 * The dialect of INI that supervisord reads: Python's RawConfigParser with `;` and `#` beginning a comment wherever
 * white space comes before them (supervisor/options.py, UnhosedConfigParser). It has no escapes, cuts white space off
 * both ends of a value, and decodes the file by the locale that supervisord happens to run in.
 */

/** Whether a value, a format string, arrives unchanged in any locale. What does not has to go another way. */
export const fitsValue = (value: string): boolean =>
  /^[\x20-\x7e]*$/.test(value) && !/^\s|\s$|\s[;#]/.test(value) && !looksLikeHere(value);

/**
 * Whether a value that is a path arrives unchanged. Letters beyond ASCII may stand in it: what the locale makes of them
 * when the file is read is undone when the path is used.
 */
export const fitsPath = (value: string): boolean =>
  value !== '' && !/[\p{Cc}\u2028\u2029]|^\s|\s$|\s[;#]/u.test(value) && !looksLikeHere(value);

/** Whether a word of a command arrives unchanged once it is quoted (command-words.ts). */
export const fitsWord = (word: string): boolean => /^[\x20-\x7e]*$/.test(word) && !looksLikeHere(word);

/**
 * `NAME="value"` for supervisord's `environment`; null when its syntax cannot carry the variable. Values are tokens of
 * Python's shlex in its non-POSIX mode, without escapes, and then lose all quotes at both ends (supervisor/datatypes.py,
 * dict_of_key_value_pairs).
 */
export const environmentEntry = (name: string, value: string): string | null => {
  if (!/^[A-Za-z0-9_/.+():-]+$/.test(name) || !/^[\x20-\x7e]*$/.test(value) || looksLikeHere(value)) return null;
  if (/\s[;#]/.test(value) || /^['"]|['"]$/.test(value)) return null;
  if (!value.includes('"')) return `${name}="${value}"`;
  return value.includes("'") ? null : `${name}='${value}'`;
};

/** A section with its options in the given order; the values are what `fits…` allows. */
export const renderSection = (name: string, options: readonly (readonly [string, string])[]): string =>
  `[${name}]\n${options.map(([option, value]) => `${option}=${value}\n`).join('')}`;

/** Sections of a configuration file by name, each with its options by (lower case) name. Values are format strings. */
export type IniFile = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Reads a configuration file as supervisord does; lines that it would refuse are passed over. */
export const parseIni = (text: string): IniFile => {
  const sections = new Map<string, Map<string, string>>();
  let section: Map<string, string> | null = null;
  let option: string | null = null;
  for (const line of text.split(/\r\n|\r|\n/)) {
    const content = line.replace(/(?:^|\s)[;#].*$/, '').trimEnd();
    if (content.trim() === '') continue;
    const header = /^\s*\[(.+)\]/.exec(content)?.[1];
    const [, name, value] = /^(\S[^=:]*?)\s*[=:]\s*(.*)$/.exec(content) ?? [];
    if (/^\s/.test(content) && section !== null && option !== null) {
      section.set(option, `${section.get(option) ?? ''}\n${content.trim()}`.trim());
    } else if (header !== undefined) {
      section = sections.get(header) ?? new Map<string, string>();
      sections.set(header, section);
      option = null;
    } else if (section !== null && name !== undefined && value !== undefined) {
      option = name.toLowerCase();
      section.set(option, value);
    }
  }
  return sections;
};
