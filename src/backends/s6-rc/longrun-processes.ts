import { openProcessTable } from '../../system/processes.js';
import type { Ports } from '../../system/ports.js';
import type { DeployedProfile } from '../backend.js';
import { processRecord, survivorsOf, type ProcessRecord } from '../shared/process-record.js';
import { activationOf } from './activation-data.js';
import type { LiveState } from './live-state.js';
import type { Place } from './place.js';
import type { Programs } from './programs.js';
import { serviceStatuses, type ServiceStatus } from './service-status.js';

/** A process of a longrun that nobody supervises. */
export interface Orphan {
  readonly service: string;
  readonly pid: number;
  /** As ProcessTable has it. */
  readonly startTime: string;
  /** Milliseconds since the epoch. */
  readonly since: number | null;
}

/** Milliseconds that a process without a limit of its own gets to end. */
export const defaultStopTime = 10_000;

/** Which processes the longruns of a live state have, also where no s6-supervise has them any more. */
export interface LongrunProcesses {
  readonly statusesOfAll: () => Promise<ReadonlyMap<string, ServiceStatus>>;
  /** Processes of longruns that run although no s6-supervise has them: it was killed. */
  readonly orphans: (statuses: ReadonlyMap<string, ServiceStatus>) => Promise<readonly Orphan[]>;
  /** PIDs of all longruns of this profile that are known, also where nobody supervises them. */
  readonly processes: () => Promise<ReadonlySet<number>>;
  /** Writes down which processes longruns have: those that were asked, or all. */
  readonly remember: (statuses?: ReadonlyMap<string, ServiceStatus>) => Promise<void>;
  /** Ends processes that no s6-supervise has. @throws ActivationError when one does not end */
  readonly endOrphans: () => Promise<void>;
}

/** @param units what is deployed: it says how long its processes have to end */
export const longrunProcesses = (
  units: DeployedProfile['units'],
  { live, programs, place }: { readonly live: LiveState; readonly programs: Programs; readonly place: Place },
  ports: Pick<Ports, 'run' | 'log'>,
): LongrunProcesses => {
  const openRecord = async (): Promise<ProcessRecord> =>
    processRecord(place.record, await openProcessTable(ports.run), ports.log);

  const orphans: LongrunProcesses['orphans'] = async (statuses) => {
    const { findOrphans } = await import('./orphans.js');
    return findOrphans(live, await openRecord(), statuses, await openProcessTable(ports.run));
  };

  const statusesOfAll = async (): Promise<ReadonlyMap<string, ServiceStatus>> =>
    serviceStatuses(new Map((await live.longruns()).map((name) => [name, live.serviceDirectory(name)])), programs);

  const remember: LongrunProcesses['remember'] = async (asked) => {
    const statuses = asked ?? (await statusesOfAll());
    const record = await openRecord();
    const recorded = record.read();
    const pids = new Map([...statuses].flatMap(([name, { pid }]) => (pid === null ? [] : [[name, pid] as const])));
    const present = new Set(pids.values());
    // Of what is not asked for now, and of what still runs without a supervisor.
    const lasting = await survivorsOf(
      recorded.filter(({ pid }) => !present.has(pid)),
      await openProcessTable(ports.run),
    );
    await record.write([...lasting, ...[...pids].map(([name, pid]) => ({ name, pid }))]);
  };

  const endOrphans: LongrunProcesses['endOrphans'] = async () => {
    const found = await orphans(await statusesOfAll());
    for (const { service, pid } of found) {
      ports.log.warn(
        { service, pid },
        `ending ${service} (process ${pid}), which a killed s6-supervise has left behind`,
      );
    }
    const { endOrphans: endAll } = await import('../shared/end-orphans.js');
    await endAll(
      found.map(({ service, pid, startTime }) => ({
        name: service,
        pid,
        startTime,
        milliseconds: stopTimeOf(service),
      })),
      ports.run,
    );
  };

  /** Milliseconds that a process of a service gets to end before it is killed. */
  const stopTimeOf = (name: string): number =>
    units.flatMap((unit) => activationOf(unit).services).find((service) => service.name === name)?.stopTime ??
    defaultStopTime;

  return {
    statusesOfAll,
    orphans,
    remember,
    endOrphans,
    processes: async () => {
      const statuses = await statusesOfAll();
      const left = await orphans(statuses);
      return new Set([...[...statuses.values()].flatMap(({ pid }) => pid ?? []), ...left.map(({ pid }) => pid)]);
    },
  };
};
