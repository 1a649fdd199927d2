import { familyOf, noFamily, type Family } from '../leftovers/family.js';
import { controlGroupKey, markOf, topGroup } from '../leftovers/own-control-group.js';
import type { ManagerName } from '../model/process-model.js';
import { isUp, type ObservedUnit } from '../plan/plan-activation.js';
import type { DeployedUnit } from '../profile/manifest.js';
import { removeEmptyGroups } from '../system/control-groups.js';
import type { Ports } from '../system/ports.js';
import { environmentOf, listProcesses, type ProcessFacts } from '../system/process-list.js';
import { endLeftovers } from './end-leftovers.js';
import { believedPids } from './believed-pids.js';
import { lookWithOthers } from './look-with-others.js';
import type { ManagedProfile, Sessions } from './sessions.js';

/** Sees to what instances leave behind when they end. */
export interface LeftoverWatch {
  /** To be called before units are stopped: remembers which processes belong to them. */
  readonly look: (manager: ManagerName, units: readonly DeployedUnit[]) => Promise<void>;
  /**
   * To be called when units have ended, before anything takes their place: ends what goes with them, and warns of what
   * stays. It counts once for each look.
   *
   * @param replaced whether new versions run already: then only what was there at the look is looked for. Default: false
   */
  readonly clear: (manager: ManagerName, units: readonly DeployedUnit[], replaced?: boolean) => Promise<void>;
  /** To be called after an installation: clears what a manager ends only then (ManagerSession.changesAtInstall). */
  readonly clearAfterInstall: (manager: ManagerName) => Promise<void>;
  /** To be called before units are started that may have ended by themselves. */
  readonly clearBeforeStart: (manager: ManagerName, units: readonly DeployedUnit[]) => Promise<void>;
}

/** What was seen of a unit before it ended, and the PIDs of all others. */
interface Seen {
  readonly family: Family;
  readonly others: ReadonlySet<number>;
}

/**
 * Finds those whose environment says that they come from the same instance as a process; few programs overwrite it.
 *
 * @param names variables whose values together name an instance; empty where there are none
 * @returns a function that takes the PID of the process, and returns PIDs
 */
export const namedAlike = (
  names: readonly string[],
  processes: readonly ProcessFacts[],
): ((root: number) => readonly number[]) => {
  const named = new Map<string, number[]>();
  const nameOf = (pid: number): string | null => {
    const environment = environmentOf(pid);
    return names.every((name) => environment.has(name)) ? names.map((name) => environment.get(name)).join('\0') : null;
  };
  for (const { pid } of names.length === 0 ? [] : processes) {
    const name = nameOf(pid);
    if (name !== null) named.set(name, [...(named.get(name) ?? []), pid]);
  }
  return (root) => (names.length === 0 ? [] : (named.get(nameOf(root) ?? '') ?? []));
};

/** What belongs to a unit that has ended: what is left of what was seen before, with what has come since. */
const familyNow = (key: string, { family, others }: Seen, now: readonly ProcessFacts[]): Family => {
  const self = process.pid;
  const here = new Map(now.map(({ pid, startTime }) => [pid, startTime]));
  const relatives = family.members.flatMap(({ pid, startTime }) => (here.get(pid) === startTime ? [pid] : []));
  const { members, sessions: alone, groups } = familyOf({ key, roots: [], relatives }, { self, others }, now);
  return {
    members,
    sessions: new Set([...family.sessions, ...alone]),
    groups: new Set([...family.groups, ...groups]),
  };
};

/**
 * @param sides the generations that may be involved, whose units the managers are asked for
 * @param present what was seen a moment ago. Default: nothing was
 */
export const watchLeftovers = (
  sides: readonly ManagedProfile[],
  sessions: Sessions,
  { run, log }: Pick<Ports, 'run' | 'log'>,
  present: readonly ObservedUnit[] = [],
): LeftoverWatch => {
  const self = process.pid;
  const seenOf = new Map<string, Seen>();
  const runtimeDirs = new Map(sides.map(({ profile }) => [profile.path, profile.directories.runtimeDir]));
  const nameOf = (manager: ManagerName, { name }: DeployedUnit): string => `${manager} ${name}`;

  const { look, forget } = lookWithOthers(sides, sessions, present);

  const keyOf = (manager: ManagerName, { name, profile }: DeployedUnit): string => {
    const side = sides.find((other) => other.manager === manager);
    return controlGroupKey(runtimeDirs.get(profile) ?? side?.profile.directories.runtimeDir ?? '', name);
  };
  /** Units that a manager was told to end, and will end when it is given its new units. */
  const atInstall = new Map<ManagerName, DeployedUnit[]>();
  const endsAtInstall = (manager: ManagerName): boolean => sessions.of(manager).changesAtInstall === true;
  const endsItself = (manager: ManagerName): boolean => sessions.of(manager).endsLeftovers === true;

  const clear = async (manager: ManagerName, units: readonly DeployedUnit[], replaced = false): Promise<void> => {
    const due = units.flatMap((unit) => {
      const seen = seenOf.get(nameOf(manager, unit));
      seenOf.delete(nameOf(manager, unit));
      return seen === undefined ? [] : [{ unit, seen }];
    });
    if (due.length === 0) return;
    const now = await listProcesses(run);
    const families = due.map(({ unit, seen }) => ({
      unit,
      family: replaced ? seen.family : familyNow(keyOf(manager, unit), seen, now),
    }));
    await Promise.all(families.map(({ unit, family }) => endLeftovers(unit, family, now, { run, log })));
    const keys = due.map(({ unit }) => keyOf(manager, unit));
    removeEmptyGroups(keys, now, topGroup);
  };

  return {
    look: async (manager, units) => {
      if (endsItself(manager) || units.length === 0) return;
      const observations = await look(manager, units);
      const pids = await believedPids(observations, { run });
      const processes = await listProcesses(run);
      const relativesOf = namedAlike(sessions.of(manager).namingVariables ?? [], processes);
      if (endsAtInstall(manager)) atInstall.set(manager, [...(atInstall.get(manager) ?? []), ...units]);
      for (const unit of units) {
        const pid = pids.get(unit.instance) ?? null;
        const others = new Set([...pids].flatMap(([instance, other]) => (instance === unit.instance ? [] : [other])));
        const roots = pid === null ? [] : [pid];
        const sought = { key: keyOf(manager, unit), roots, relatives: roots.flatMap(relativesOf) };
        seenOf.set(nameOf(manager, unit), { family: familyOf(sought, { self, others }, processes), others });
      }
    },
    clear: async (manager, units, replaced) => {
      if (!endsAtInstall(manager)) await clear(manager, units, replaced);
    },
    clearAfterInstall: async (manager) => {
      const units = atInstall.get(manager) ?? [];
      atInstall.delete(manager);
      await clear(manager, units, true);
    },
    clearBeforeStart: async (manager, units) => {
      forget(manager, units);
      if (endsItself(manager) || endsAtInstall(manager) || units.length === 0) return;
      const now = await listProcesses(run);
      const marks = new Set(now.map(markOf));
      const suspects = units.filter((unit) => marks.has(keyOf(manager, unit)));
      if (suspects.length === 0) return;
      const observations = await sessions.of(manager).observe(suspects);
      const down = suspects.filter((unit) => {
        const observation = observations.get(unit.instance);
        return observation === undefined || !isUp({ manager, unit, observation });
      });
      for (const unit of down) seenOf.set(nameOf(manager, unit), { family: noFamily, others: new Set() });
      await clear(manager, down);
    },
  };
};
