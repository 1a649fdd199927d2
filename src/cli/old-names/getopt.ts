import { UsageError } from '../../system/errors.js';

/** An option as getopt_long(3) knows it. */
export interface GetoptOption {
  /** Without dashes. */
  readonly name: string;
  /** Another long name for the same. */
  readonly otherName?: string;
  /** One letter. */
  readonly letter?: string;
  readonly takesValue: boolean;
}

/** A command line, taken apart. */
export interface GetoptLine {
  /** By long name; of an option that was given more than once the last one counts, and true stands for no value. */
  readonly options: ReadonlyMap<string, string | true>;
  readonly operands: readonly string[];
}

const namesOf = ({ name, otherName }: GetoptOption): readonly string[] =>
  otherName === undefined ? [name] : [name, otherName];

/** Finds a long option by its name or by a beginning that no other has. */
const findLong = (given: string, options: readonly GetoptOption[]): GetoptOption => {
  const exact = options.find((option) => namesOf(option).includes(given));
  if (exact !== undefined) return exact;
  const [option, ...others] = options.filter((candidate) => namesOf(candidate).some((name) => name.startsWith(given)));
  if (option === undefined) throw new UsageError({ what: `There is no option --${given}` });
  if (others.length > 0) {
    const meant = [option, ...others].map(({ name }) => `--${name}`).join(', ');
    throw new UsageError({ what: `--${given} may mean: ${meant}`, fix: 'Write more letters of it' });
  }
  return option;
};

/**
 * Takes a command line apart as getopt_long(3) does: long options with `=VALUE` or the value as the next word, long names
 * abbreviated as long as they are unique, letters together, operands between options, and `--`, after which there are
 * operands alone. A value is a value, whatever it looks like.
 *
 * @param args without the program's name
 * @throws UsageError for an unknown or ambiguous option, a missing value or one that is too many
 */
export const getopt = (args: readonly string[], options: readonly GetoptOption[]): GetoptLine => {
  const found = new Map<string, string | true>();
  const operands: string[] = [];
  const words = args[Symbol.iterator]();
  const valueOf = (option: string): string => {
    const { value, done } = words.next();
    if (done === true) throw new UsageError({ what: `${option} needs a value` });
    return value;
  };

  for (let next = words.next(); next.done !== true; next = words.next()) {
    const word = next.value;
    if (word === '--') {
      operands.push(...words);
    } else if (word.startsWith('--')) {
      const [, given = '', value] = /^--([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
      const option = findLong(given, options);
      if (!option.takesValue && value !== undefined) throw new UsageError({ what: `--${option.name} takes no value` });
      found.set(option.name, option.takesValue ? (value ?? valueOf(`--${option.name}`)) : true);
    } else if (word.startsWith('-') && word !== '-') {
      for (let letters = word.slice(1); letters !== ''; letters = letters.slice(1)) {
        const letter = letters.charAt(0);
        const option = options.find((candidate) => candidate.letter === letter);
        if (option === undefined) throw new UsageError({ what: `There is no option -${letter}` });
        if (!option.takesValue) {
          found.set(option.name, true);
          continue;
        }
        found.set(option.name, letters.length > 1 ? letters.slice(1) : valueOf(`-${letter}`));
        break;
      }
    } else {
      operands.push(word);
    }
  }
  return { options: found, operands };
};
