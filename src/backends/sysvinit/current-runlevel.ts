import { existsSync } from 'node:fs';
import { UsageError } from '../../system/errors.js';
import { MissingProgramError } from '../../system/run.js';
import type { SessionContext } from '../backend.js';
import { managerAnswers } from '../shared/manager-answers.js';

/** Where a deployment starts scripts when the machine has no runlevel: the one that Linux systems use for servers. */
const defaultRunlevel = '3';

/** Where runlevel(8) looks, unless RUNLEVEL says it: a machine that was started by something else than init may have none. */
const utmp = ['/run/utmp', '/var/run/utmp'];

/**
 * The runlevel that the user chose, else that of the machine: runlevel(8) prints the previous and the current one, or
 * "unknown".
 *
 * @param records the files where init writes it down. Default: those of the machine
 * @throws UsageError for what is no runlevel; NoAnswerError
 */
export const currentRunlevel = async (
  { run, managerOptions, env, answerLimits }: Pick<SessionContext, 'run' | 'managerOptions' | 'env' | 'answerLimits'>,
  records: readonly string[] = utmp,
): Promise<string> => {
  const chosen = managerOptions['runlevel'];
  if (chosen !== undefined) {
    if (/^[0-9S]$/.test(chosen)) return chosen;
    throw new UsageError({
      what: `There is no runlevel "${chosen}"`,
      fix: 'Choose one from 0 to 9, or S',
    });
  }
  // Most containers: a process that can only say "unknown" is not worth its start.
  if ((env['RUNLEVEL'] ?? '') === '' && !records.some((file) => existsSync(file))) return defaultRunlevel;
  try {
    const { question } = managerAnswers({ name: 'init', check: 'runlevel' }, answerLimits);
    const { stdout } = await question('runlevel', (signal) => run({ file: 'runlevel', args: [], signal }));
    return /^\S ([0-9S])\s*$/.exec(stdout)?.[1] ?? defaultRunlevel;
  } catch (error) {
    if (error instanceof MissingProgramError) return defaultRunlevel;
    throw error;
  }
};
