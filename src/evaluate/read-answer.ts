import { EvaluationError, ExplainedError } from '../system/errors.js';
import { parseNixFailure } from './nix-failure.js';

/** What a program of Nix has printed although it succeeded. */
export interface NixAnswer {
  readonly stdout: string;
  readonly stderr: string;
}

/** How much of an answer that makes no sense is shown. */
const mostCharacters = 300;

const beginningOf = (text: string): string =>
  text.length > mostCharacters ? `${text.slice(0, mostCharacters)}…` : text;

/** The words of Nix' log lines, and whatever else is on stderr. */
const wordsOf = (stderr: string): string => {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const said = lines.flatMap((line) => (line.startsWith('@nix ') ? [] : [line]));
  return said.length > 0 ? said.join('\n') : parseNixFailure(stderr).text;
};

/**
 * Reads what Nix has printed.
 *
 * @param read throws when it is none of what our own expressions print
 * @throws EvaluationError with Nix' words then
 */
export const readAnswer = <Result>({ stdout, stderr }: NixAnswer, read: (stdout: string) => Result): Result => {
  try {
    return read(stdout);
  } catch (cause) {
    if (cause instanceof ExplainedError) throw cause;
    const words = wordsOf(stderr);
    throw new EvaluationError(
      {
        what: 'What nix-instantiate printed cannot be understood, although it says that all went well',
        why: [
          stdout.trim() === '' ? 'It printed nothing' : `It printed: ${beginningOf(stdout.trim())}`,
          ...(words === '' ? [] : [`and said: ${beginningOf(words)}`]),
        ].join('\n'),
        fix: 'Look at what is called nix-instantiate on PATH, and whether it works: nix-instantiate --eval --json -E 1',
      },
      { cause },
    );
  }
};
