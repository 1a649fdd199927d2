import type { Ports } from '../../system/ports.js';
import { defaultAnswerLimits } from './manager-answers.js';

/** The number of a user; null when there is none of that name. */
export const uidOf = async (user: string, { run }: Pick<Ports, 'run'>): Promise<number | null> => {
  const { exitCode, stdout } = await run({
    file: 'id',
    args: ['-u', '--', user],
    timeout: defaultAnswerLimits.patience,
  });
  return exitCode === 0 ? Number(stdout.trim()) : null;
};
