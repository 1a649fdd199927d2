import { styleText } from 'node:util';
import { visibleLine } from '../system/visible-text.js';
import { handlingSignals } from './stop-signals.js';

export type Colour = 'red' | 'green' | 'yellow' | 'dim' | 'bold';

/** No colour without a terminal, nor when NO_COLOR is set (https://no-color.org). */
export const wantsColour = (
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): boolean => stream.isTTY === true && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';

export const paint = (text: string, colour: Colour, enabled: boolean): string =>
  enabled ? styleText(colour, text) : text;

/** "1 process", "3 processes". */
export const countOf = (count: number, one: string, many: string): string =>
  `${String(count)} ${count === 1 ? one : many}`;

/** Lines up cells in columns two spaces apart; the first row is the heading. A row is a line, whatever is in its cells. */
export const formatTable = (table: readonly (readonly string[])[]): string => {
  const rows = table.map((row) => row.map(visibleLine));
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, cell.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
};

/** "512 B", "1.4 MiB". */
export const formatBytes = (bytes: number): string => {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let [value, unit] = [Math.abs(bytes), 0];
  while (value >= 1024 && unit < units.length - 1) [value, unit] = [value / 1024, unit + 1];
  return `${bytes < 0 ? '-' : ''}${unit === 0 ? String(value) : value.toFixed(1)} ${units[unit] ?? ''}`;
};

/** Shows a text on stderr and gives the line that comes from stdin; "" when there is none (Control-C, Control-D). */
export const askOnTerminal = async (text: string): Promise<string> => {
  const { createInterface } = await import('node:readline');
  return handlingSignals(
    () =>
      new Promise((resolve) => {
        process.stderr.write(text);
        // The terminal's own line editing is enough for one word.
        const lines = createInterface({ input: process.stdin, terminal: false });
        const answer = (line: string): void => {
          process.off('SIGINT', refuse).off('SIGTERM', refuse);
          resolve(line);
          lines.close();
          process.stdin.unref();
        };
        const refuse = (): void => {
          process.stderr.write('\n');
          answer('');
        };
        process.once('SIGINT', refuse).once('SIGTERM', refuse);
        lines.once('line', answer).once('close', () => {
          answer('');
        });
      }),
  );
};
