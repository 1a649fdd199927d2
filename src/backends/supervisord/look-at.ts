import { byGroup } from './observation.js';
import type { ProcessInfo, SupervisorClient } from './supervisor-client.js';

/** A program, and what supervisord calls its processes; null when only it knows. */
export interface LookedAt {
  readonly name: string;
  readonly processes: readonly string[] | null;
}

/** Up to so many processes it is cheaper to ask for each of them than for all that there are. */
const few = 20;

/** What supervisord says of the processes of these programs, and perhaps of others; one question. */
export const lookAt = async (
  client: SupervisorClient,
  programs: readonly LookedAt[],
): Promise<ReadonlyMap<string, readonly ProcessInfo[]>> => {
  const names = programs.flatMap(({ name: group, processes }) => processes?.map((name) => ({ group, name })) ?? []);
  const known = programs.every(({ processes }) => processes !== null);
  return byGroup(await (known && names.length <= few ? client.getProcesses(names) : client.getAllProcesses()));
};
