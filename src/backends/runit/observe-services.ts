import type { InstanceName } from '../../model/process-model.js';
import { mapConcurrently } from '../../system/map-concurrently.js';
import { openProcessTable } from '../../system/processes.js';
import type { DeployedUnit, Observation } from '../backend.js';
import { hasBegun, look, type Condition } from './look.js';
import type { Parts } from './parts.js';
import { observationOf } from './service-status.js';

const absent: Observation = { state: 'absent', pid: null, since: null, detail: null };

/** What a service does, of which no runsv may be there. */
const observe = (parts: Parts, unit: DeployedUnit, { statuses, orphans, isLost }: Condition): Observation => {
  const { name } = unit;
  const status = statuses.get(name);
  if (status === undefined) return absent;
  const orphan = orphans.get(name);
  const left = (pid: number | null, what: string): Observation => ({
    ...absent,
    state: 'failed',
    pid,
    detail: `process ${String(pid)} still runs, but its ${what}`,
  });
  if (orphan !== undefined) return left(orphan.pid, 'runsv was killed');
  const observation = observationOf(status);
  if (observation.state !== 'running' || observation.pid === null) return observation;
  if (isLost) return left(observation.pid, 'runsvdir has ended');
  if (hasBegun(parts, unit, observation.pid)) return observation;
  return { ...observation, state: 'starting', detail: 'initialize is at work' };
};

/**
 * @param isElsewhere they are to be started in another place, where nothing of them is
 * @returns what units do, and whether runsvdir is missing
 */
export const observeServices = async (
  parts: Parts,
  units: readonly DeployedUnit[],
  isElsewhere: boolean,
): Promise<{ readonly observations: ReadonlyMap<InstanceName, Observation>; readonly isLost: boolean }> => {
  const condition = await look(parts);
  const table = await openProcessTable(parts.ports.run);
  const observed = await mapConcurrently(units, 16, async (unit) => {
    const seen = observe(parts, unit, condition);
    const since = seen.pid === null ? null : ((await table.find(seen.pid))?.since ?? null);
    // What runs elsewhere is to be started here, and holds its port until then.
    return [unit.instance, { ...(isElsewhere ? { ...absent, pid: seen.pid } : seen), since }] as const;
  });
  return { observations: new Map(observed), isLost: condition.isLost };
};
