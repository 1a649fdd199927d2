import { closeSync, openSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeTextAtomically } from '../../state/atomic-file.js';
import { errnoOf } from '../../state/file-errors.js';
import { openGuarded } from '../../state/shared-directory.js';
import type { LiveProcess, ProcessTable } from '../../system/processes.js';
import type { Observation } from '../backend.js';
import { processBehind, readPidFile, readRecord } from './observe-service.js';
import type { ScriptActivation } from './script-activation.js';
import { splitWords } from './split-words.js';

/**
 * Scripts that start and stop a service, but were not written by us: what the reference tools generate, and what packages
 * bring along. They have an LSB init script's activities and keep no record, so that we keep one for them.
 */

/** The first word of a text, as a shell reads it; null when it is not an absolute path. */
const pathIn = (text: string | undefined): string | null => {
  try {
    const [word] = splitWords(text ?? '');
    return word?.startsWith('/') === true && !word.includes('$') ? word : null;
  } catch {
    return null;
  }
};

/** Where a script says its PID file is: chkconfig's comment, a variable, or what it tells LSB's functions or daemon(1). */
const pidFilePatterns = [
  /^# *pidfile: *(.+)$/m,
  /^\s*(?:export +)?[A-Za-z_]*pid_?file=(.+)$/im,
  /\s(?:--pidfile|-F)(?:[ =])(.+)$/m,
  /\b(?:start_daemon|loadproc|killproc|statusproc|pidofproc)\s[^\n]*?-p +(.+)$/m,
] as const;

/** The PID file that a script names; null when it names none that can be understood. */
export const pidFileIn = (text: string): string | null => {
  for (const pattern of pidFilePatterns) {
    const path = pathIn(pattern.exec(text)?.[1]);
    if (path !== null) return path;
  }
  return null;
};

/** Whether libslack's daemon(1) keeps the process in the background. */
export const isWrappedIn = (text: string): boolean => /(?:^|[\s/;&|])daemon\s[^\n]*(?:--pidfile|-F)[ =]/m.test(text);

/** The file that daemon(1) is told to write output to; null when it is told none. */
export const outputFileIn = (text: string): string | null =>
  pathIn(/\s(?:--output|--stdout)[ =](.+)$/m.exec(text)?.[1]);

/** Seconds that a service gets to be as its script has left it, if nobody says otherwise. */
const usualPatience = 10;

/** The process that a PID file names; null when there is none, or nobody knows. */
export const namedProcess = async (
  { pidFile, wrapped }: Pick<ScriptActivation, 'pidFile' | 'wrapped'>,
  processes: ProcessTable,
): Promise<LiveProcess | null> => {
  const named = pidFile === null ? null : readPidFile(pidFile);
  const candidate = typeof named === 'number' ? await processes.find(named) : null;
  return candidate === null ? null : processBehind(candidate, wrapped, processes);
};

/** What a script's activity `status` says: the LSB's exit codes. */
export interface StatusAnswer {
  readonly exitCode: number;
  readonly words: string;
}

/** Records that somebody wants the service down; one that should run needs no record. */
const recordState = async (recordFile: string, state: 'started' | 'stopped', bootId: string): Promise<void> => {
  if (state === 'started') {
    await rm(recordFile, { force: true });
    return;
  }
  await mkdir(dirname(recordFile), { recursive: true });
  await writeTextAtomically(recordFile, `stopped - - ${bootId}\n`);
};

/** Tells the state of a service with somebody else's script, by the script's own words. */
export const observeForeign = async (
  { recordFile, ...activation }: Pick<ScriptActivation, 'pidFile' | 'recordFile' | 'wrapped'>,
  processes: ProcessTable,
  askScript: () => Promise<StatusAnswer>,
): Promise<Observation> => {
  const found = await namedProcess(activation, processes);
  const { exitCode, words } = await askScript();
  if (exitCode === 0) return { state: 'running', pid: found?.pid ?? null, since: found?.since ?? null, detail: null };
  const last = readRecord(recordFile)
    .filter(({ boot }) => boot === processes.bootId)
    .at(-1)?.kind;
  const detail = words.split('\n').at(-1)?.trim() ?? '';
  return last === 'stopped'
    ? { state: 'stopped', pid: null, since: null, detail: null }
    : { state: 'failed', pid: null, since: null, detail: detail === '' ? 'it does not run' : detail };
};

/**
 * Waits until a service is as it should be after an activity, and records that. It is stopped when its process has ended,
 * whatever its script says by then.
 *
 * @param last the process that ran before a stop; null when nobody knows one
 * @param patience seconds; null for the usual ones
 * @returns the last observation, whatever it is
 */
export const settleForeign = async (
  wanted: 'started' | 'stopped',
  { recordFile }: Pick<ScriptActivation, 'recordFile'>,
  processes: ProcessTable,
  observe: () => Promise<Observation>,
  { last, patience }: { readonly last: LiveProcess | null; readonly patience: number | null },
): Promise<{ readonly ok: boolean; readonly observation: Observation }> => {
  const { bootId } = processes;
  const end = Date.now() + (patience ?? usualPatience) * 1000;
  const lives = async (): Promise<boolean> =>
    last !== null && (await processes.find(last.pid))?.startTime === last.startTime;
  for (;;) {
    const observation = await observe();
    const isAsWanted = (observation.state === 'running') === (wanted === 'started');
    const ok = isAsWanted && (wanted === 'started' || !(await lives()));
    // Without a record the service is only taken for one that has failed.
    if (ok) await recordState(recordFile, wanted, bootId).catch(() => undefined);
    if (ok || Date.now() > end) return { ok, observation };
    await sleep(100);
  }
};

/**
 * The log that a command of somebody else may add to: in a directory that others can write, it is made before anybody else
 * can, and nothing that is in the way is opened.
 */
export const logToWrite = async (logFile: string | null): Promise<string | null> => {
  if (logFile === null) return null;
  try {
    closeSync(openSync(logFile, 'ax', 0o644));
    return logFile;
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') return null;
  }
  const found = await openGuarded(logFile);
  if (found.kind !== 'opened') return null;
  closeSync(found.descriptor);
  return logFile;
};

/** The words of a command that adds what a script, and what it starts, print to a log instead of our pipe. */
export const loggedCommand = (logFile: string | null, command: readonly string[]): readonly [string, ...string[]] => [
  '/bin/sh',
  '-c',
  'log=$1; shift; (: >>"$log") 2>/dev/null || log=/dev/null; exec "$@" >>"$log" 2>&1',
  'sh',
  logFile ?? '/dev/null',
  ...command,
];
