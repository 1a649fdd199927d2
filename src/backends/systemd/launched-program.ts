import type { LaunchedProgram, ManifestUnit } from '../backend.js';
import { isJsonObject, type Json } from '../../system/json.js';
import { textIn } from '../shared/launched-program.js';
import { unitWords } from './parse-unit.js';

/** The text that a value stands for; null where systemd fills in something. */
const plain = (value: string): string | null =>
  value.replaceAll('%%', '').includes('%') ? null : value.replaceAll('%%', '%');

/** The command of a line; null for one whose failure does not matter. */
const wordsOf = (line: string): readonly string[] | null => {
  const [, prefix = '', command = ''] = /^([-@:+!|]*)(.*)$/s.exec(line) ?? [];
  const words = unitWords(plain(command) ?? '');
  if (prefix.includes('-') || words.length === 0) return null;
  // The second word is the name that the program sees.
  return prefix.includes('@') ? words.filter((_, index) => index !== 1) : words;
};

const lastOf = (value: Json | undefined): string | null =>
  textIn(Array.isArray(value) ? (value as readonly Json[]).at(-1) : value);

/** Settings by which a service sees other files than the machine's. */
const otherRoots = ['RootDirectory', 'RootImage', 'RootDirectoryStartOnly'];

/** See Backend.launches. */
export const launchedProgram = ({ properties }: Pick<ManifestUnit, 'properties'>): LaunchedProgram | null => {
  const { Service: service } = properties;
  if (!isJsonObject(service) || otherRoots.some((name) => service[name] !== undefined)) return null;
  const words = wordsOf(lastOf(service['ExecStart']) ?? '');
  const directory = plain(lastOf(service['WorkingDirectory']) ?? '');
  return words === null ? null : { words, directory: directory?.startsWith('/') === true ? directory : null };
};
