import { readFile } from 'node:fs/promises';
import { loadBackend } from '../backends/registry.js';
import { readPidFile } from '../backends/shared/observe-service.js';
import type { Conflict } from '../plan/conflict.js';
import type { ProcessPlan } from '../plan/activation-plan.js';
import {
  keptPorts,
  newPidFiles,
  startedUnits,
  takenNames,
  takenPidFiles,
  takenPorts,
  takersOfPorts,
  type LivePidFile,
} from '../plan/machine-conflicts.js';
import { modelConflicts, overriding } from '../plan/model-conflicts.js';
import type { ObservedUnit } from '../plan/plan-activation.js';
import type { DeployedUnit, Manifest } from '../profile/manifest.js';
import { ModelError } from '../system/errors.js';
import { findPortHolders } from '../system/listening-sockets.js';
import { openProcessTable } from '../system/processes.js';
import type { Ports } from '../system/ports.js';
import type { ManagedProfile, Sessions } from './sessions.js';

/** PIDs of what runs of this deployment, as far as the managers know them: also where it has to be started anew. */
const ownPids = async (present: readonly ObservedUnit[], sessions: Sessions): Promise<ReadonlySet<number>> => {
  const managers = [...new Set(present.map(({ manager }) => manager))];
  const observations = await Promise.all(
    managers.map((manager) =>
      sessions.of(manager).observe(
        present.filter((observed) => observed.manager === manager).map(({ unit }) => unit),
        'process',
      ),
    ),
  );
  return new Set(observations.flatMap((some) => [...some.values()].flatMap(({ pid }) => pid ?? [])));
};

const conflictsOfPorts = async (
  plan: ProcessPlan,
  present: readonly ObservedUnit[],
  isUnfinished: boolean,
  sessions: Sessions,
): Promise<readonly Conflict[]> => {
  const takers = takersOfPorts(plan, present);
  const holders = await findPortHolders(new Set(takers.map(({ port }) => port)));
  // Asking managers for PIDs takes time: only when somebody does listen there.
  return holders.length === 0
    ? []
    : takenPorts(takers, holders, { pids: await ownPids(present, sessions), present, isUnfinished });
};

const livePidFiles = async (
  plan: ProcessPlan,
  present: readonly ObservedUnit[],
  { run }: Pick<Ports, 'run'>,
): Promise<readonly LivePidFile[]> => {
  const named = newPidFiles(plan, present).flatMap((file) => {
    const pid = readPidFile(file.path);
    return typeof pid === 'number' ? [{ ...file, pid }] : [];
  });
  if (named.length === 0) return [];
  const processes = await openProcessTable(run);
  const found = await Promise.all(
    named.map(async (file) => {
      if ((await processes.find(file.pid)) === null) return [];
      const words = (await readFile(`/proc/${file.pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ').trim();
      return [{ ...file, command: words === '' ? null : words }];
    }),
  );
  return found.flat();
};

const conflictsOfPrograms = async (
  beginning: readonly DeployedUnit[],
  { manager, profile }: ManagedProfile,
  directories: Manifest['directories'],
): Promise<readonly Conflict[]> => {
  // A switch that starts nothing never gets here.
  const { checkPrograms } = await import('./check-programs.js');
  const found = await checkPrograms(beginning, await loadBackend(manager), profile.units, directories);
  return found.map((conflict) =>
    conflict.severity === 'error' ? { ...conflict, fix: `${conflict.fix}; ${overriding}` } : conflict,
  );
};

/** What conflicts are found from. */
export interface ConflictFacts {
  readonly plan: ProcessPlan;
  readonly present: readonly ObservedUnit[];
  readonly target: ManagedProfile | null;
  /** Generations of which something may be there. */
  readonly left: readonly ManagedProfile[];
  /** Those of the next profile. */
  readonly directories: Manifest['directories'];
  /** What a switch before this one has left; null for nothing. */
  readonly unfinished: object | null;
  readonly sessions: Sessions;
  readonly ports: Pick<Ports, 'run'>;
}

/**
 * What of the next profile will not work here, and whether this command would end itself; of what is not started by the
 * plan nothing else is said.
 */
export const findConflicts = async ({
  plan,
  present,
  target,
  left,
  directories,
  unfinished,
  sessions,
  ports,
}: ConflictFacts): Promise<readonly Conflict[]> => {
  // A switch that changes nothing does not load it.
  const ownEnd =
    plan.stages.length === 0 ? [] : await (await import('./find-own-end.js')).findOwnEnd(plan, sessions, ports);
  const beginning = startedUnits(plan);
  const started = new Set<string>(beginning.map(({ instance }) => instance));
  if (target === null || started.size === 0) return ownEnd;
  const { units } = target.profile;
  const known = left.filter(({ manager }) => manager === target.manager).flatMap(({ profile }) => profile.units);
  const ofModel = modelConflicts({ units, directories }).filter(({ instances }) =>
    instances.some((instance) => started.has(instance)),
  );
  return [
    ...ownEnd,
    ...ofModel,
    ...(await conflictsOfPrograms(beginning, target, directories)),
    ...keptPorts(plan, present, units),
    ...(await conflictsOfPorts(plan, present, unfinished !== null, sessions)),
    ...takenPidFiles(await livePidFiles(plan, present, ports)),
    ...takenNames((await sessions.of(target.manager).collisions?.(units, known)) ?? []),
  ];
};

/**
 * Refuses what surely fails.
 *
 * @param allow let through what the user may know better: neither a name that somebody else has nor this command's own end
 * @throws ModelError that names every conflict of which that is known
 */
export const refuseConflicts = (conflicts: readonly Conflict[], allow: boolean): void => {
  const errors = conflicts.filter(
    // What is in the way of files is refused on its own (refuseObstacles).
    ({ severity, kind }) => severity === 'error' && kind !== 'file' && !(allow && kind !== 'name' && kind !== 'self'),
  );
  const [first] = errors;
  if (first === undefined) return;
  if (errors.length === 1) throw new ModelError({ what: first.what, why: first.why, fix: first.fix });
  throw new ModelError({
    what: `${errors.length} things stand in the way: nothing has been done`,
    why: errors.map(({ what, why, fix }) => `${what}\n  why: ${why}\n  fix: ${fix}`).join('\n'),
  });
};
