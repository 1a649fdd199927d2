import { errnoOf } from '../../state/file-errors.js';
import { readPidFile } from '../shared/observe-service.js';
import type { ActivationData } from './activation-data.js';
import { isDone, isDown, wordsFor } from './observation.js';
import type { ProcessInfo } from './supervisor-client.js';

/** How waiting for a program ended, or a call about it. */
export interface Verdict {
  readonly ok: boolean;
  /** Why not, in supervisord's words. */
  readonly detail: string | null;
}

/** What to wait for in a program. */
export interface Expectation {
  /** What supervisord calls its processes; null when only it knows. */
  readonly processes: readonly string[] | null;
  /** Null as long as it is too early to say. */
  readonly judge: (processes: readonly ProcessInfo[]) => Verdict | null;
  /** Seconds before which all cannot be well. Default: it may be at once. */
  readonly soonest?: number;
  /** Seconds after which waiting is given up. */
  readonly seconds: number;
}

const fine: Verdict = { ok: true, detail: null };

/**
 * Seconds until supervisord itself has given up: every attempt may take startsecs, and the pauses between them grow by
 * one second each. Nobody waits more than ten minutes, whatever startretries says.
 */
const patience = ({ startsecs, startretries }: ActivationData): number =>
  startsecs + Math.min((startsecs + 1) * startretries + (startretries * (startretries + 1)) / 2 + 30, 600);

/** Seconds after which a proxy has surely given up: it looks a hundred times, ten times a second unless the machine is busy. */
const proxyPatience = 30;

/**
 * Whether the daemon behind a proxy runs. supervisord only sees the proxy, which waits for the PID file of its daemon and
 * gives up without one; it has removed what was there before.
 */
const hasDaemon = (pidFile: string, { start }: ProcessInfo): boolean => {
  const pid = readPidFile(pidFile);
  // A proxy that is there for longer has found its daemon, whoever may read the file.
  return Date.now() / 1000 - start > proxyPatience || (typeof pid === 'number' && isAlive(pid));
};

/** Whether some process has this PID. */
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
};

/** All processes have been up for startsecs, with the daemons behind them, or one of them failed for good. */
export const up = (data: ActivationData): Expectation => {
  const { watchedPidFile, processes: names, startsecs: soonest } = data;
  const judge = whenUp(data);
  if (watchedPidFile === undefined) return { processes: names, soonest, seconds: patience(data), judge };
  let first: number | null = null;
  return {
    processes: names,
    soonest,
    seconds: patience(data) + proxyPatience,
    judge: (processes) => {
      const verdict = judge(processes);
      const [proxy] = processes;
      if (proxy === undefined || verdict?.ok === false) return verdict;
      // It was up, gave up, and supervisord has started it again.
      if (first !== null && proxy.start !== first) {
        return { ok: false, detail: 'its proxy ended, since it found no daemon that it could watch' };
      }
      if (proxy.statename === 'RUNNING') first = proxy.start;
      return verdict === null || processes.every((one) => isDone(one, data) || hasDaemon(watchedPidFile, one))
        ? verdict
        : null;
    },
  };
};

const whenUp =
  (data: ActivationData): Expectation['judge'] =>
  (processes) => {
    if (processes.length === 0) return { ok: false, detail: 'supervisord does not know it' };
    const failed = processes.find(
      // One that has never been started is about to be.
      (process) => isDown(process.statename) && process.start !== 0 && !isDone(process, data),
    );
    if (failed !== undefined) return { ok: false, detail: wordsFor(failed) };
    return processes.every((process) => process.statename === 'RUNNING' || isDone(process, data)) ? fine : null;
  };

/** All processes have ended. After stopwaitsecs supervisord kills them. */
export const down = ({ processes, stopwaitsecs }: Pick<ActivationData, 'processes' | 'stopwaitsecs'>): Expectation => ({
  processes,
  seconds: stopwaitsecs + 10,
  judge: (infos) => (infos.every(({ statename }) => isDown(statename)) ? fine : null),
});

/** For programs of which only the name is known. */
export const longestStop = { processes: null, stopwaitsecs: 300 };
