import { setTimeout as sleep } from 'node:timers/promises';
import { mapConcurrently } from '../../system/map-concurrently.js';
import { openProcessTable, type LiveProcess } from '../../system/processes.js';
import type { DeployedUnit } from '../backend.js';
import { namedProcess } from '../shared/foreign-script.js';
import { activationOf } from './activation-data.js';
import type { ByService, SessionPorts } from './session-parts.js';
import { defaultStopTime } from './longrun-processes.js';

/** Processes of daemons that scripts of another tool end, which do not wait for that; by the names of their units. */
export const foreignDaemons = async (
  units: readonly DeployedUnit[],
  { run, jobs }: SessionPorts,
): Promise<ByService<LiveProcess>> => {
  const processes = await openProcessTable(run);
  const found = await mapConcurrently(units, jobs, async (unit) => {
    const { daemon } = activationOf(unit);
    if (unit.isLaidOut !== true || daemon === null) return [];
    const process = await namedProcess({ pidFile: daemon.pidFile, wrapped: false }, processes);
    return process === null ? [] : [[unit.name, process] as const];
  });
  return new Map(found.flat());
};

/** Waits until they have ended. Returns what is to be said of those that do not, by the names of their units. */
export const awaitEnds = async (daemons: ByService<LiveProcess>, { run }: SessionPorts): Promise<ByService<string>> => {
  const deadline = performance.now() + defaultStopTime;
  const left = new Map(daemons);
  const processes = await openProcessTable(run);
  for (;;) {
    for (const [name, { pid, startTime }] of left) {
      if ((await processes.find(pid))?.startTime !== startTime) left.delete(name);
    }
    if (left.size === 0 || performance.now() > deadline) break;
    await sleep(50);
  }
  return new Map([...left].map(([name, { pid }]) => [name, `its process ${pid} still lives`]));
};
