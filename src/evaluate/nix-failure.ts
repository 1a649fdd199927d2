import { stripVTControlCharacters } from 'node:util';
import type { SourcePosition } from '../model/process-model.js';
import type { Explanation } from '../system/errors.js';
import { explainSandbox, fetchingFailed, inOlderWords, wordsOfFetcher, type Explained } from '../system/nix-words.js';
import * as z from '../system/schema.js';

/** Why Nix could not evaluate. */
export interface NixFailure {
  /** Nix' own words for what is wrong, without a trace. */
  readonly message: string;
  /** The places that Nix names, from the innermost outwards. */
  readonly positions: readonly SourcePosition[];
  /** Our own Nix code's explanation, when it is what gave up. */
  readonly explanation: Explanation | null;
  /** Set for what would be wrong with any model. */
  readonly isOfSurroundings?: true;
  /** Set when this machine lacks a program or package: with it, nothing would be wrong. */
  readonly isLacking?: true;
  /** Set when a builder has not seen the programs of this machine. */
  readonly sandbox?: Explained;
  /** All that Nix said, for --show-trace. */
  readonly text: string;
}

/** A line of `--log-format internal-json` (Nix 2.4 and later give places; 2.3 gives msg alone). */
const logLine = z.object({
  action: z.literal('msg'),
  msg: z.string(),
  raw_msg: z.optional(z.string()),
  file: z.nullish(z.string()),
  line: z.nullish(z.number()),
  column: z.nullish(z.number()),
});
type LogLine = z.infer<typeof logLine>;

/** What nix/explain.nix throws. */
const explanation = z.object({
  what: z.string(),
  why: z.nullish(z.string()),
  fix: z.nullish(z.string()),
  position: z.nullish(z.object({ file: z.string(), line: z.number(), column: z.number() })),
  ofModel: z.optional(z.boolean()),
  lacks: z.optional(z.boolean()),
});

const parseLogLine = (line: string): LogLine | null => {
  if (!line.startsWith('@nix ')) return null;
  try {
    return logLine.safeParse(JSON.parse(line.slice('@nix '.length))).data ?? null;
  } catch {
    return null;
  }
};

/** The marker of nix/explain.nix. */
const explained = /nix-processmgmt-ts explains: (\{.*\})/;

const parseExplanation = (text: string): z.infer<typeof explanation> | null => {
  const found = explained.exec(text)?.[1];
  return found === undefined ? null : explanation.parse(JSON.parse(found));
};

/** Nix names places as "at FILE:LINE:COLUMN:", 2.3 also as "called from FILE:LINE:COLUMN"; a path may hold blanks. */
const place = /\b(?:at|called from):? \(?(\/.*?):(\d+):(\d+)\b/g;

const placesIn = (text: string): SourcePosition[] =>
  [...text.matchAll(place)].map(([, file = '', line, column]) => ({
    file,
    line: Number(line),
    column: Number(column),
  }));

/** From Nix 2.26 on, the name of a file has the place behind it already. */
const placeOf = (file: string, line: number, column: number): SourcePosition => {
  const suffix = `:${String(line)}:${String(column)}`;
  return { file: file.endsWith(suffix) ? file.slice(0, -suffix.length) : file, line, column };
};

/** The last "error:" begins the failure itself: Nix 2.20 and later print the trace before it, others after it. */
const failureStart = (text: string): number => Math.max(text.lastIndexOf('error: '), 0);

const messageOf = (text: string): string => {
  const [paragraph = ''] = text
    .slice(failureStart(text))
    .replace(/^error: +/, '')
    .split(/\n\s*\n|\n\s+(?:at |…|\()/);
  return paragraph.trim();
};

/** Nix 2.3 prints the trace, a line each, and then the failure, without a mark between them; its hint is no part of it. */
const inNewerForm = (text: string): string =>
  text
    .replace(/\n?\(use '--show-trace' to show detailed location information\)/g, '')
    .replace(/^error: ((?:while evaluating [^\n]*:\n)+)/m, '$1\nerror: ');

/** Where Nix 2.3 names the place of a failure, which has a line of its own in ours. */
const placeBehind = /,? at (?:\/[^\n]*|\(string\)):\d+:\d+$/;

/** Git's and Mercurial's own words are in no message of Nix. */
const withWordsOfFetcher = (message: string, stderr: string): string => {
  const words = fetchingFailed.test(message) ? wordsOfFetcher(stderr) : null;
  return words === null ? message : `${message}; it was told: ${words}`;
};

/**
 * Reads what a failed nix-instantiate wrote to stderr.
 *
 * @param stderr with or without `--log-format internal-json`
 */
export const parseNixFailure = (stderr: string): NixFailure => {
  const lines = stderr.split('\n');
  const logged = lines.map(parseLogLine).filter((line) => line !== null);
  // What is not JSON comes from before the logger was set up, or from a signal handler.
  const error = logged.filter(({ msg }) => /^\s*error:/.test(stripVTControlCharacters(msg))).at(-1);
  const plain = lines.filter((line) => !line.startsWith('@nix ') && !line.startsWith('warning: ')).join('\n');
  const text = inOlderWords(stripVTControlCharacters(error?.msg ?? inNewerForm(plain)).trim());
  const own = parseExplanation(text);
  // What a builder has printed is not in the error.
  const sandbox = explainSandbox(stderr);
  const places = placesIn(text);
  const innermost =
    error?.file?.startsWith('/') === true ? [placeOf(error.file, error.line ?? 1, error.column ?? 1)] : [];
  const raw = inOlderWords(stripVTControlCharacters(error?.raw_msg ?? '').trim());
  const message = raw || (error === undefined ? messageOf(text).replace(placeBehind, '') : messageOf(text));
  return {
    message: withWordsOfFetcher(message, stderr) || 'Nix failed without a word',
    positions: [
      ...(own?.position ? [own.position] : []),
      ...innermost,
      ...(failureStart(text) > 0 ? places.reverse() : places),
    ],
    ...(sandbox === null ? {} : { sandbox }),
    ...(own?.ofModel === false ? { isOfSurroundings: true as const } : {}),
    ...(own?.lacks === true ? { isLacking: true as const } : {}),
    explanation:
      own === null
        ? null
        : { what: own.what, ...(own.why ? { why: own.why } : {}), ...(own.fix ? { fix: own.fix } : {}) },
    text,
  };
};
