import type { Observation } from '../backends/backend.js';
import type { InstanceName } from '../model/process-model.js';
import type { Ports } from '../system/ports.js';
import { openProcessTable } from '../system/processes.js';

/** Milliseconds by which a manager and the system may differ about when a process started. */
const tolerance = 5000;

/**
 * The PIDs of instances, as far as they are those of the processes that their manager means: one in a container has other
 * numbers for them, which are somebody else's here.
 */
export const believedPids = async (
  observations: ReadonlyMap<InstanceName, Observation>,
  { run }: Pick<Ports, 'run'>,
): Promise<ReadonlyMap<InstanceName, number>> => {
  const processes = await openProcessTable(run);
  const found = await Promise.all(
    [...observations].map(async ([instance, { pid, since }]) => {
      const process = pid === null ? null : await processes.find(pid);
      if (process === null) return [];
      const differs = since !== null && process.since !== null && Math.abs(since - process.since) > tolerance;
      return differs ? [] : [[instance, process.pid] as const];
    }),
  );
  return new Map(found.flat());
};
