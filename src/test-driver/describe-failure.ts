import type { Outcome, TestFailure } from './outcome.js';

/** How many lines of what a command has printed are shown. */
const mostLines = 30;

const lastLines = (text: string): readonly string[] => text.trimEnd().split('\n').slice(-mostLines);

const indented = (lines: readonly string[]): string => lines.map((line) => `    ${line}`).join('\n');

const block = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 || lines.every((line) => line === '') ? [] : [`  ${title}:`, indented(lines)];

const placeOf = ({ phase, instance, line }: TestFailure): string =>
  [phase, ...(instance === null ? [] : [`of ${instance}`]), ...(line === null ? [] : [`line ${String(line)}`])].join(
    ' ',
  );

/**
 * What to say below the name of a failed variant: where, the script's line, the command, its output, and the last lines that services have
 * printed.
 *
 * @param logFile null where none stays
 */
export const describeFailure = (outcome: Extract<Outcome, { kind: 'failed' }>, logFile: string | null): string => {
  const { failure, reason } = outcome;
  const lines =
    failure === null
      ? block('why', reason.split('\n'))
      : [
          `  in: ${placeOf(failure)}`,
          ...block('script', failure.text === null ? [] : [failure.text]),
          ...block('command', failure.command === null ? [] : failure.command.split('\n')),
          ...block('why', failure.message === null ? [] : lastLines(failure.message)),
          ...block('output', lastLines(failure.output)),
          ...failure.logs.flatMap(({ name, lines: last }) => block(`last lines of ${name}`, last)),
        ];
  return [...lines, ...(logFile === null ? [] : [`  log: ${logFile}`]), ''].join('\n');
};
