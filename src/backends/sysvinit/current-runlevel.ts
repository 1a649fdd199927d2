import { UsageError } from '../../system/errors.js';
import { MissingProgramError } from '../../system/run.js';
import type { SessionContext } from '../backend.js';

/** Where a deployment starts scripts when the machine has no runlevel: the one that Linux systems use for servers. */
const defaultRunlevel = '3';

/**
 * The runlevel that the user chose, else that of the machine: runlevel(8) prints the previous and the current one, or
 * "unknown".
 *
 * @throws UsageError for what is no runlevel
 */
export const currentRunlevel = async ({
  run,
  managerOptions,
}: Pick<SessionContext, 'run' | 'managerOptions'>): Promise<string> => {
  const chosen = managerOptions['runlevel'];
  if (chosen !== undefined) {
    if (/^[0-9S]$/.test(chosen)) return chosen;
    throw new UsageError({
      what: `There is no runlevel "${chosen}"`,
      fix: 'Choose one from 0 to 9, or S',
    });
  }
  try {
    const { stdout } = await run({ file: 'runlevel', args: [] });
    return /^\S ([0-9S])\s*$/.exec(stdout)?.[1] ?? defaultRunlevel;
  } catch (error) {
    if (error instanceof MissingProgramError) return defaultRunlevel;
    throw error;
  }
};
