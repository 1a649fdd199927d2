import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import type { Json, JsonObject } from '../../system/json.js';
import type { LaunchedProgram } from '../backend.js';
import { cleanStartLength, isCleanStart } from './clean-start.js';
import { isMarkedStart, markedStartLength } from './marked-start.js';
import { splitWords } from './split-words.js';

/** A text that is not empty; null for anything else. */
export const textIn = (value: Json | undefined): string | null =>
  typeof value === 'string' && value !== '' ? value : null;

/** The texts of a list; nothing for what is no list of texts. */
export const wordsIn = (value: Json | undefined): readonly string[] =>
  Array.isArray(value) && value.every((word) => typeof word === 'string') ? value : [];

/**
 * What is launched by properties that name the program and its arguments apart.
 *
 * @param names the properties of the program, of its arguments and of its directory
 */
export const launchedBy = (
  properties: JsonObject,
  names: { readonly program: string; readonly args: string; readonly directory: string },
): LaunchedProgram | null => {
  const program = textIn(properties[names.program]);
  if (program === null) return null;
  return { words: [program, ...wordsIn(properties[names.args])], directory: textIn(properties[names.directory]) };
};

/** What is launched by the properties of a script that starts a process; null when the model says itself how. */
export const launchedByScript = (properties: JsonObject): LaunchedProgram | null => {
  const { instructions = {}, startDaemon, startProcessAsDaemon } = properties;
  const own = typeof instructions === 'object' && instructions !== null && 'start' in instructions;
  if (own || startDaemon !== undefined || startProcessAsDaemon !== undefined) return null;
  return launchedBy(properties, { program: 'process', args: 'args', directory: 'directory' });
};

/** The words of a shell's command that begins here, as it is written: quotations may have several lines. */
const commandAt = (text: string, start: number): string => {
  const words = /(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\n'"\\])*/sy;
  words.lastIndex = start;
  return words.exec(text)?.[0] ?? '';
};

/** The text of a script in the store; null for any other file, which may be anything by now (a pipe, say). */
const storeScript = (path: string): string | null => {
  try {
    return /^[0-9a-z]{32}-/.test(basename(path)) && statSync(path).isFile() ? readFileSync(path, 'utf8') : null;
  } catch {
    return null;
  }
};

/** The words that a launch script becomes; null for any other file. */
const scriptWords = (path: string): readonly string[] | null => {
  const text = storeScript(path) ?? '';
  const candidates = [...text.matchAll(/^set -- (?=\/|'\/)/gm)].map(({ 0: { length }, index }) =>
    splitWords(commandAt(text, index + length)),
  );
  return candidates.find(([program = '']) => program.startsWith('/')) ?? null;
};

/** Where a launch script goes; null for nowhere, and for any other file. */
const scriptDirectory = (path: string): string | null => {
  const text = storeScript(path) ?? '';
  const [last] = [...text.matchAll(/^cd -- /gm)].slice(-1);
  return last === undefined ? null : (splitWords(commandAt(text, last.index + last[0].length))[0] ?? null);
};

/** Takes away options, each with a value or without, and what ends them. */
const withoutOptions = (words: readonly string[], withValue: RegExp, alone: RegExp): readonly string[] => {
  const [first = ''] = words;
  if (first === '--') return words.slice(1);
  if (withValue.test(first)) return withoutOptions(words.slice(2), withValue, alone);
  return alone.test(first) ? withoutOptions(words.slice(1), withValue, alone) : words;
};

/** What a program that we put in front runs; null for any other program. */
const wrappedWords = ([program = '', ...args]: readonly string[]): readonly string[] | null => {
  const [script = ''] = args;
  switch (basename(program)) {
    case 'nice':
      return withoutOptions(args, /^-n$/, /^-\d+$/);
    case 'env':
      return withoutOptions(args, /^-[uC]$/, /^(?:-|-[^-].*|[^-/][^/]*=.*)$/s);
    case 'setpriv':
      return withoutOptions(args, /^$/, /^--.+$/);
    case 'sh':
    case 'bash':
    case 'dash':
      if (script.endsWith('-daemon-proxy')) return args.slice(3);
      if (isCleanStart(script)) return args.slice(cleanStartLength);
      if (isMarkedStart(script)) return args.slice(markedStartLength);
      return scriptWords(script);
    default:
      return null;
  }
};

/** What words come to that start a process. */
export interface Launched {
  /** A program at its full path, with those that are put in front of it: all have to be there. */
  readonly programs: readonly string[];
  /** Where a script among them goes; null for nowhere. */
  readonly directory: string | null;
}

export const lookThrough = (words: readonly string[]): Launched => {
  const programs: string[] = [];
  let directory: string | null = null;
  for (let rest: readonly string[] | null = words; rest !== null && programs.length < 10; rest = wrappedWords(rest)) {
    const [program = '', script = ''] = rest;
    if (!program.startsWith('/')) break;
    programs.push(program);
    directory ??= scriptDirectory(script);
  }
  return { programs, directory };
};
