import { setTimeout as sleep } from 'node:timers/promises';
import { ActivationError } from '../../system/errors.js';
import type { ProcessTable } from '../../system/processes.js';
import { groupOf, livesInGroup } from './process-facts.js';

/** A process that is to end, with how long it gets before it is killed. */
export interface EndingProcess {
  readonly name: string;
  readonly pid: number;
  /** As ProcessTable has it: a PID that was given to another process since is sent nothing. */
  readonly startTime: string;
  readonly milliseconds: number;
}

const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended in the meantime.
  }
};

/** Whether anything lives in a process group: a member that has ended, and whose parent does not care, does not. */
const groupLives = (group: number): boolean => {
  try {
    process.kill(-group, 0);
  } catch {
    return false;
  }
  return livesInGroup(group) ?? true;
};

/** Milliseconds in which the kernel ends what was killed, unless it waits for a device. */
const afterKill = 5000;

/** Looks that find nothing to do cost little; most processes end at once. */
const pause = 20;

/**
 * Ends processes whose manager is gone, all at once, with the process groups that they lead: first they are asked, then
 * killed. Which process a PID stands for is looked at right before each signal.
 *
 * @throws ActivationError naming those that do not end even so
 */
export const endProcesses = async (processes: readonly EndingProcess[], table: ProcessTable): Promise<void> => {
  const endOne = async ({ name, pid, startTime, milliseconds }: EndingProcess): Promise<string | null> => {
    const lives = async (): Promise<boolean> => (await table.find(pid))?.startTime === startTime;
    if (!(await lives())) return null;
    // As long as there is a group of this number, no process gets it.
    const leads = groupOf(pid) === pid;
    const isOver = async (limit: number, isThere: () => Promise<boolean>): Promise<boolean> => {
      const deadline = performance.now() + limit;
      while (await isThere()) {
        if (performance.now() > deadline) return false;
        await sleep(pause);
      }
      return true;
    };
    const anythingLives = async (): Promise<boolean> => (await lives()) || (leads && groupLives(pid));
    if (await lives()) signal(pid, 'SIGTERM');
    const hasEnded = await isOver(milliseconds, lives);
    // What the process itself would have ended, had it not been killed or careless.
    if (leads && groupLives(pid)) signal(-pid, hasEnded ? 'SIGTERM' : 'SIGKILL');
    if (hasEnded && (await isOver(milliseconds, anythingLives))) return null;
    if (await lives()) signal(pid, 'SIGKILL');
    if (leads && groupLives(pid)) signal(-pid, 'SIGKILL');
    return (await isOver(afterKill, anythingLives)) ? null : `${name} (process ${pid})`;
  };
  const left = (await Promise.all(processes.map(endOne))).filter((words) => words !== null);
  if (left.length === 0) return;
  throw new ActivationError({
    what: `Processes that a manager has left behind do not end: ${left.join(', ')}`,
    why: 'They were asked to, and then killed',
    fix: 'See what they wait for (a device, a debugger), and run the command again when they are gone',
  });
};
