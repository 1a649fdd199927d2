import { findStrays } from '../leftovers/find-strays.js';
import { controlGroupKey } from '../leftovers/own-control-group.js';
import type { InstanceName } from '../model/process-model.js';
import type { ObservedUnit } from '../plan/plan-activation.js';
import type { Ports } from '../system/ports.js';
import { listProcesses } from '../system/process-list.js';
import { believedPids } from './believed-pids.js';
import { describeProcesses } from './end-leftovers.js';
import { namedAlike } from './leftovers.js';
import type { ManagedProfile, Sessions } from './sessions.js';

/**
 * Tells what the instances of a generation have left behind, a sentence for each that has. Nobody is asked but the system.
 *
 * @param observed all of its units, with their PIDs
 */
export const tellStrays = async (
  { manager, profile }: ManagedProfile,
  observed: readonly ObservedUnit[],
  sessions: Sessions,
  { run }: Pick<Ports, 'run'>,
): Promise<ReadonlyMap<InstanceName, string>> => {
  const { endsLeftovers, namingVariables = [] } = sessions.of(manager);
  if (endsLeftovers === true) return new Map();
  const pids = await believedPids(new Map(observed.map(({ unit, observation }) => [unit.instance, observation])), {
    run,
  });
  const processes = await listProcesses(run);
  const relativesOf = namedAlike(namingVariables, processes);
  const told = await Promise.all(
    observed.map(async ({ unit }) => {
      const pid = pids.get(unit.instance) ?? null;
      if (unit.leftovers === 'keep') return [];
      const others = [...pids].flatMap(([instance, other]) => (instance === unit.instance ? [] : [other]));
      const strays = findStrays(
        {
          key: controlGroupKey(profile.directories.runtimeDir, unit.name),
          relatives: pid === null ? [] : relativesOf(pid),
        },
        pid,
        { self: process.pid, others: new Set(others) },
        processes,
      );
      if (strays.length === 0) return [];
      return [[unit.instance, `it has left behind ${await describeProcesses(strays, run)}`] as const];
    }),
  );
  return new Map(told.flat());
};
