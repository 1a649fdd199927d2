import type { ProcessFacts } from '../system/process-list.js';
import { lineOf } from './family.js';
import { placeOf } from './own-control-group.js';

/** A process that a plan ends. */
export interface EndingProcess {
  readonly instance: string;
  readonly pid: number;
  /** Whether its manager ends all that is in its control group. Default: only where the group is one of ours. */
  readonly endsControlGroup?: boolean;
}

/** An instance that this command belongs to: to stop it would end the command, too. */
export interface OwnInstance {
  readonly instance: string;
  /** How the command belongs to it, for "this command …". */
  readonly how: string;
}

/** Whether `inner` is `outer`, or within it; the top of the tree holds everybody and says nothing. */
const isWithin = (inner: string | null, outer: string | null): boolean =>
  inner !== null && outer !== null && outer !== '/' && `${inner}/`.startsWith(`${outer}/`);

/**
 * Finds the instances that are to end and that a process belongs to: it descends from theirs, is in the process group that
 * theirs leads, or in its control group, as a service of systemd has one. (What init scripts have started is in the control
 * group of whoever called them: of a login session, say, whose next command is none of the instance's.) Pure.
 *
 * @param self the PID of this command
 */
export const findOwnInstances = (
  ending: readonly EndingProcess[],
  self: number,
  processes: readonly ProcessFacts[],
): readonly OwnInstance[] => {
  const line = lineOf(self, processes);
  const relatives = processes.filter(({ pid }) => line.has(pid));
  const own = relatives.find(({ pid }) => pid === self);
  return ending.flatMap(({ instance, pid, endsControlGroup = false }): readonly OwnInstance[] => {
    // In a container that is PID 1, which a manager outside knows by another number.
    if (pid <= 1) return [];
    if (line.has(pid)) return [{ instance, how: `descends from process ${String(pid)}` }];
    if (relatives.some(({ group }) => group === pid)) {
      return [{ instance, how: `is in the process group of process ${String(pid)}` }];
    }
    const main = processes.find((other) => other.pid === pid);
    const group = main?.controlGroup ?? null;
    return (endsControlGroup || placeOf(group) !== null) && isWithin(own?.controlGroup ?? null, group)
      ? [{ instance, how: `is in the control group of process ${String(pid)}` }]
      : [];
  });
};
