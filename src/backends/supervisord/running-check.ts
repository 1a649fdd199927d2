import { ManagerUnavailableError } from '../../system/errors.js';
import { explainTransportError, isHungUp, isNotListening, isShuttingDown } from './server.js';
import type { OwnProcess } from './own-process.js';
import { pathsBelow } from './own-configuration.js';
import type { SupervisorClient } from './supervisor-client.js';

/**
 * Looks whether a profile's supervisord runs, which may be about to start or to end.
 *
 * @param isThere whether there is a directory of ours
 * @returns throws ManagerUnavailableError when it runs and cannot be reached, and ActivationError when it does not end
 */
export const runningCheck = (
  paths: ReturnType<typeof pathsBelow>,
  client: SupervisorClient,
  isThere: () => boolean,
  { livingPid, waitUntilGone, isGoneWithin }: OwnProcess,
): (() => Promise<boolean>) => {
  const isRunning = async (askAgain = true): Promise<boolean> => {
    if (!isThere()) return false;
    try {
      await client.getPid();
      return true;
    } catch (error) {
      const pid = await livingPid();
      if (isShuttingDown(error)) {
        if (pid !== null) await waitUntilGone(pid);
        return false;
      }
      if (isHungUp(error) && askAgain) {
        if (pid !== null) await isGoneWithin(pid, 2);
        return isRunning(false);
      }
      if (!isNotListening(error)) throw explainTransportError(error, paths.socket);
      if (pid === null || (await isGoneWithin(pid, 2))) return false;
      throw new ManagerUnavailableError({
        what: `supervisord (process ${pid}) runs, but cannot be reached`,
        why: `Its socket ${paths.socket} is gone; something else must have removed it`,
        fix: `End it (its programs end with it), and run the command again: kill ${pid}`,
      });
    }
  };

  return () => isRunning();
};
