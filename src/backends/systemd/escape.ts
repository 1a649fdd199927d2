/**
 * How values get into unit files without systemd changing them (systemd.syntax(7), systemd.service(5) "Command lines",
 * systemd.unit(5) "Specifiers", systemd.exec(5) Environment=; what the manuals leave open is what systemd 252 was seen to
 * do, and tests start real units to see it again).
 */

/**
 * Control characters, and what systemd takes for broken UTF-8 wherever it stands: Unicode's noncharacters. Tab and line
 * feed are left out, which systemd takes in more places than the others.
 */
const special = /[^\P{Cc}\t\n\x80-\x9f]|\p{Noncharacter_Code_Point}/u;

const asBytes = (character: string): string =>
  [...Buffer.from(character, 'utf8')].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');

const escapeCharacter = (character: string): string => {
  switch (character) {
    case '"':
      return '\\"';
    case '\\':
      return '\\\\';
    case '%':
      return '%%';
    case '\n':
      return '\\n';
    case '\t':
      return '\\t';
    default:
      return asBytes(character);
  }
};

/** Characters that `quote` escapes. */
const escaped = new RegExp(`["\\\\%\\n\\t]|${special.source}`, 'gu');

/** A word in double quotes, with what systemd would unescape or expand in it escaped. */
const quote = (text: string): string => `"${text.replace(escaped, escapeCharacter)}"`;

/** Characters that mean nothing to systemd wherever they stand in a word; a word of these needs no quotes. */
const isPlain = (word: string): boolean => /^[A-Za-z0-9_@+:,./=-]+$/.test(word);

/** One argument of a command in ExecStart= and the like, which arrives byte for byte; no NUL in it. */
export const commandWord = (word: string): string => (isPlain(word) ? word : quote(word.replaceAll('$', '$$$$')));

/**
 * Whether ExecStart= can start a program by this path: it must be absolute, and systemd refuses quotes, backslashes and
 * control characters in it. In what the program sees as its name, `$` would be expanded.
 */
export const isStartable = (executable: string): boolean =>
  executable.startsWith('/') &&
  !executable.endsWith('/') &&
  !/[\t\n"'\\$]/.test(executable) &&
  !special.test(executable);

/** The program of a command line; `isStartable` holds for it. */
export const commandExecutable = (executable: string): string => (isPlain(executable) ? executable : quote(executable));

/**
 * The value of Environment= that sets a variable, or null when systemd cannot set it: the name has to be one that shells
 * take, and of control characters only tab and line feed are allowed in the value.
 */
export const environmentAssignment = (name: string, value: string): string | null => {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return null;
  if (isPlain(value)) return `${name}=${value}`;
  return special.test(value) ? null : quote(`${name}=${value}`);
};

/**
 * The value of a property that systemd takes as a whole, without unquoting (paths, User=, Description=), or null when
 * there is no way to write it: systemd trims blanks around a value and ends it at a line feed.
 */
export const wholeValue = (text: string): string | null => {
  if (/^[ \t]|[ \t]$|\n/.test(text) || special.test(text)) return null;
  const value = text.replaceAll('%', '%%');
  return endsInBackslash(value) ? `${value} ` : value;
};

/** A line that ends in a backslash is continued by the next one; a blank after it, which systemd trims, prevents that. */
export const endsInBackslash = (line: string): boolean =>
  line.endsWith('\\') && (/\\*$/.exec(line)?.[0].length ?? 0) % 2 === 1;
