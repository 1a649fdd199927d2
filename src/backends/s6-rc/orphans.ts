import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessTable } from '../../system/processes.js';
import { parentOf, sessionOf } from '../shared/process-facts.js';
import { survivorsOf, type ProcessRecord } from '../shared/process-record.js';
import type { LiveState } from './live-state.js';
import type { ServiceStatus } from './service-status.js';
import type { Orphan } from './longrun-processes.js';

/** A PID follows two time stamps of twelve bytes in the file that s6-supervise keeps its status in (s6_svstatus_pack). */
const pidOffset = 24;

/** The first eight bytes are seconds of TAI, counted from 2^62 on. */
const epoch = 2n ** 62n;

/**
 * By how many seconds TAI is ahead of UNIX' time in such a file: ten, or as many more as there were leap seconds, whichever way
 * s6 was built; and three in either direction for the clock and for the time that it takes to write a status.
 */
const aheadOfUnix = { least: 10 - 3, most: 37 + 3 };

/** What the status file of an s6-supervise says, which may be dead: its process, and when it started, in seconds of TAI. */
export const lastStatus = (file: string): { readonly pid: number; readonly since: number } | null => {
  try {
    const bytes = readFileSync(file);
    const pid = Number(bytes.readBigUInt64BE(pidOffset));
    return pid > 1 ? { pid, since: Number(bytes.readBigUInt64BE(0) - epoch) } : null;
  } catch {
    return null;
  }
};

/**
 * Finds processes of longruns that no s6-supervise has: those that were written down, and what the status of a dead
 * s6-supervise names, if that leads a session, has lost its parent, and started then.
 *
 * @param statuses what those say that live
 */
export const findOrphans = async (
  live: LiveState,
  record: ProcessRecord,
  statuses: ReadonlyMap<string, ServiceStatus>,
  table: ProcessTable,
): Promise<readonly Orphan[]> => {
  const supervised = new Set([...statuses.values()].flatMap(({ pid }) => (pid === null ? [] : [pid])));
  const recorded = record.read();
  const found = new Map<number, Orphan>();
  for (const { name, pid, startTime, process } of await survivorsOf(recorded, table)) {
    // Its s6-supervise may not have been asked.
    const parent = parentOf(pid);
    const isLeft = parent === null || !isSupervisor(parent);
    if (!supervised.has(pid) && isLeft) found.set(pid, { service: name, pid, startTime, since: process.since });
  }
  // Of another boot, a status says nothing.
  for (const service of recorded.length === 0 ? [] : await live.longruns()) {
    if (statuses.has(service)) continue;
    const status = lastStatus(join(live.serviceDirectory(service), 'supervise', 'status'));
    if (status === null || found.has(status.pid) || supervised.has(status.pid)) continue;
    const process = await table.find(status.pid);
    const parent = parentOf(status.pid);
    if (process?.since == null) continue;
    const ahead = status.since - process.since / 1000;
    if (ahead < aheadOfUnix.least || ahead > aheadOfUnix.most) continue;
    if (sessionOf(status.pid) !== status.pid || parent === null || isSupervisor(parent)) continue;
    found.set(status.pid, { service, pid: status.pid, startTime: process.startTime, since: process.since });
  }
  return [...found.values()];
};

/** Whether a process is an s6-supervise. */
const isSupervisor = (pid: number): boolean => {
  try {
    return readFileSync(`/proc/${String(pid)}/comm`, 'utf8').trim() === 's6-supervise';
  } catch {
    return false;
  }
};
