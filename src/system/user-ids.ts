import type { Run } from './ports.js';

/**
 * The number of a user, whatever source of accounts has it.
 *
 * @returns null when there is no such user
 */
export const userId = async (user: string, run: Run): Promise<number | null> => {
  const { exitCode, stdout } = await run({ file: 'id', args: ['-u', '--', user] });
  return exitCode === 0 && /^\d+$/.test(stdout.trim()) ? Number(stdout) : null;
};

/**
 * Tells whether a number is that of a user. Nobody is asked before there is a number to compare.
 *
 * @param user null for nobody
 */
export const isUserCalled =
  (user: string | null, run: Run) =>
  async (uid: number): Promise<boolean> =>
    user !== null && (await userId(user, run)) === uid;
