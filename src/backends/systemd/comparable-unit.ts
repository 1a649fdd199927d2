import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Json, JsonObject } from '../../system/json.js';
import { textIn } from '../shared/read-tree.js';
import { isAccountVariable } from './account-variables.js';
import { policyKeys } from './change-policy.js';
import { parseUnit, unitWords } from './parse-unit.js';
import { cosmetic, unitDirectory } from './render.js';

/** Values that say what systemd does anyway, or nothing about a process that runs. */
const isVoid = (property: string, value: string): boolean =>
  // Programs of other tools have written to closed pipes all the time.
  property === 'IgnoreSIGPIPE' ||
  (property === 'Type' && (value === 'simple' || value === 'exec')) ||
  property === 'PermissionsStartOnly';

const isStoreFile = (path: string): boolean => /\/[0-9a-z]{32}-[^/]+(?:\/|$)/.test(path);

/** What a script does, whoever wrote the lines around it. */
const linesOf = (script: string): readonly string[] =>
  script
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#') && line !== 'set -e');

/**
 * A command by its words. A script of the store before the process is taken for what it does, since its path says who
 * wrote it; whether it runs as root matters no more when it has run.
 */
const commandOf = async (property: string, value: string): Promise<Json> => {
  const [, prefix = '', rest = ''] = /^([-@:+!|]*)\s*([^]*)$/.exec(value) ?? [];
  const words = unitWords(rest);
  if (property !== 'ExecStartPre') return [...(prefix === '' ? [] : [prefix]), ...words];
  const last = words.at(-1);
  const text = last !== undefined && isStoreFile(last) ? await readFile(last, 'utf8').catch(() => null) : null;
  return text === null || words.length > 2 ? [...words] : linesOf(text);
};

const valueOf = async (property: string, values: readonly string[]): Promise<Json> => {
  if (property.startsWith('Exec')) return Promise.all(values.map((value) => commandOf(property, value)));
  if (property === 'WorkingDirectory') return (values.at(-1) ?? '').replace(/^-/, '').replace(/(?<=.)\/+$/, '');
  return values.length === 1 ? (values[0] ?? '') : [...values];
};

/** Variables by their names; the last assignment counts. */
const variablesOf = (values: readonly string[]): JsonObject =>
  Object.fromEntries(
    values.flatMap(unitWords).flatMap((word) => {
      const end = word.indexOf('=');
      // They say what other tools leave to chance.
      return end <= 0 || isAccountVariable(word) ? [] : [[`environment.${word.slice(0, end)}`, word.slice(end + 1)]];
    }),
  );

/**
 * What the text of a unit says about how its process runs, in a form in which texts of different tools can be compared.
 * What orders units or describes them, and what is void, is left out.
 */
export const comparableUnit = async (text: string): Promise<JsonObject> => {
  const sections = Object.entries(parseUnit(text)).filter(([title]) => title !== 'Install' && !title.startsWith('X-'));
  const entries = await Promise.all(
    sections.flatMap(([title, section]) =>
      Object.entries(section)
        .filter(([property]) => !policyKeys.has(property) && !(title === 'Unit' && cosmetic.has(property)))
        .filter(([property, values]) => values.length > 0 && !isVoid(property, values.at(-1) ?? ''))
        .map(async ([property, values]): Promise<JsonObject> =>
          title === 'Service' && property === 'Environment'
            ? variablesOf(values)
            : { [`${title}.${property}`]: await valueOf(property, values) },
        ),
    ),
  );
  return Object.assign({}, ...entries) as JsonObject;
};

/** The same for all units of a process; those beside the main one under their own names. */
export const comparableProcess = async (root: string, [main, ...others]: readonly string[]): Promise<JsonObject> => {
  const read = (unit: string): Promise<string> =>
    textIn(root, join(unitDirectory, unit)).then(
      (text) => text ?? '',
      () => '',
    );
  const beside = await Promise.all(
    others.map(async (unit): Promise<[string, Json]> => [unit, await comparableUnit(await read(unit))]),
  );
  return { ...(main === undefined ? {} : await comparableUnit(await read(main))), ...Object.fromEntries(beside) };
};
