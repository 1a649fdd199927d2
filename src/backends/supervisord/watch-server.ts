import { setTimeout as sleep } from 'node:timers/promises';
import { ManagerUnavailableError } from '../../system/errors.js';
import type { SupervisordServer } from './server.js';

/** Milliseconds between two looks. */
const pause = 2000;

/**
 * Returns when the signal is aborted.
 *
 * @throws ManagerUnavailableError when supervisord ends before that
 */
export const watchServer = async (
  server: () => Pick<SupervisordServer, 'isRunning'> | null,
  signal: AbortSignal,
): Promise<void> => {
  const isOver = (): boolean => signal.aborted;
  while (!isOver()) {
    await sleep(pause, undefined, { signal }).catch(() => undefined);
    if (isOver() || (await server()?.isRunning()) === true) continue;
    throw new ManagerUnavailableError({
      what: 'supervisord has ended',
      why: 'Something else than this command ended it',
      fix: 'Run the command again',
    });
  }
};
