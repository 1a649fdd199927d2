import type { Json } from './json.js';

/** What is shown in the place of a value that looks like a secret. */
export const mask = '***';

/** Words that make a name a secret's wherever they stand in it. */
const tellingParts =
  /passw(?:or)?d|passphrase|passcode|requirepass|secret|token|credential|(?:api|access|private|auth|encryption|master|signing|session|account|storage)[-_.]?key/i;

/** Words that do so only by themselves: "PASS" does, "COMPASS" does not. */
const tellingWords = /(?:^|[-_.])(?:pass|pwd|pw|pat|auth|authkey|psk|salt|pin|otp|key)$/i;

/** A name that says where a secret is, or what is no secret of it. */
const harmless = /(?:^|[-_.])(?:file|path|dir|directory|public[-_.]?key|ttl|timeout|expiry|expires)$|^(?:old)?pwd$/i;

/** Whether what has this name, a variable or an option, looks like a secret. A "key" may also be the path of one. Pure. */
export const looksSecret = (name: string, value = ''): boolean => {
  if (harmless.test(name)) return false;
  if (tellingParts.test(name)) return true;
  const words = name.replace(/([a-z])([A-Z])/g, '$1_$2');
  return tellingWords.test(words) && !(/key$/i.test(words) && value.startsWith('/'));
};

/** NAME=VALUE, alone: a word of a command, or an entry of an environment. */
const assignment = /^((?:(?:--?[a-z]+)[ =])?-{0,2}([A-Za-z_][\w.-]*)=)(.+)$/s;

/** What may be the name of a variable or of an option, and what comes between it and its value. */
const names = /(?<![\w.-])(-{0,2})([A-Za-z_][\w.-]*)(=|[ \t]+)/g;

/** A word of a shell's command, or what is left of one. */
const wordValue = /(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s'"\\,;&|()<>])+/sy;

/** What is left of a word that is in quotes as a whole. */
const quotedValue: Readonly<Record<string, RegExp>> = { '"': /(?:\\.|[^"\\])+/sy, "'": /[^']+/sy };

/** The password of a URL: postgres://user:password@host. */
const ofUrl = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@'"]*:)([^\s/@'"]+)(?=@)/gi;

/** The value that begins here; "" for none. */
const valueAt = (text: string, start: number, pattern: RegExp): string => {
  pattern.lastIndex = start;
  return pattern.exec(text)?.[0] ?? '';
};

/**
 * A text in which the values of variables and options that look like secrets are masked, and the passwords of URLs:
 * `DB_PASSWORD=…`, `--password=…`, `--password …`, `export DB_PASSWORD …`. Pure.
 */
export const maskSecrets = (text: string): string => {
  let shown = '';
  let done = 0;
  names.lastIndex = 0;
  for (let found = names.exec(text); found !== null; found = names.exec(text)) {
    const [, dashes = '', name = '', separator = ''] = found;
    const { index } = found;
    const start = names.lastIndex;
    const isAssigned = separator === '=';
    if (!isAssigned && dashes === '' && !/\bexport[ \t]+$/.test(text.slice(Math.max(0, index - 20), index))) continue;
    const quotation = isAssigned ? quotedValue[text.charAt(index - 1)] : undefined;
    const value = valueAt(text, start, quotation ?? wordValue);
    if (value === '' || (!isAssigned && value.startsWith('-')) || !looksSecret(name, value)) continue;
    shown += `${text.slice(done, start)}${mask}`;
    done = start + value.length;
    names.lastIndex = done;
  }
  return `${shown}${text.slice(done)}`.replace(ofUrl, `$1${mask}`);
};

/** As maskSecrets, for a word that stands by itself: its value may hold blanks. */
const maskWord = (word: string): string => {
  const [, start = '', name = '', value = ''] = assignment.exec(word) ?? [];
  return name !== '' && looksSecret(name, value) ? `${start}${mask}` : maskSecrets(word);
};

const optionName = /^--?([A-Za-z][\w.-]*)$/;

/** The words of a command, masked: what follows an option that takes a secret is one. */
const maskWords = (words: readonly Json[]): readonly Json[] =>
  words.map((word, index) => {
    const before = words[index - 1];
    const [, option = ''] = typeof before === 'string' ? (optionName.exec(before) ?? []) : [];
    if (typeof word === 'string' && looksSecret(option, word) && !word.startsWith('-')) return mask;
    return maskValue(word);
  });

const maskValue = (value: Json): Json => {
  if (typeof value === 'string') return maskWord(value);
  if (Array.isArray(value)) return maskWords(value as readonly Json[]);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, maskProperty(name, item)]));
};

/** The variable that a property is, among those of an environment; null for any other property. */
const variableOf = (property: string): string | null =>
  /(?:^|\.)(?:environment|EnvironmentVariables|env)\.(.+)$/is.exec(property)?.[1] ?? null;

/**
 * The value of a property as it may be shown.
 *
 * @param property its name, with those of what it is in before it: "environment.DB_PASSWORD"
 */
export const maskProperty = (property: string, value: Json): Json => {
  const variable = variableOf(property);
  const text = typeof value === 'string' ? value : '';
  return variable !== null && looksSecret(variable, text) && value !== '' && value !== null ? mask : maskValue(value);
};
