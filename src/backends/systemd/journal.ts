import { setTimeout as sleep } from 'node:timers/promises';
import type { Run } from '../../system/ports.js';
import { MissingProgramError } from '../../system/run.js';
import * as z from '../../system/schema.js';
import type { Scope } from './scope.js';

const entry = z.object({
  // Bytes that are no text come as numbers.
  MESSAGE: z.nullish(z.union([z.string(), z.array(z.int())])),
  SYSLOG_IDENTIFIER: z.nullish(z.string()),
});

/** Undefined for a line that was cut off. */
const jsonIn = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
};

const messageOf = (line: string): readonly string[] => {
  const read = entry.safeParse(jsonIn(line));
  if (!read.success) return [];
  const { MESSAGE: message, SYSLOG_IDENTIFIER: writer } = read.data;
  // What systemd says about the unit is known better from its properties.
  if (message === null || message === undefined || writer === 'systemd') return [];
  return [typeof message === 'string' ? message : Buffer.from(message).toString('utf8')];
};

const readLastWords = async (unit: string, since: number, run: Run, { unitOption }: Scope): Promise<string> => {
  try {
    const { exitCode, stdout } = await run({
      file: 'journalctl',
      args: [
        ...['--quiet', '--no-pager', '--output=json', '--output-fields=MESSAGE,SYSLOG_IDENTIFIER'],
        ...[`${unitOption}=${unit}`, `--since=@${Math.floor(since / 1000)}`, '--lines=20'],
      ],
      timeout: 10_000,
    });
    if (exitCode !== 0) return '';
    return stdout
      .split('\n')
      .flatMap((line) => (line === '' ? [] : messageOf(line)))
      .slice(-5)
      .join('\n');
  } catch (error) {
    if (error instanceof MissingProgramError) return '';
    throw error;
  }
};

/** Milliseconds until the journal is asked again. */
const pauses = [100, 300, 900] as const;

/**
 * The last lines that a unit has written, as far as the journal may be read. journald gets round to what a process has
 * said when that may have ended long since: where there is nothing, a second look is worth the time.
 *
 * @param since milliseconds since the epoch; older lines are of earlier starts
 */
export const lastWords = async (unit: string, since: number, run: Run, scope: Scope): Promise<string> => {
  for (const pause of pauses) {
    const words = await readLastWords(unit, since, run, scope);
    if (words !== '') return words;
    await sleep(pause);
  }
  return readLastWords(unit, since, run, scope);
};
