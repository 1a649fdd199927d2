import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { InstanceName } from '../../model/process-model.js';
import { mapConcurrently } from '../../system/map-concurrently.js';
import type { DeployedUnit, Observation } from '../backend.js';
import { recordedProcess, starterOf } from '../shared/recorded-process.js';
import { activationOf } from './activation-data.js';
import type { Parts } from './parts.js';

/** Directories in which OpenRC has a link for each service that is in that state (rc_service_state of librc). */
const marks = ['started', 'starting', 'stopping', 'inactive', 'failed'] as const;
type Mark = (typeof marks)[number];

/** What OpenRC says of a service; null when it is down. A failed one may be something else besides. */
export const markOf = ({ place: { state } }: Pick<Parts, 'place'>, service: string): Mark | null =>
  marks.find((mark) => lstatSync(join(state, mark, service), { throwIfNoEntry: false }) !== undefined) ?? null;

/** What a service without a process does. */
const withoutProcess = (mark: Mark | null): Pick<Observation, 'state' | 'detail'> => {
  switch (mark) {
    case 'started':
      return { state: 'failed', detail: 'its process has ended' };
    case 'starting':
      return { state: 'starting', detail: null };
    case 'stopping':
      return { state: 'failed', detail: 'its stop was begun, and has not ended' };
    case 'inactive':
      return { state: 'stopped', detail: 'inactive' };
    case 'failed':
      return { state: 'failed', detail: 'OpenRC has given up on it' };
    case null:
      return { state: 'stopped', detail: null };
  }
};

/** What a service does, by the process that it has recorded, who supervises that, and what OpenRC says. */
export const observeService = async (parts: Parts, unit: DeployedUnit): Promise<Observation> => {
  const { processes, files } = parts;
  const { recordFile, service } = activationOf(unit);
  const process = await recordedProcess(processes, recordFile);
  const mark = markOf(parts, service);
  if (process.state !== 'running') {
    if (files.isThere(unit) || mark !== null) return { ...process, ...withoutProcess(mark) };
    return { ...process, state: 'absent', detail: null };
  }
  const supervisor = await starterOf(processes, recordFile);
  const still = `process ${String(process.pid)} still runs`;
  if (supervisor?.lives !== true) {
    return { ...process, state: 'failed', detail: `${still}, but its supervise-daemon has ended` };
  }
  switch (mark) {
    case 'started':
      return process;
    case 'starting':
      return { ...process, state: 'starting', detail: 'it is not ready yet' };
    default:
      return { ...process, state: 'failed', detail: `${still}, but OpenRC does not have it as started` };
  }
};

export const observeServices = async (
  parts: Parts,
  units: readonly DeployedUnit[],
): Promise<ReadonlyMap<InstanceName, Observation>> =>
  new Map(
    await mapConcurrently(units, 16, async (unit) => [unit.instance, await observeService(parts, unit)] as const),
  );
