import type { ProcessFacts } from '../system/process-list.js';
import { familyOf, isNotOlder, lineOf, type Sought, type Untouchables } from './family.js';
import { placeOf } from './own-control-group.js';

/**
 * Finds what starts of an instance have left behind that are over: of one that runs, what is older than its process, or in
 * the control group of another start. Pure.
 *
 * @param root the process of the instance; null when it does not run
 */
export const findStrays = (
  sought: Omit<Sought, 'roots'>,
  root: number | null,
  spared: Untouchables,
  processes: readonly ProcessFacts[],
): readonly ProcessFacts[] => {
  const { members } = familyOf({ ...sought, roots: [] }, spared, processes);
  const main = processes.find(({ pid }) => pid === root);
  if (main === undefined) return members;
  const current = placeOf(main.controlGroup)?.path;
  const above = lineOf(main.pid, processes);
  const isOver = ({ pid, controlGroup }: ProcessFacts): boolean => {
    const place = placeOf(controlGroup);
    // Whoever keeps it in the background, or another process that the same supervisor runs for the instance, is not.
    if (place === null) return !above.has(pid) && (main.parent <= 1 || !lineOf(pid, processes).has(main.parent));
    // One of several processes of an instance still is what its start began as.
    const first = processes.find(({ pid }) => pid === place.start);
    return place.path !== current && placeOf(first?.controlGroup ?? null)?.path !== place.path;
  };
  return members.filter((facts) => facts !== main && !isNotOlder(facts, main) && isOver(facts));
};
