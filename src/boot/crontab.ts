import { shellQuote } from '../backends/shared/shell-quote.js';
import { ActivationError } from '../system/errors.js';
import type { RunRequest, RunResult } from '../system/ports.js';
import { MissingProgramError } from '../system/run.js';
import type { MachineInit } from './boot-entry.js';

const timeout = 60_000;
/** Its words tell an empty table from one that cannot be read. */
const environment = { LC_ALL: 'C' };

const show: RunRequest = { file: 'crontab', args: ['-l'], env: environment, timeout };

const failed = (what: string, { stderr, exitCode }: RunResult): ActivationError =>
  new ActivationError({
    what,
    why: stderr.trim() || `crontab ended with exit code ${String(exitCode)}`,
    fix: 'Ask who runs this machine to allow you a crontab, or leave out --enable-at-boot',
  });

/**
 * The caller's crontab (crontab(1)), with a line for "@reboot" (crontab(5)). What else is in it stays as it is, byte for
 * byte.
 */
export const crontab: MachineInit = {
  isInCharge: async ({ run }) => {
    try {
      const { exitCode, stderr } = await run(show);
      return exitCode === 0 || /no crontab/i.test(stderr);
    } catch (error) {
      if (error instanceof MissingProgramError) return false;
      throw error;
    }
  },
  entryFor: ({ name, script, log }, { run }) => {
    const mark = ` # ${name}`;
    /** @throws ActivationError: a table that cannot be read must not be replaced */
    const read = async (): Promise<readonly string[]> => {
      const result = await run(show);
      if (result.exitCode === 0) return result.stdout.split('\n');
      if (/no crontab/i.test(result.stderr)) return [];
      throw failed('Your crontab cannot be read', result);
    };
    const replace = async (lines: readonly string[]): Promise<void> => {
      const input = lines.join('\n');
      const result = await run({ file: 'crontab', args: ['-'], env: environment, input, timeout });
      if (result.exitCode !== 0) throw failed('Your crontab cannot be changed', result);
    };
    const isOurs = (line: string): boolean => line.endsWith(mark);
    // cron takes "%" for the end of a line.
    const command = `/bin/sh ${shellQuote(script)} >>${shellQuote(log)} 2>&1`.replaceAll('%', '\\%');
    return {
      place: 'your crontab',
      isThere: async () => (await read()).some(isOurs),
      check: async () => {
        await read();
      },
      write: async () => {
        const others = (await read()).filter((line) => !isOurs(line));
        while (others.at(-1) === '') others.pop();
        await replace([...others, `@reboot ${command}${mark}`, '']);
      },
      remove: async () => {
        const lines = await read();
        if (lines.some(isOurs)) await replace(lines.filter((line) => !isOurs(line)));
      },
    };
  },
};
