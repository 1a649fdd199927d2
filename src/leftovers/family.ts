import type { ProcessFacts } from '../system/process-list.js';
import { markOf, placeOf } from './own-control-group.js';

/** What an instance is looked for by. */
export interface Sought {
  /** See controlGroupKey. */
  readonly key: string;
  /** The PIDs that its manager knows. */
  readonly roots: readonly number[];
  /** PIDs of others that are known to be its own. Default: none. */
  readonly relatives?: readonly number[];
}

/** Processes that are left alone whatever they seem to belong to. */
export interface Untouchables {
  /** This process: it and its ancestors are spared. */
  readonly self: number;
  /** PIDs of other instances: what descends from them is theirs. */
  readonly others: ReadonlySet<number>;
}

/** The processes of an instance. */
export interface Family {
  readonly members: readonly ProcessFacts[];
  /** Sessions and process groups in which there is nobody else. */
  readonly sessions: ReadonlySet<number>;
  readonly groups: ReadonlySet<number>;
}

export const noFamily: Family = { members: [], sessions: new Set(), groups: new Set() };

/** PIDs of a process and of all its ancestors. */
export const lineOf = (pid: number, processes: readonly ProcessFacts[]): ReadonlySet<number> => {
  const byPid = new Map(processes.map((facts) => [facts.pid, facts]));
  const line = new Set<number>();
  for (let at: number | undefined = pid; at !== undefined && at > 0 && !line.has(at); at = byPid.get(at)?.parent) {
    line.add(at);
  }
  return line;
};

const bonds = ['session', 'group'] as const;

/** Start times as /proc has them can be compared; ps' words cannot, and prove nothing. */
export const isNotOlder = (a: ProcessFacts, b: ProcessFacts): boolean =>
  /^\d+$/.test(a.startTime) && /^\d+$/.test(b.startTime) && Number(a.startTime) >= Number(b.startTime);

/** Everybody who may belong to an instance: not the init process, not who asks, not another instance. */
const candidates = (
  { key }: Sought,
  { self, others }: Untouchables,
  processes: readonly ProcessFacts[],
): ReadonlyMap<number, ProcessFacts> => {
  const spared = new Set([1, ...lineOf(self, processes), ...others]);
  const isElsewhere = (facts: ProcessFacts): boolean => {
    const mark = markOf(facts);
    return mark !== null && mark !== key;
  };
  return new Map(processes.filter((p) => !spared.has(p.pid) && !isElsewhere(p)).map((p) => [p.pid, p]));
};

/** These processes and what descends from them, among the candidates. */
export const withDescendants = (
  some: readonly ProcessFacts[],
  among: ReadonlyMap<number, ProcessFacts>,
): ReadonlyMap<number, ProcessFacts> => {
  const children = new Map<number, ProcessFacts[]>();
  for (const facts of among.values()) {
    const siblings = children.get(facts.parent);
    if (siblings === undefined) children.set(facts.parent, [facts]);
    else siblings.push(facts);
  }
  const found = new Map<number, ProcessFacts>();
  const queue = [...some];
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    if (found.has(at.pid)) continue;
    found.set(at.pid, at);
    queue.push(...(children.get(at.pid) ?? []));
  }
  return found;
};

/** What is known of all processes while those of an instance are looked for. */
interface Known {
  /** Those that were found. */
  readonly members: ReadonlyMap<number, ProcessFacts>;
  /** Those that may be the instance's. */
  readonly among: ReadonlyMap<number, ProcessFacts>;
  readonly processes: readonly ProcessFacts[];
}

/**
 * Whether a session or a process group is the instance's alone. Many may share the one that a supervisor, an operator's
 * shell or an init script has made.
 */
const isOwn = (
  root: ProcessFacts,
  id: number,
  fellows: readonly ProcessFacts[],
  { members, among, processes }: Known,
): boolean => {
  if (fellows.some(({ pid }) => !among.has(pid))) return false;
  if (members.has(id)) return true;
  if (processes.some(({ pid }) => pid === id)) return false;
  // Who made it has ended, as a daemon's first process does.
  if (placeOf(root.controlGroup) !== null) return fellows.every(({ pid }) => members.has(pid));
  return (
    fellows.every(({ pid }) => pid !== root.parent) &&
    fellows.every((fellow) => members.has(fellow.pid) || isNotOlder(fellow, root))
  );
};

/**
 * Finds the processes of an instance: those with its mark, what its manager knows with all that descends from it,
 * and who is in a session or a process group of its own. Pure.
 */
export const familyOf = (sought: Sought, spared: Untouchables, processes: readonly ProcessFacts[]): Family => {
  const among = candidates(sought, spared, processes);
  const roots = sought.roots.flatMap((pid) => among.get(pid) ?? []);
  const marked = [...among.values()].filter((facts) => markOf(facts) === sought.key);
  const relatives = (sought.relatives ?? []).flatMap((pid) => among.get(pid) ?? []);
  let members = withDescendants([...roots, ...relatives, ...marked], among);
  const own = { session: new Set<number>(), group: new Set<number>() };
  for (const bond of bonds) {
    for (const root of roots) {
      const id = root[bond];
      if (id === null || id <= 1 || own[bond].has(id)) continue;
      const fellows = processes.filter((other) => other[bond] === id);
      if (!isOwn(root, id, fellows, { members, among, processes })) continue;
      own[bond].add(id);
      members = withDescendants([...members.values(), ...fellows], among);
    }
    // The process that it began as leads its own, also when it has ended.
    for (const member of marked) {
      const id = member[bond];
      if (id === null || id !== placeOf(member.controlGroup)?.start) continue;
      if (processes.every((other) => other[bond] !== id || members.has(other.pid))) own[bond].add(id);
    }
  }
  return { members: [...members.values()], sessions: own.session, groups: own.group };
};
