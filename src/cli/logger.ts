import { pino, type Logger } from 'pino';
import { maskSecrets } from '../system/secrets.js';
import { visibleText } from '../system/visible-text.js';
import { paint, type Colour } from './terminal.js';

/** How much is told on stderr. */
export type Verbosity = 'quiet' | 'normal' | 'verbose';

const levels = { quiet: 'warn', normal: 'info', verbose: 'debug' } as const satisfies Record<Verbosity, string>;

interface LogLine {
  readonly level: number;
  readonly msg?: string;
}

const prefixes: readonly (readonly [number, string, Colour | null])[] = [
  [50, 'error: ', 'red'],
  [40, 'warning: ', 'yellow'],
  [30, '', null],
  [0, '', 'dim'],
];

/**
 * Turns pino's lines into lines for people: what happens goes to stderr, so that stdout holds results alone. Whatever model,
 * Nix, manager or service it comes from, the terminal obeys none of it, and what looks like a secret is masked.
 */
const humanDestination = (colour: boolean): { write: (line: string) => void } => ({
  write: (line) => {
    const { level, msg } = JSON.parse(line) as LogLine;
    const [, prefix, style] = prefixes.find(([least]) => level >= least) ?? [0, '', null];
    const text = `${prefix}${visibleText(maskSecrets(msg ?? ''))}`;
    process.stderr.write(`${style === null ? text : paint(text, style, colour)}\n`);
  },
});

export const createLogger = (verbosity: Verbosity, colour: boolean): Logger =>
  pino({ level: levels[verbosity], base: null, timestamp: false }, humanDestination(colour));
