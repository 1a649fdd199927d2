import type { Json } from '../../../src/system/json.js';
import type { Dice } from './dice.js';

/** Words that programs stumble over. */
export const oddWords = [
  ...['', ' ', '-', '--', '---', '-x', '.', '..', '/', '//', '~', '*', '\\', "'", '"', '`id`', '$(id)', '${HOME}'],
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'undefined', 'null', 'NaN', 'true', '[object Object]'],
  ...['0', '-1', '1e999', '1e3', '0x10', '9007199254740993', '99999999999999999999', '1.5', '01', ' 1', '1\n2', '+3'],
  ...[
    'a\0b',
    'a\nb',
    'a\rb',
    'a\tb',
    '\u001b[2J\u001b]0;x\u0007',
    '\u0085',
    '\u2028',
    '\u202e',
    '\ufeff',
    'é',
    'ﬀ',
    '💥',
  ],
  ...['%s%n', '%', '%h', '@', '!', '#', ';', '|', '&', '<', '>', '()', '{}', '[]', ',', ':', '='],
  'a'.repeat(300),
  'ä'.repeat(5000),
  '../../../../etc/passwd',
  '/dev/null',
  '/dev/full',
  '/proc/self/mem',
] as const;

/** A name that a file can have. */
export const oddName = (dice: Dice): string => {
  const name = dice.pick(oddWords).replace(/[/\0]/g, '_').slice(0, 99);
  return ['', '.', '..'].includes(name) ? 'x' : name;
};

const numbers = [0, -1, 1, 2, 1.5, -0, 1e21, 2 ** 31, 2 ** 53, -(2 ** 53), Number.MAX_VALUE, 65_536] as const;

/** Any JSON value that is not too large. */
export const oddValue = (dice: Dice, depth = 2): Json => {
  switch (dice.int(depth > 0 ? 8 : 5)) {
    case 0:
      return null;
    case 1:
      return dice.chance(0.5);
    case 2:
      return dice.pick(numbers);
    case 3:
    case 4:
      return dice.pick(oddWords);
    case 5:
      return Array.from({ length: dice.int(4) }, () => oddValue(dice, depth - 1));
    case 6:
      return {};
    default:
      return Object.fromEntries(
        Array.from({ length: dice.int(4) }, () => [dice.pick(oddWords), oddValue(dice, depth - 1)]),
      );
  }
};

const isObject = (value: Json): value is Readonly<Record<string, Json>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

const changeEntry = (value: Readonly<Record<string, Json>>, dice: Dice): Json => {
  const entries = Object.entries(value);
  if (entries.length === 0 || dice.chance(0.1)) {
    return Object.fromEntries([...entries, [dice.pick(oddWords), oddValue(dice)]]);
  }
  const [key, old] = dice.pick(entries);
  const others = entries.filter(([other]) => other !== key);
  switch (dice.int(10)) {
    case 0:
    case 1:
      return Object.fromEntries(others);
    case 2:
      return Object.fromEntries([...others, [dice.pick(oddWords), old]]);
    case 3:
      return Object.fromEntries([...others, [key, oddValue(dice)]]);
    default:
      return Object.fromEntries(entries.map(([name, inner]) => [name, name === key ? mutateJson(inner, dice) : inner]));
  }
};

const changeItem = (value: readonly Json[], dice: Dice): Json => {
  if (value.length === 0) return [oddValue(dice)];
  const at = dice.int(value.length);
  switch (dice.int(8)) {
    case 0:
      return value.filter((_, index) => index !== at);
    case 1:
      return [...value, value[at] ?? null];
    case 2:
      return value.toReversed();
    default:
      return value.map((inner, index) => (index === at ? mutateJson(inner, dice) : inner));
  }
};

/** The value with one thing in it changed. */
export const mutateJson = (value: Json, dice: Dice): Json => {
  if (dice.chance(0.05)) return oddValue(dice);
  if (isList(value)) return changeItem(value, dice);
  if (isObject(value)) return changeEntry(value, dice);
  if (typeof value === 'number' && dice.chance(0.6)) return dice.pick(numbers);
  if (typeof value === 'string' && dice.chance(0.6)) {
    return dice.chance(0.5) ? dice.pick(oddWords) : mutateText(value, dice);
  }
  return oddValue(dice);
};

const cut = (text: string, dice: Dice): string => text.slice(0, dice.int(text.length + 1));

/** The text as an interrupted, foreign or malicious writer would leave it. */
export const mutateText = (text: string, dice: Dice): string => {
  const at = dice.int(text.length + 1);
  const lines = text.split('\n');
  const line = dice.int(lines.length);
  switch (dice.int(12)) {
    case 0:
    case 1:
      return cut(text, dice);
    case 2:
      return text.slice(at);
    case 3:
      return text.slice(0, at) + dice.pick(oddWords) + text.slice(at);
    case 4:
      return text.slice(0, at) + text.slice(at + 1 + dice.int(8));
    case 5:
      return lines.filter((_, index) => index !== line).join('\n');
    case 6:
      return [...lines.slice(0, line), lines[line] ?? '', ...lines.slice(line)].join('\n');
    case 7:
      return text.replaceAll('\n', '\r\n');
    case 8:
      return `\ufeff${text}`;
    case 9:
      return dice.chance(0.5) ? '' : dice.pick(oddWords);
    case 10:
      return text.replace(/\d+/g, () => String(dice.pick(numbers)));
    default:
      return text + text;
  }
};

/** A JSON document with one to three changes: in what it says, or in how it is written. */
export const mutateDocument = (text: string, dice: Dice): string => {
  let changed = text;
  for (let left = 1 + dice.int(3); left > 0; left -= 1) {
    let value: Json | undefined;
    try {
      value = JSON.parse(changed) as Json;
    } catch {
      value = undefined;
    }
    changed =
      value === undefined || dice.chance(0.3) ? mutateText(changed, dice) : JSON.stringify(mutateJson(value, dice));
  }
  return changed;
};

/** One document per line, of which some are changed. */
export const mutateLines = (text: string, dice: Dice): string => {
  if (dice.chance(0.3)) return mutateText(text, dice);
  const lines = text.split('\n');
  const at = dice.int(lines.length);
  return lines.map((line, index) => (index === at ? mutateDocument(line, dice) : line)).join('\n');
};

/** Some bytes of it are not what they were; mostly it is no UTF-8 any more. */
export const damageBytes = (text: string, dice: Dice): Buffer => {
  const bytes = Buffer.from(text);
  for (let left = 1 + dice.int(4); left > 0 && bytes.length > 0; left -= 1) {
    bytes[dice.int(bytes.length)] = dice.int(256);
  }
  return bytes;
};
