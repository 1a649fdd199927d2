import { setTimeout as sleep } from 'node:timers/promises';
import type { Run } from './ports.js';
import { listProcesses, livingAmong, type ProcessFacts } from './process-list.js';

/** A process that is to end, with how long it gets before it is killed. */
export interface EndingProcess extends Pick<ProcessFacts, 'pid' | 'startTime'> {
  readonly milliseconds: number;
}

/** How often is looked whether processes have ended, in milliseconds: most end at once, and a look costs little. */
const pause = 20;

/** What SIGKILL takes at most, in milliseconds; what it does not end hangs in the kernel, or is not ours to end. */
const patienceWithKernel = 5000;

/** @param pid negative for a process group */
const send = (signal: NodeJS.Signals, pid: number): void => {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended just now, or is another user's: whoever lives in the end is told.
  }
};

/** Whether anything lives in a process group: a member that has ended, and whose parent does not care, does not. */
const groupLives = async (group: number, run: Run): Promise<boolean> => {
  try {
    process.kill(-group, 0);
  } catch {
    return false;
  }
  return (await listProcesses(run)).some((facts) => facts.group === group);
};

const isOver = async (milliseconds: number, isThere: () => Promise<boolean>): Promise<boolean> => {
  const deadline = performance.now() + milliseconds;
  while (await isThere()) {
    if (performance.now() >= deadline) return false;
    await sleep(pause);
  }
  return true;
};

const endOne = async (ending: EndingProcess, leads: boolean, run: Run): Promise<boolean> => {
  const { pid, milliseconds } = ending;
  const lives = async (): Promise<boolean> => (await livingAmong([ending], run)).length > 0;
  // As long as there is a group of this number, no process gets it.
  const groupIsThere = async (): Promise<boolean> => leads && (await groupLives(pid, run));
  const anythingLives = async (): Promise<boolean> => (await lives()) || (await groupIsThere());
  if (await lives()) send('SIGTERM', pid);
  const hasEnded = await isOver(milliseconds, lives);
  // What the process itself would have ended, had it not been killed or careless.
  if (hasEnded && (await groupIsThere())) send('SIGTERM', -pid);
  if (hasEnded && (await isOver(milliseconds, anythingLives))) return true;
  if (await lives()) send('SIGKILL', pid);
  if (await groupIsThere()) send('SIGKILL', -pid);
  return isOver(patienceWithKernel, anythingLives);
};

/**
 * Ends processes, all at once: SIGTERM, and SIGKILL to what is left when the time is over. Before each signal is looked whether
 * the very process still lives, so that no other one gets it that has the same PID by then.
 *
 * @param withGroups whether the process groups that they lead end with them. Default: they do not
 * @returns those that live on
 */
export const endProcesses = async <Ending extends EndingProcess>(
  some: readonly Ending[],
  run: Run,
  withGroups = false,
): Promise<readonly Ending[]> => {
  const living = await livingAmong(some, run);
  const leaders = new Set(
    withGroups && living.length > 0
      ? (await listProcesses(run)).flatMap(({ pid, group }) => (pid === group ? [pid] : []))
      : [],
  );
  const ended = await Promise.all(living.map((ending) => endOne(ending, leaders.has(ending.pid), run)));
  return living.filter((_, index) => ended[index] === false);
};
