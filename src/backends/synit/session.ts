import { rm, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { InstanceName } from '../../model/process-model.js';
import { explainFileError } from '../../state/file-errors.js';
import { mapConcurrently } from '../../system/map-concurrently.js';
import { ManagerUnavailableError } from '../../system/errors.js';
import type { Log, Run } from '../../system/ports.js';
import type { ProcessTable } from '../../system/processes.js';
import type {
  DeployedProfile,
  DeployedUnit,
  LogSource,
  ManagerSession,
  Observation,
  UnitChange,
  UnitOutcome,
} from '../backend.js';
import { collisionsOf } from '../shared/collisions.js';
import { linesSince, markLogs } from '../shared/log-tail.js';
import { checkRecordDirectories } from '../shared/own-directory.js';
import { endOrphans } from '../shared/end-orphans.js';
import { observeService, readRecord } from '../shared/observe-service.js';
import { until } from '../shared/until.js';
import { activationOf } from './activation-data.js';
import { record, symbol, writePreserves } from './preserves.js';
import type { WatchedDirectory } from './watched-directory.js';

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

interface Verdict {
  readonly ok: boolean;
  readonly detail: string | null;
}
const fine: Verdict = { ok: true, detail: null };

export interface SynitParts {
  readonly directory: WatchedDirectory;
  readonly processes: ProcessTable;
  readonly run: Run;
  readonly log: Pick<Log, 'warn'>;
  readonly current: DeployedProfile | null;
  readonly jobs: number;
  readonly patience?: Patience;
  /** Ends every wait. Default: none. */
  readonly signal?: AbortSignal | undefined;
}

const lossWords = 'syndicate-server has ended: nothing watches over its daemons';

/** What is said of a daemon whose server is gone. */
const withoutServer = (observed: Observation): Observation => {
  switch (observed.state) {
    case 'running':
      return {
        ...observed,
        state: 'failed',
        detail: `process ${String(observed.pid)} still runs, but its syndicate-server has ended`,
      };
    case 'starting':
      return { ...observed, state: 'failed', detail: 'it ended with its syndicate-server, or after it' };
    default:
      return observed;
  }
};

/** Says to the server that a service is to be restarted: a message, whose script asserts nothing. */
const restartMessage = (unit: DeployedUnit): string =>
  `! ${writePreserves(record('restart-service', record('daemon', symbol(unit.name))))}\n`;

/**
 * Talks to syndicate-server by the files of the directory that it watches. It waits for dependencies itself. How its
 * services are, it only tells programs that speak its protocol; what is told here are the processes, which record
 * themselves when they start.
 */
export const createSession = ({
  directory,
  processes,
  run,
  log,
  current,
  jobs,
  patience = defaultPatience,
  signal,
}: SynitParts): ManagerSession => {
  /** The daemons that may be ours, by name: after a failed deployment, what it has added has to go again. */
  const known = new Map((current?.units ?? []).map((unit) => [unit.name, unit]));
  /** Files of ours of which nobody knows more than the name. */
  const strays = new Set<string>();
  const assert = (unit: DeployedUnit): Promise<boolean> => {
    known.set(unit.name, unit);
    return directory.assert(unit);
  };

  const processOf = (unit: DeployedUnit): Promise<Observation> =>
    observeService({ pidFile: null, recordFile: activationOf(unit).recordFile, wrapped: true }, processes, () =>
      Promise.resolve({ exitCode: 3, words: '' }),
    );

  /** Whether the server lives that has started what is recorded of a daemon; null where nothing says which one that was. */
  const serverLives = async (unit: DeployedUnit): Promise<boolean | null> => {
    const record = readRecord(activationOf(unit).recordFile);
    const server = record.find(({ kind, boot }) => kind === 'server' && boot === processes.bootId);
    return server === undefined ? null : (await processes.find(Number(server.pid)))?.startTime === server.startTime;
  };

  /** What the last look has found: the server that has started the daemons is gone, and no other has started any since. */
  let isLost = false;

  const look = async (units: readonly DeployedUnit[]): Promise<ReadonlyMap<InstanceName, Observation>> => {
    const all = [...new Map([...known, ...units.map((unit) => [unit.name, unit] as const)]).values()];
    const seen = await mapConcurrently(all, 16, async (unit) => ({
      unit,
      observed: await observe(unit),
      hasServer: await serverLives(unit),
    }));
    // What does not run, and is not to, may have been started by any.
    const servers = seen.flatMap(({ observed, hasServer }) =>
      observed.state === 'stopped' || observed.state === 'absent' ? [] : [hasServer],
    );
    isLost = servers.includes(false) && !servers.includes(true);
    return new Map(
      seen.map(({ unit, observed, hasServer }) => {
        // Another server may be there that has not started it yet.
        const isOrphan = hasServer === false && observed.state === 'running';
        return [unit.instance, isLost || isOrphan ? withoutServer(observed) : observed];
      }),
    );
  };

  const observe = async (unit: DeployedUnit): Promise<Observation> => {
    const presence = await directory.presence(unit);
    const found = await processOf(unit);
    if (found.state === 'running') return found;
    if (presence !== 'asserted') {
      return { ...found, state: presence === 'absent' ? 'absent' : 'stopped', detail: null };
    }
    const { isRequired, restarts, endsByItself } = activationOf(unit);
    if (!isRequired || endsByItself) return { ...found, state: 'stopped', detail: null, rests: true };
    if (found.state === 'absent') return { ...found, state: 'starting', detail: 'Synit has not started it yet' };
    return restarts === 'never'
      ? { ...found, state: 'failed' }
      : { ...found, state: 'starting', detail: 'its process has ended; Synit is to start it again' };
  };

  const isSame = (a: Pick<Observation, 'pid' | 'since'>, b: typeof a): boolean =>
    a.pid === b.pid && a.since === b.since;

  /** Waits for a process other than `last` that stays. */
  const awaitProcess = async (
    unit: DeployedUnit,
    last: Observation | null,
    act: () => Promise<unknown>,
  ): Promise<Verdict> => {
    const { isRequired, endsByItself, logFile } = activationOf(unit);
    const logs = await markLogs([logFile]);
    await act();
    if (!isRequired || endsByItself) return fine;
    const limit = unit.startTimeout === undefined ? patience.start : unit.startTimeout * 1000;
    let begun: Pick<Observation, 'pid' | 'since'> = { pid: null, since: null };
    const isUp = await until({ limit, pause: patience.pause, signal }, async () => {
      const found = await processOf(unit);
      begun = found;
      return found.state === 'running' && (last === null || !isSame(found, last));
    });
    if (isUp) await sleep(patience.settle);
    const now = await processOf(unit);
    // Synit may have started another one meanwhile.
    if (isUp && now.state === 'running' && isSame(now, begun)) return fine;
    const reason = isUp
      ? 'its process ended at once'
      : 'Synit did not start it in time: does syndicate-server watch the directory, and are its dependencies ready?';
    return { ok: false, detail: [reason, ...(await linesSince(logs, 10))].join('\n') };
  };

  /** Milliseconds in which a process has to end that was asked to. */
  const stopTimeOf = ({ stopTimeout }: DeployedUnit): number =>
    stopTimeout === undefined ? patience.stop : stopTimeout * 1000;

  const isDown = async (unit: DeployedUnit): Promise<boolean> => (await processOf(unit)).state !== 'running';

  /** Ends the process of a daemon that its server does not end. */
  const endProcess = async (unit: DeployedUnit, milliseconds: number): Promise<void> => {
    const { pid } = await processOf(unit);
    const found = pid === null ? null : await processes.find(pid);
    if (found !== null) await endOrphans([{ ...found, name: unit.instance, milliseconds }], run);
  };

  const stopOne = async (unit: DeployedUnit): Promise<Verdict> => {
    await directory.putAside(unit);
    const limit = stopTimeOf(unit);
    if ((await serverLives(unit)) === false) {
      log.warn(`ending what syndicate-server, which has ended, has left behind of ${unit.instance}`);
      await endProcess(unit, limit);
    } else if (!(await until({ limit, pause: patience.pause, signal }, () => isDown(unit)))) {
      log.warn(`killing ${unit.instance}, which did not end within ${limit / 1000} seconds`);
      await endProcess(unit, 0);
    }
    return fine;
  };

  const startOne = async (unit: DeployedUnit): Promise<Verdict> => {
    const last = await processOf(unit);
    if (last.state !== 'running') return awaitProcess(unit, null, () => assert(unit));
    await assert(unit);
    return fine;
  };

  const restartOne = async ({ before, after }: UnitChange): Promise<Verdict> => {
    const last = await processOf(before);
    return awaitProcess(after, last.state === 'running' ? last : null, async () => {
      // A changed file restarts it by itself.
      if (await assert(after)) return;
      await directory.runScript(`restart-${after.name}`, restartMessage(after), async () => {
        await until(
          { limit: stopTimeOf(before), pause: patience.pause, signal },
          async () => !isSame(await processOf(after), last),
        );
      });
    });
  };

  const outcomes = (
    units: readonly DeployedUnit[],
    act: (unit: DeployedUnit) => Promise<Verdict>,
  ): Promise<readonly UnitOutcome[]> =>
    mapConcurrently(units, jobs, async (unit) => ({ instance: unit.instance, ...(await act(unit)) }));

  const removeRecord = async (unit: DeployedUnit): Promise<void> => {
    const { recordFile } = activationOf(unit);
    checkRecordDirectories([recordFile]);
    try {
      await rm(recordFile, { force: true });
    } catch (error) {
      throw explainFileError(`The record ${recordFile} cannot be removed`, error);
    }
    // Not empty: somebody's record is still there.
    await rmdir(dirname(recordFile)).catch(() => undefined);
  };

  return {
    observe: look,
    loss: () => (isLost ? lossWords : null),
    requireReturn: () => {
      throw new ManagerUnavailableError({
        what: 'Synit cannot start anything',
        why: lossWords,
        fix: 'Start syndicate-server again, which starts anew what should run, and then run the command again; or end what it has left behind with: nix-processmgmt-ts undeploy, or stop NAME',
      });
    },
    drift: async ({ units }, others) => {
      const { changed, extras } = await directory.drift(units);
      const daemons = others.filter(({ name }) => extras.includes(name));
      for (const unit of daemons) known.set(unit.name, unit);
      const unknown = extras.filter((name) => !daemons.some((unit) => unit.name === name));
      for (const name of unknown) strays.add(name);
      return {
        changed: [
          ...changed,
          ...unknown.map((name) => ({
            instance: null,
            what: `${directory.fileOf(name)} belongs to the profile, but no generation has it`,
            restart: false,
          })),
        ],
        extras: await mapConcurrently(daemons, 16, async (unit) => ({ unit, observation: await observe(unit) })),
      };
    },
    stop: (units) => outcomes(units, stopOne),
    install: async (next) => {
      const wanted = new Set(next?.units.map(({ name }) => name));
      for (const unit of known.values()) if (!wanted.has(unit.name)) await directory.remove(unit);
      for (const name of strays) await directory.removeStray(name);
      strays.clear();
    },
    start: (units) => outcomes(units, startOne),
    restart: (changes) =>
      mapConcurrently(changes, jobs, async (change) => ({
        instance: change.after.instance,
        ...(await restartOne(change)),
      })),
    reload: (units) => outcomes(units, reloadOne(processOf)),
    finish: async (next) => {
      const wanted = new Set(next?.units.map((unit) => activationOf(unit).recordFile));
      for (const unit of known.values()) {
        if (!wanted.has(activationOf(unit).recordFile)) await removeRecord(unit);
      }
    },
    logs: (unit): LogSource => ({ kind: 'files', paths: [activationOf(unit).logFile] }),
    collisions: (units) => collisionsOf(units, (some) => directory.check(some)),
    supervise: null,
  };
};

/** Synit has no word for it; the process itself is told. */
const reloadOne =
  (processOf: (unit: DeployedUnit) => Promise<Observation>) =>
  async (unit: DeployedUnit): Promise<Verdict> => {
    const { pid } = await processOf(unit);
    if (pid === null) return { ok: false, detail: 'it does not run' };
    try {
      process.kill(pid, 'SIGHUP');
      return fine;
    } catch (error) {
      return { ok: false, detail: error instanceof Error ? error.message : String(error) };
    }
  };
