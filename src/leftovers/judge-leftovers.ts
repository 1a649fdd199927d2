import type { ProcessFacts } from '../system/process-list.js';
import type { LeftoverPolicy } from '../model/leftovers.js';
import type { Family } from './family.js';

/** What becomes of the processes that an instance has left behind. */
export interface Verdict {
  /** They end with the instance. */
  readonly end: readonly ProcessFacts[];
  /** They stay. */
  readonly stay: readonly ProcessFacts[];
}

/** Whoever is kept, and everybody above them: a daemon's child may look after a job that has a session of its own. */
const keepersOf = (kept: readonly ProcessFacts[], left: ReadonlyMap<number, ProcessFacts>): ReadonlySet<number> => {
  const keepers = new Set<number>();
  for (const { parent } of kept) {
    for (let at = left.get(parent); at !== undefined && !keepers.has(at.pid); at = left.get(at.parent)) {
      keepers.add(at.pid);
    }
  }
  return keepers;
};

/**
 * Decides which processes end with their instance: its session, its process group, and who listens at its port. The
 * others stay, and so does whoever looks after one of them, unless the model says otherwise. Pure.
 *
 * @param left those of the family that still live
 * @param listeners PIDs of those that listen at a port of the instance
 */
export const judgeLeftovers = (
  left: readonly ProcessFacts[],
  { sessions, groups }: Pick<Family, 'sessions' | 'groups'>,
  listeners: ReadonlySet<number>,
  policy: LeftoverPolicy,
): Verdict => {
  if (policy === 'end') return { end: left, stay: [] };
  if (policy === 'process') return { end: [], stay: left };
  const isBound = ({ session, group }: ProcessFacts): boolean =>
    (session !== null && sessions.has(session)) || groups.has(group);
  const byPid = new Map(left.map((facts) => [facts.pid, facts]));
  const keepers = keepersOf(
    left.filter((facts) => !isBound(facts) && !listeners.has(facts.pid)),
    byPid,
  );
  const ends = (facts: ProcessFacts): boolean =>
    listeners.has(facts.pid) || (isBound(facts) && !keepers.has(facts.pid));
  return { end: left.filter(ends), stay: left.filter((facts) => !ends(facts)) };
};
