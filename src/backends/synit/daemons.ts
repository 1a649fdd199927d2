import { setTimeout as sleep } from 'node:timers/promises';
import type { Log, Run } from '../../system/ports.js';
import type { DeployedUnit, Observation, UnitChange } from '../backend.js';
import { endOrphans } from '../shared/end-orphans.js';
import { recordedProcess, starterLives } from '../shared/recorded-process.js';
import { linesSince, markLogs } from '../shared/log-tail.js';
import { fine, refused, type Verdict } from '../shared/unit-by-unit.js';
import { until } from '../shared/until.js';
import { activationOf } from './activation-data.js';
import type { Eyes } from './observe-daemons.js';
import { record, symbol, writePreserves } from './preserves.js';

/** Milliseconds; tests have less time. */
export interface Patience {
  readonly pause: number;
  /** How long the server may take to start a process, the dependencies' readiness and the initialization included. */
  readonly start: number;
  /** How long a process may take to end after it was asked to, where the model says nothing. */
  readonly stop: number;
  /** How long a process has to live to count as started. */
  readonly settle: number;
}
export const defaultPatience: Patience = { pause: 100, start: 20_000, stop: 20_000, settle: 500 };

/** What is done to daemons with. */
export interface DaemonTools extends Eyes {
  readonly run: Run;
  readonly log: Pick<Log, 'warn'>;
  readonly patience: Patience;
  /** Ends every wait. Default: none. */
  readonly signal?: AbortSignal | undefined;
}

const processOf = ({ processes }: DaemonTools, unit: DeployedUnit): Promise<Observation> =>
  recordedProcess(processes, activationOf(unit).recordFile);

/** Says to the server that a service is to be restarted: a message, whose script asserts nothing. */
const restartMessage = (unit: DeployedUnit): string =>
  `! ${writePreserves(record('restart-service', record('daemon', symbol(unit.name))))}\n`;

const isSame = (a: Pick<Observation, 'pid' | 'since'>, b: typeof a): boolean => a.pid === b.pid && a.since === b.since;

/** Waits for a process other than `last` that stays. */
const awaitProcess = async (
  tools: DaemonTools,
  unit: DeployedUnit,
  last: Observation | null,
  act: () => Promise<unknown>,
): Promise<Verdict> => {
  const { patience, signal } = tools;
  const { isRequired, endsByItself, logFile } = activationOf(unit);
  const logs = await markLogs([logFile]);
  await act();
  if (!isRequired || endsByItself) return fine;
  const limit = unit.startTimeout === undefined ? patience.start : unit.startTimeout * 1000;
  let begun: Pick<Observation, 'pid' | 'since'> = { pid: null, since: null };
  const isUp = await until({ limit, pause: patience.pause, signal }, async () => {
    const found = await processOf(tools, unit);
    begun = found;
    return found.state === 'running' && (last === null || !isSame(found, last));
  });
  if (isUp) await sleep(patience.settle);
  const now = await processOf(tools, unit);
  // Synit may have started another one meanwhile.
  if (isUp && now.state === 'running' && isSame(now, begun)) return fine;
  const reason = isUp
    ? 'its process ended at once'
    : 'Synit did not start it in time: does syndicate-server watch the directory, and are its dependencies ready?';
  return refused([reason, ...(await linesSince(logs, 10))].join('\n'));
};

/** Milliseconds in which a process has to end that was asked to. */
const stopTimeOf = ({ patience }: DaemonTools, { stopTimeout }: DeployedUnit): number =>
  stopTimeout === undefined ? patience.stop : stopTimeout * 1000;

const isDown = async (tools: DaemonTools, unit: DeployedUnit): Promise<boolean> =>
  (await processOf(tools, unit)).state !== 'running';

/** Ends the process of a daemon that its server does not end. */
const endProcess = async (tools: DaemonTools, unit: DeployedUnit, milliseconds: number): Promise<void> => {
  const { processes, run } = tools;
  const { pid } = await processOf(tools, unit);
  const found = pid === null ? null : await processes.find(pid);
  if (found !== null) await endOrphans([{ ...found, name: unit.instance, milliseconds }], run);
};

/** Has the server stop a daemon, and ends what it does not end. */
export const stopDaemon = async (tools: DaemonTools, unit: DeployedUnit): Promise<Verdict> => {
  const { directory, log, patience, signal } = tools;
  await directory.putAside(unit);
  const limit = stopTimeOf(tools, unit);
  if ((await starterLives(tools.processes, activationOf(unit).recordFile)) === false) {
    log.warn(`ending what syndicate-server, which has ended, has left behind of ${unit.instance}`);
    await endProcess(tools, unit, limit);
  } else if (!(await until({ limit, pause: patience.pause, signal }, () => isDown(tools, unit)))) {
    log.warn(`killing ${unit.instance}, which did not end within ${limit / 1000} seconds`);
    await endProcess(tools, unit, 0);
  }
  return fine;
};

type Assert = (unit: DeployedUnit) => Promise<boolean>;

/** @param assert writes the daemon's file; returns whether that has changed it */
export const startDaemon = async (tools: DaemonTools, unit: DeployedUnit, assert: Assert): Promise<Verdict> => {
  const last = await processOf(tools, unit);
  if (last.state !== 'running') return awaitProcess(tools, unit, null, () => assert(unit));
  await assert(unit);
  return fine;
};

/** @param assert see startDaemon */
export const restartDaemon = async (
  tools: DaemonTools,
  { before, after }: UnitChange,
  assert: Assert,
): Promise<Verdict> => {
  const { directory, patience, signal } = tools;
  const last = await processOf(tools, before);
  return awaitProcess(tools, after, last.state === 'running' ? last : null, async () => {
    // A changed file restarts it by itself.
    if (await assert(after)) return;
    await directory.runScript(`restart-${after.name}`, restartMessage(after), async () => {
      await until(
        { limit: stopTimeOf(tools, before), pause: patience.pause, signal },
        async () => !isSame(await processOf(tools, after), last),
      );
    });
  });
};

/** Synit has no word for it; the process itself is told. */
export const reloadDaemon = async (tools: DaemonTools, unit: DeployedUnit): Promise<Verdict> => {
  const { pid } = await processOf(tools, unit);
  if (pid === null) return refused('it does not run');
  try {
    process.kill(pid, 'SIGHUP');
    return fine;
  } catch (error) {
    return refused(error instanceof Error ? error.message : String(error));
  }
};
