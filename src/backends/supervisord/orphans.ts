import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../system/ports.js';
import type { LiveProcess, ProcessTable } from '../../system/processes.js';

/** What the log of a supervisord says about a process that it started. */
export interface Spawned {
  readonly program: string;
  readonly pid: number;
  /** When, in milliseconds since the epoch. */
  readonly at: number;
}

const spawnLine = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d),(\d{3}) INFO spawned: '(.*)' with pid (\d+)$/gm;

/** Every process that supervisord started, in the order of its log. */
export const spawnedIn = (log: string): readonly Spawned[] =>
  [...log.matchAll(spawnLine)].map(([, day = '', time = '', fraction = '', program = '', pid]) => ({
    program,
    pid: Number(pid),
    // Without a time zone it is local time, as supervisord writes it.
    at: new Date(`${day}T${time}.${fraction}`).getTime(),
  }));

/** Milliseconds between what the log says and when the kernel says that a process began, which it rounds to a second. */
const tolerance = 2000;

/** Those of them that still live. A PID that was given to somebody else since is not taken for one. */
export const findOrphans = async (
  spawned: readonly Spawned[],
  table: ProcessTable,
): Promise<readonly { readonly program: string; readonly process: LiveProcess }[]> => {
  const found = await Promise.all(
    spawned.map(async ({ program, pid, at }) => {
      const process = await table.find(pid);
      const isIt = process?.since != null && Math.abs(process.since - at) <= tolerance;
      return isIt ? [{ program, process }] : [];
    }),
  );
  return found.flat();
};

const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended in the meantime.
  }
};

/** Seconds until a process that was asked to end is killed: what supervisord gives it by default. */
const stopwaitsecs = 10;

/**
 * Ends what a supervisord that was killed has left running: its successor could not take it over, and what it starts
 * instead would find ports and files in use.
 *
 * @param logFiles the logs of that supervisord
 */
export const endOrphans = async (logFiles: readonly string[], table: ProcessTable, log: Log): Promise<void> => {
  const texts = await Promise.all(logFiles.map((path) => readFile(path, 'utf8').catch(() => '')));
  const orphans = await findOrphans(texts.flatMap(spawnedIn), table);
  await Promise.all(
    orphans.map(async ({ program, process: { pid, startTime } }) => {
      log.warn({ program, pid }, `ending ${program} (process ${pid}), which a killed supervisord has left behind`);
      signal(pid, 'SIGTERM');
      const lives = async (): Promise<boolean> => (await table.find(pid))?.startTime === startTime;
      const deadline = Date.now() + stopwaitsecs * 1000;
      while (await lives()) {
        // The group too: supervisord makes each process the leader of one.
        if (Date.now() > deadline) signal(-pid, 'SIGKILL');
        await sleep(50);
      }
    }),
  );
};
