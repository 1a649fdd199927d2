import { setTimeout as sleep } from 'node:timers/promises';
import type { InstanceName } from '../../model/process-model.js';
import type { Timeouts } from '../../model/time-outs.js';
import { endProcesses } from '../../system/end-processes.js';
import { ActivationError } from '../../system/errors.js';
import type { Run } from '../../system/ports.js';
import type { LiveProcess, ProcessTable } from '../../system/processes.js';
import type { DeployedUnit, Observation } from '../backend.js';
import { readPidFile } from '../shared/observe-service.js';
import { parentOf } from '../shared/process-facts.js';
import { scriptActivationOf } from '../shared/script-activation.js';

/**
 * Dysnomia's module for processes sends a signal and does not wait; nor does it start a process as long as there is a PID
 * file. So what runs is remembered before it is handed over, and waited for afterwards.
 */
export interface HandedOver {
  readonly unit: DeployedUnit;
  /** Its process, and the one that keeps it in the background, which has a PID file of its own. */
  readonly processes: readonly LiveProcess[];
}

/** Seconds that a process has to end, when nobody says otherwise: as long as our scripts give it. */
const usualStopTime = 10;

/** Milliseconds from a second request to the end, to which nothing more than a kill follows. */
const lastChance = 500;

const pause = 50;

/** Remembers the processes of units that run. */
export const rememberProcesses = async (
  units: readonly DeployedUnit[],
  observations: ReadonlyMap<InstanceName, Observation>,
  table: ProcessTable,
): Promise<readonly HandedOver[]> =>
  Promise.all(
    units.map(async (unit) => {
      const pid = observations.get(unit.instance)?.pid ?? null;
      const { pidFile } = scriptActivationOf(unit);
      const named = pidFile === null ? null : readPidFile(pidFile);
      const pids = new Set<number>();
      if (pid !== null) pids.add(pid);
      // Whoever can write the file may name anything: only what has started the process counts besides it.
      if (pid !== null && typeof named === 'number' && parentOf(pid) === named) pids.add(named);
      const found = await Promise.all([...pids].map((some) => table.find(some)));
      return { unit, processes: found.filter((process) => process !== null) };
    }),
  );

/** Whether the PID file of a unit names one of its processes. */
export const isNamed = ({ unit, processes }: HandedOver): boolean => {
  const { pidFile } = scriptActivationOf(unit);
  const named = pidFile === null ? null : readPidFile(pidFile);
  return processes.some(({ pid }) => pid === named);
};

/** Those of the processes that still live. */
const living = async (some: readonly HandedOver[], table: ProcessTable): Promise<readonly HandedOver[]> => {
  const left = await Promise.all(
    some.map(async ({ unit, processes }) => {
      const still = await Promise.all(
        processes.map(async (process) =>
          (await table.find(process.pid))?.startTime === process.startTime ? [process] : [],
        ),
      );
      return { unit, processes: still.flat() };
    }),
  );
  return left.filter(({ processes }) => processes.length > 0);
};

const stopTimeOf = ({ stopTimeout }: DeployedUnit, { stop }: Timeouts): number =>
  1000 * (stopTimeout ?? stop ?? usualStopTime);

/** Waits until processes have ended, each for as long as it may take. Returns those that still live. */
export const awaitEnds = async (
  some: readonly HandedOver[],
  timeouts: Timeouts,
  table: ProcessTable,
): Promise<readonly HandedOver[]> => {
  const begin = performance.now();
  for (;;) {
    const left = await living(some, table);
    const waitsFor = left.filter(({ unit }) => performance.now() - begin < stopTimeOf(unit, timeouts));
    if (waitsFor.length === 0) return left;
    await sleep(pause);
  }
};

/** Ends what did not end in its time. @throws ActivationError naming what does not end even so */
export const endLate = async (late: readonly HandedOver[], run: Run): Promise<void> => {
  const ending = late.flatMap(({ unit: { instance }, processes }) =>
    processes.map(({ pid, startTime }) => ({ instance, pid, startTime, milliseconds: lastChance })),
  );
  const stubborn = ending.length === 0 ? [] : await endProcesses(ending, run, true);
  if (stubborn.length === 0) return;
  throw new ActivationError({
    what: `Processes do not end: ${stubborn.map(({ instance, pid }) => `${instance} (process ${pid})`).join(', ')}`,
    why: 'Disnix and we have asked them to, and then they were killed',
    fix: 'See what they wait for (a device, a debugger), and run the command again when they are gone',
  });
};
