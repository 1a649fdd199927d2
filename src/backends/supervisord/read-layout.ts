import type { ProcessName } from '../../model/process-model.js';
import { toStableJson, type JsonObject } from '../../system/json.js';
import type { LaidOutUnit, Layout } from '../backend.js';
import { cleanStartLength, isCleanStart } from '../shared/clean-start.js';
import { isMarkedStart, markedStartLength } from '../shared/marked-start.js';
import { filesIn, textIn } from '../shared/read-tree.js';
import { splitWords } from '../shared/split-words.js';
import { toActivation } from './activation-data.js';
import { optionNames } from './config.js';
import { formatOf, literalOf } from './format-string.js';
import { parseIni } from './ini.js';
import { programNameProblem } from './program-name.js';
import { activationOfOptions, type Options } from './render.js';

/** Options that say when a program starts and ends, how often it is tried, and where its output goes. */
const isAboutProcess = (option: string): boolean =>
  ['directory', 'umask', 'user', 'numprocs', 'numprocs_start', 'process_name', 'serverurl'].includes(option);

/** `KEY="value",KEY='value',KEY=value` (supervisor/datatypes.py, dict_of_key_value_pairs). */
const variablesIn = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...text.matchAll(/([A-Za-z0-9_/.+():-]+)\s*=\s*("[^"]*"|'[^']*'|[^,\s]*)/g)].map(([, name = '', value = '']) => [
      `environment.${name}`,
      value.replace(/^(['"])([^]*)\1$/, '$2'),
    ]),
  );

/** The words of a command; a command that supervisord could not split either is one word. */
const wordsOf = (command: string): readonly string[] => {
  try {
    return splitWords(command);
  } catch {
    return [command];
  }
};

/** The words of a command without a script of ours in front of it, its shell and its parameters. */
const without = (words: readonly string[], isScript: (word: string) => boolean, length: number): readonly string[] => {
  const at = words.findIndex(isScript);
  return at < 1 ? words : [...words.slice(0, at - 1), ...words.slice(at + length)];
};

/** A command as other tools write it. */
const plainCommand = (words: readonly string[]): readonly string[] =>
  without(without(words, isMarkedStart, markedStartLength), isCleanStart, cleanStartLength);

/**
 * What a program's section says about how its process runs, in a form in which sections of different tools can be
 * compared: format strings, in which one percent sign is written in one way.
 */
export const comparableProgram = (section: ReadonlyMap<string, string>): JsonObject => {
  const same = (format: string): string => {
    const literal = literalOf(format);
    return literal === null ? format : formatOf(literal);
  };
  return {
    command: plainCommand(wordsOf(section.get('command') ?? '')).map(same),
    ...Object.fromEntries(
      Object.entries(variablesIn(section.get('environment') ?? '')).map(([name, value]) => [name, same(value)]),
    ),
    ...Object.fromEntries(
      [...section].filter(([option]) => isAboutProcess(option)).map(([o, value]) => [o, same(value)]),
    ),
  };
};

/** The section of a program in a file of its own; null when there is none. */
export const programIn = (text: string, name: string): ReadonlyMap<string, string> | null =>
  parseIni(text).get(`program:${name}`) ?? null;

const unitOf = (name: string, section: ReadonlyMap<string, string>): LaidOutUnit => {
  const options: Options = Object.fromEntries(
    optionNames.flatMap((option) => {
      const value = section.get(option);
      return value === undefined ? [] : [[option, value]];
    }),
  );
  const priority = Number(section.get('priority') ?? Number.NaN);
  return {
    name: name as ProcessName,
    dependencies: [],
    rank: Number.isNaN(priority) ? null : priority,
    properties: {
      ...comparableProgram(section),
      options: toStableJson(Object.fromEntries([...section].filter(([option]) => option !== 'priority'))),
    },
    activation: toActivation(activationOfOptions(options, name)),
  };
};

/** Programs in conf.d, in files of their own names; their order is that of their priorities. */
export const readLayout = async (root: string): Promise<Layout | null> => {
  const files = await filesIn(root, 'conf.d', /^[^.].*\.conf$/);
  const units = files.flatMap(({ name: file, text }) => {
    const name = file.slice(0, -'.conf'.length);
    const section = programNameProblem(name) === null ? programIn(text, name) : null;
    return section === null ? [] : [unitOf(name, section)];
  });
  if (units.length === 0 && (await textIn(root, 'supervisord.conf')) === null) return null;
  return { units, data: {} };
};
