import { readFile } from 'node:fs/promises';
import type { Log, Run } from '../../system/ports.js';
import type { ProcessTable } from '../../system/processes.js';
import { endOrphans as endAll } from '../shared/end-orphans.js';
import { factsOf, groupOf, sessionOf } from '../shared/process-facts.js';
import { survivorsOf, type ProcessRecord } from '../shared/process-record.js';
import { supervisordItself, type OwnPaths } from './own-configuration.js';

/** What the log of a supervisord says about a process that it started. */
interface Spawned {
  readonly program: string;
  readonly pid: number;
}

const spawnLine = /^\S+ \S+ INFO spawned: '(.*)' with pid (\d+)$/gm;

const spawnedIn = (log: string): readonly Spawned[] =>
  [...log.matchAll(spawnLine)].map(([, program = '', pid]) => ({ program, pid: Number(pid) }));

/** A process that runs although the supervisord that started it does not. */
export interface Orphan {
  readonly program: string;
  readonly pid: number;
  /** As ProcessTable has it. */
  readonly startTime: string;
  /** Milliseconds since the epoch. */
  readonly since: number | null;
}

/**
 * Finds what a supervisord that is no more has left running: what it had when it was asked the last time, and what its log
 * says that it has started since. A PID of the log may have been given to another process by now: it is believed of a leader
 * of a group in the session of that supervisord, or of who was given that supervisord's socket. No time in the log is.
 */
export const findOrphans = async (
  paths: Pick<OwnPaths, 'log' | 'socket'>,
  record: ProcessRecord,
  table: ProcessTable,
): Promise<readonly Orphan[]> => {
  const recorded = record.read();
  const server = recorded.find(({ name }) => name === supervisordItself);
  // Its number may be another process' by now, whose session is none of ours.
  const session = server === undefined || (await table.find(server.pid)) !== null ? null : server.pid;
  const wasStartedByIt = async (pid: number): Promise<boolean> => {
    if (session !== null && sessionOf(pid) === session && groupOf(pid) === pid) return true;
    const environment = (await factsOf(pid))?.environment;
    return environment?.get('SUPERVISOR_SERVER_URL') === `unix://${paths.socket}`;
  };
  const texts = await Promise.all([`${paths.log}.1`, paths.log].map((path) => readFile(path, 'utf8').catch(() => '')));
  const found = new Map<number, Orphan>();
  for (const { name, pid, startTime, process } of await survivorsOf(recorded, table)) {
    if (name !== supervisordItself) found.set(pid, { program: name, pid, startTime, since: process.since });
  }
  for (const { program, pid } of texts.flatMap(spawnedIn)) {
    if (found.has(pid)) continue;
    const process = await table.find(pid);
    if (process === null || !(await wasStartedByIt(pid))) continue;
    found.set(pid, { program, pid, startTime: process.startTime, since: process.since });
  }
  return [...found.values()];
};

/**
 * Ends what a supervisord that was killed has left running: its successor could not take it over, and what it starts
 * instead would find ports and files in use.
 *
 * @param secondsFor how long a process of a program gets to end before it is killed
 * @throws ActivationError naming those that do not end
 */
export const endOrphans = async (
  orphans: readonly Orphan[],
  secondsFor: (program: string) => number,
  run: Run,
  log: Log,
): Promise<void> => {
  for (const { program, pid } of orphans) {
    log.warn({ program, pid }, `ending ${program} (process ${pid}), which a killed supervisord has left behind`);
  }
  await endAll(
    orphans.map(({ program, pid, startTime }) => ({
      name: program,
      pid,
      startTime,
      milliseconds: secondsFor(program) * 1000,
    })),
    run,
  );
};
