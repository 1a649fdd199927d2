import { statSync, type Stats } from 'node:fs';
import { readRegularFile } from '../../state/regular-file.js';
import type { Observation } from '../backend.js';
import type { LiveProcess, ProcessTable } from '../../system/processes.js';
import { firstChildOf } from './process-facts.js';
import type { ScriptActivation } from './script-activation.js';

/** One line of a record: its kind (`main`; `wrapper`, who keeps it in the background; `server`, who has started it), and the process that it names. */
export interface RecordLine {
  readonly kind: string;
  readonly pid: string;
  readonly startTime: string;
  readonly boot: string;
}

// There may be hundreds of these small files, and waiting for another thread to read one takes ten times as long.

const textOf = (path: string): string | null => {
  try {
    // Who can write the directory may put a pipe there, whose reader waits for ever.
    return readRegularFile(path);
  } catch {
    return null;
  }
};

const statOf = (path: string): Stats | null => {
  try {
    return statSync(path);
  } catch {
    return null;
  }
};

/** A record that neither we nor root wrote proves nothing. */
const isTrusted = (path: string): boolean => {
  const uid = statOf(path)?.uid;
  return uid === 0 || (uid !== undefined && uid === process.geteuid?.());
};

export const readRecord = (path: string): readonly RecordLine[] => {
  const text = isTrusted(path) ? textOf(path) : null;
  return (text ?? '').split('\n').flatMap((line) => {
    const [kind, pid, startTime, boot] = line.split(' ');
    return kind === undefined || pid === undefined || startTime === undefined || boot === undefined
      ? []
      : [{ kind, pid, startTime, boot }];
  });
};

/** More than any PID takes, and more than a file of somebody else's can make us read. */
const largestPidFile = 4096;

/** The PID in a PID file; null when there is no file. It is what the file says, whoever has written it. */
export const readPidFile = (path: string): number | 'unusable' | null => {
  const found = statOf(path);
  if (found === null) return null;
  const text = found.isFile() && found.size <= largestPidFile ? textOf(path) : null;
  const [first] = text?.trim().split(/\s/) ?? [];
  return first !== undefined && /^[1-9]\d*$/.test(first) ? Number(first) : 'unusable';
};

const running = ({ pid, since }: LiveProcess): Observation => ({ state: 'running', pid, since, detail: null });
/** The process that a PID file stands for: its own, or the one that the named process keeps in the background. */
export const processBehind = async (
  named: LiveProcess,
  wrapped: boolean,
  processes: ProcessTable,
): Promise<LiveProcess> => {
  const child = wrapped ? await firstChildOf(named.pid) : null;
  return (child === null ? null : await processes.find(child)) ?? named;
};

const notRunning = (state: 'stopped' | 'failed' | 'absent', detail: string | null): Observation => ({
  state,
  pid: null,
  since: null,
  detail,
});

/**
 * Tells the state of a service from its record and its PID file, without running anything.
 *
 * @param askScript runs the status activity of the service's script. It is asked in the one case that takes more than a
 *   look: a process is named by the PID file, but not by the record (the service executed itself anew, or the PID is a
 *   stranger's)
 */
export const observeService = async (
  { pidFile, recordFile, wrapped }: Pick<ScriptActivation, 'pidFile' | 'recordFile' | 'wrapped'>,
  processes: ProcessTable,
  askScript: () => Promise<{ readonly exitCode: number; readonly words: string }>,
): Promise<Observation> => {
  const record = readRecord(recordFile);
  const current = record.filter(({ boot }) => boot === processes.bootId);
  for (const { kind, pid, startTime } of current) {
    if (kind !== 'main') continue;
    const found = await processes.find(Number(pid));
    if (found?.startTime !== startTime) continue;
    // Nobody may count on a process that was told to end.
    return current.at(-1)?.kind === 'stopping'
      ? notRunning('failed', `it was told to end, but process ${pid} still lives`)
      : running(found);
  }

  const named = pidFile === null ? null : readPidFile(pidFile);
  const candidate = typeof named === 'number' ? await processes.find(named) : null;
  if (candidate !== null) {
    const { exitCode, words } = await askScript();
    return exitCode === 0 ? running(await processBehind(candidate, wrapped, processes)) : notRunning('failed', words);
  }
  if (named === 'unusable') return notRunning('failed', `there is no PID in ${pidFile ?? ''}`);
  if (named !== null) return notRunning('failed', `${pidFile ?? ''} names process ${named}, which is dead`);

  const last = current.at(-1)?.kind;
  switch (last) {
    case 'started':
      return { state: 'running', pid: null, since: null, detail: null };
    case 'stopping':
    case 'stopped':
      return notRunning('stopped', null);
    case 'failed':
      return notRunning('failed', 'its start failed');
    case undefined:
      return record.length === 0 ? notRunning('absent', null) : notRunning('failed', 'not started since the last boot');
    default:
      // `daemon` removes its PID file whatever its process dies of; a daemon only when it ends in good order.
      return wrapped ? notRunning('failed', 'it ended by itself') : notRunning('stopped', 'it ended by itself');
  }
};
