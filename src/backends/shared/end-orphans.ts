import { endProcesses, type EndingProcess } from '../../system/end-processes.js';
import { ActivationError } from '../../system/errors.js';
import type { Run } from '../../system/ports.js';

/** A process whose manager is gone. */
export interface Orphan extends EndingProcess {
  readonly name: string;
}

/**
 * Ends processes whose manager is gone, with the process groups that they lead: nobody else would end those.
 *
 * @throws ActivationError naming those that do not end even so
 */
export const endOrphans = async (orphans: readonly Orphan[], run: Run): Promise<void> => {
  const left = await endProcesses(orphans, run, true);
  if (left.length === 0) return;
  throw new ActivationError({
    what: `Processes that a manager has left behind do not end: ${left
      .map(({ name, pid }) => `${name} (process ${pid})`)
      .join(', ')}`,
    why: 'They were asked to, and then killed',
    fix: 'See what they wait for (a device, a debugger), and run the command again when they are gone',
  });
};
