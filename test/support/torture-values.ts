import { randomInt } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import fc from 'fast-check';
import type { Backend } from '../../src/backends/backend.js';
import { refuseTooLongValues } from '../../src/model/value-lengths.js';
import type { ManagedProcess } from '../../src/model/process-model.js';
import { ModelError } from '../../src/system/errors.js';
import { managedProcess, unitContext, type UnitSurroundings } from '../backends/support/render-unit.js';

/** NIXPROC_TORTURE: how many thousand strings each way of starting a process gets. Default: 1. */
const thousands = Number(process.env['NIXPROC_TORTURE'] ?? 1);
/** As many strings as fit into one process, each as an argument and as a value. */
const perProcess = 250;

/** Milliseconds that a test with a torture in it may take. */
export const tortureTimeout = 60_000 * Math.max(1, thousands);

/** Texts that have hurt some quoting before, and the longest that a process takes. */
export const awkward: readonly string[] = [
  ...['', ' ', '-', '--', '-n', '-e', '-v', '--init', '~', '!', '*', 'A=*', '=', '#comment', ';', ' ; ', '\\', '\\\\'],
  ...["'", "it's 'quoted'", '"double"', '`id`', '$HOME ${HOME} $(id)', '$$', '\\n', '\\x41', 'trailing\\', '\\;'],
  ...[
    '%',
    '%%',
    '%n',
    '%s 100%',
    '%(here)s',
    '%%(here)s',
    '%(ENV_PATH)s',
    '%d',
    '%(',
    'a;b&c|d<e>f(g)',
    '{a,b}',
    '[!a]',
  ],
  ...['\n', 'two\nlines\n', 'END\nEOF\n', '\r\n\t', '\n[program:x]\ncommand=true\n', ' ;x', '\t#x', '\x01\x1b[31m\x7f'],
  ...[
    'Größe ☃ 𝄞',
    'ä',
    '\u0085',
    '\u00a0',
    '\u2028',
    '\ufeff',
    '\ufdd0',
    '\ufffe',
    '\uffff',
    '\u{1fffe}',
    '\u{10ffff}',
  ],
  ...[
    'x'.repeat(50_000),
    '%$"\'\\ \n'.repeat(15_000),
    '\u0001'.repeat(131_071),
    'x'.repeat(131_072),
    '☃'.repeat(50_000),
  ],
];

const ascii = fc.integer({ min: 1, max: 127 }).map((code) => String.fromCharCode(code));
const anyCharacter = fc.string({ unit: 'binary', maxLength: 5 }).map((text) => text.replaceAll('\0', ''));

/**
 * Texts in which everything occurs that means something to a manager, a parser or a shell. They have every character
 * but NUL, which no process can get, and surrogates without their other half, which neither UTF-8 nor Nix can carry.
 */
export const nasty: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 60,
    arbitrary: fc
      .array(
        fc.oneof(
          fc.constantFrom(...awkward.filter(({ length }) => length < 100)),
          fc.constantFrom(...Array.from('%$"\'\\`!@+-:|*?~&<>()[]{}=,;# \t\n\r')),
          anyCharacter,
          fc.string({ unit: ascii, maxLength: 5 }),
        ),
        { maxLength: 6 },
      )
      .map((parts) => parts.join('')),
  },
  { weight: 1, arbitrary: fc.array(anyCharacter, { minLength: 200, maxLength: 1_000 }).map((parts) => parts.join('')) },
);

/** What one process is started with. */
export interface Load {
  readonly name: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** What a process found. */
export interface Arrived {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

export interface Torture {
  /** Names the manager, and how it is used ("sysvinit, dash"). */
  readonly way: string;
  readonly backend: Backend;
  readonly surroundings?: Partial<UnitSurroundings>;
  /** Starts a process for each load, finds out what it got, and ends it. */
  readonly deliver: (loads: readonly Load[]) => Promise<readonly Arrived[]>;
}

/** The numbers of a torture; NIXPROC_TORTURE_REPORT names a file that gets each as a line of JSON. */
export interface Figure {
  readonly way: string;
  /** How many strings were sent, each once as an argument and once as the value of a variable. */
  readonly strings: number;
  /** How many of these arguments and values were refused. */
  readonly refused: number;
  readonly seconds: number;
  readonly seed: number;
}

export const record = (figure: Figure): void => {
  const file = process.env['NIXPROC_TORTURE_REPORT'];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(figure)}\n`);
};

/** Another one each time, so that more is tried; NIXPROC_TORTURE_SEED brings one back. */
export const tortureSeed = (): number => Number(process.env['NIXPROC_TORTURE_SEED'] ?? randomInt(2 ** 31));

/** The awkward strings, then random ones. */
export const stringsOf = (count: number, seed: number): readonly string[] => [
  ...awkward,
  ...fc.sample(nasty, { seed, numRuns: count - awkward.length }),
];

/** Does something with strings of a seed, which a failure names. */
export const withSeed = async <Result>(seed: number, action: () => Promise<Result>): Promise<Result> => {
  try {
    return await action();
  } catch (cause) {
    throw new Error(`it failed with NIXPROC_TORTURE_SEED=${seed}`, { cause });
  }
};

/** Spreads strings over processes, but for those that may not go there. */
export const loadsOf = (
  prefix: string,
  strings: readonly string[],
  refused: { readonly args: ReadonlySet<string>; readonly values: ReadonlySet<string> },
): readonly Load[] =>
  Array.from({ length: Math.ceil(strings.length / perProcess) }, (_, index) => {
    const texts = strings.slice(index * perProcess, (index + 1) * perProcess);
    const values = texts.filter((text) => !refused.values.has(text));
    return {
      name: `${prefix}${index}`,
      args: texts.filter((text) => !refused.args.has(text)),
      environment: Object.fromEntries(values.map((text, at) => [`V${at}`, text])),
    };
  });

const excerpt = (text: string | undefined): string =>
  text === undefined ? 'nothing' : JSON.stringify(text).slice(0, 500);

const compareTexts = (where: string, sent: string | undefined, got: string | undefined): void => {
  if (sent !== got) throw new Error(`${where}: ${excerpt(sent)} arrived as ${excerpt(got)}`);
};

/** @throws naming the first string that did not arrive byte for byte */
export const compare = (loads: readonly Load[], arrived: readonly Arrived[]): void => {
  for (const [index, { name, args, environment }] of loads.entries()) {
    const got = arrived[index] ?? { args: [], environment: {} };
    for (let at = 0; at < Math.max(args.length, got.args.length); at += 1) {
      compareTexts(`argument ${at + 1} of ${name}`, args[at], got.args[at]);
    }
    for (const [variable, value] of Object.entries(environment)) {
      compareTexts(`${variable} of ${name}`, value, got.environment[variable]);
    }
  }
};

/** Whether a process is refused before anything is written. @throws when the refusal does not say where the value is */
const isRefused = ({ backend, surroundings }: Torture, properties: Partial<ManagedProcess>, place: string): boolean => {
  const tortured = managedProcess({ foreground: { executable: '/bin/x', args: [] }, ...properties });
  const context = {
    ...unitContext(tortured, { root: '/nonexistent', ...surroundings }),
    storeText: (name: string) => `/nonexistent/store/${name}`,
  };
  try {
    refuseTooLongValues(tortured, context.instance);
    backend.render(backend.translate(tortured, context).arguments, context);
    return false;
  } catch (error) {
    if (error instanceof ModelError && error.message.includes(place)) return true;
    throw new Error(`${backend.name} refuses a value without naming its place, ${place}`, { cause: error });
  }
};

const refusedOf = (options: Torture, strings: readonly string[]) => ({
  args: new Set(
    strings.filter((text) =>
      isRefused(options, { foreground: { executable: '/bin/x', args: ['', text] } }, 'argument number 2'),
    ),
  ),
  values: new Set(strings.filter((text) => isRefused(options, { environment: { V000: text } }, 'environment.V000'))),
});

/**
 * Sends 1,000 strings × NIXPROC_TORTURE to processes, each as an argument and as the value of a variable. Every one has
 * to arrive byte for byte, or to be refused with a message that names its place.
 *
 * @throws naming the first that did not, and the seed that makes the same strings again
 */
export const torture = async (options: Torture): Promise<void> => {
  const { way, deliver } = options;
  const firstSeed = tortureSeed();
  const begin = performance.now();
  let refused = 0;
  for (let seed = firstSeed; seed < firstSeed + thousands; seed += 1) {
    await withSeed(seed, async () => {
      const strings = stringsOf(1_000, seed);
      const unfit = refusedOf(options, strings);
      refused += unfit.args.size + unfit.values.size;
      const loads = loadsOf(`torture-${seed}-`, strings, unfit);
      compare(loads, await deliver(loads));
    });
  }
  const seconds = Math.round((performance.now() - begin) / 100) / 10;
  record({ way, strings: 1_000 * thousands, refused, seconds, seed: firstSeed });
};
