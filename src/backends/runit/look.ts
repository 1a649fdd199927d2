import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mapConcurrently } from '../../system/map-concurrently.js';
import { openProcessTable, type LiveProcess } from '../../system/processes.js';
import type { DeployedUnit } from '../backend.js';
import { readRecord } from '../shared/observe-service.js';
import { processFile } from '../shared/only-process.js';
import { activationOf } from './activation-data.js';
import type { Parts } from './parts.js';
import { findRunsvdir } from './runsvdir.js';
import { begunFile } from './scripts.js';
import { readStatuses, type ServiceStatus } from './service-status.js';

/** How the services of a profile are. */
export interface Condition {
  /** What `sv status` says, by the names of services. Those without a service directory are left out. */
  readonly statuses: ReadonlyMap<string, ServiceStatus>;
  /** Processes that no runsv supervises, by their services. */
  readonly orphans: ReadonlyMap<string, LiveProcess>;
  /** Something of it runs, but no runsvdir: nobody would start a runsv again. */
  readonly isLost: boolean;
}

/** What `sv status` says of services, by their names. Those without a service directory are left out. */
export const statusesOf = async (
  { place, live, programs, isThere }: Parts,
  names: readonly string[],
): Promise<ReadonlyMap<string, ServiceStatus>> => {
  if (!isThere()) return new Map();
  const there = new Set(await live.names());
  const asked = names.filter((name) => there.has(name));
  if (asked.length === 0) return new Map();
  const directories = asked.map((name) => join(place.services, name));
  const { stdout } = await programs.sv(['status', ...directories]);
  const found = readStatuses(stdout, directories);
  return new Map([...found.values()].map((status, index) => [asked[index] ?? '', status]));
};

/** Those of these services that a runsv supervises. */
export const supervisedAmong = async (parts: Parts, names: readonly string[]): Promise<readonly string[]> =>
  [...(await statusesOf(parts, names))].filter(([, { state }]) => state !== 'unsupervised').map(([name]) => name);

/** The process that a service's run script has written down; null when it does not live. */
export const recordedProcess = async ({ place, ports: { run } }: Parts, name: string): Promise<LiveProcess | null> => {
  const table = await openProcessTable(run);
  const main = readRecord(join(place.services, name, processFile)).find(({ boot }) => boot === table.bootId);
  if (main === undefined) return null;
  const found = await table.find(Number(main.pid));
  return found?.startTime === main.startTime ? found : null;
};

/** Whether a process is past what is done before it: its own PID is written down. */
export const hasBegun = ({ place }: Parts, unit: Pick<DeployedUnit, 'name' | 'activation'>, pid: number): boolean => {
  if (!activationOf(unit).isInitialized) return true;
  try {
    return readFileSync(join(place.services, unit.name, begunFile), 'utf8').trim() === String(pid);
  } catch {
    return false;
  }
};

/** Looks at all services that there are. */
export const look = async (parts: Parts): Promise<Condition> => {
  const statuses = await statusesOf(parts, await parts.live.names());
  const unsupervised = [...statuses].filter(([, { state }]) => state === 'unsupervised').map(([name]) => name);
  const found = await mapConcurrently(unsupervised, 16, async (name) => {
    const process = await recordedProcess(parts, name);
    return process === null ? [] : [[name, process] as const];
  });
  const orphans = new Map(found.flat());
  const runs = unsupervised.length < statuses.size || orphans.size > 0;
  return { statuses, orphans, isLost: runs && (await findRunsvdir(parts)) === null };
};
