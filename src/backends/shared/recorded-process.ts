import type { ProcessTable } from '../../system/processes.js';
import type { Observation } from '../backend.js';
import { observeService, readRecord } from './observe-service.js';

/*
 * Processes that have recorded themselves when they started (recorded-start.ts).
 */

/** The process of a record. */
export const recordedProcess = (processes: ProcessTable, recordFile: string): Promise<Observation> =>
  observeService({ pidFile: null, recordFile, wrapped: true }, processes, () =>
    Promise.resolve({ exitCode: 3, words: '' }),
  );

/** Who has started the process of a record, and whether that one still lives; null where nothing says it. */
export const starterOf = async (
  processes: ProcessTable,
  recordFile: string,
): Promise<{ readonly pid: number; readonly lives: boolean } | null> => {
  const found = readRecord(recordFile).find(({ kind, boot }) => kind === 'server' && boot === processes.bootId);
  if (found === undefined) return null;
  const pid = Number(found.pid);
  return { pid, lives: (await processes.find(pid))?.startTime === found.startTime };
};

/** Whether that one lives; null where nothing says who it was. */
export const starterLives = async (processes: ProcessTable, recordFile: string): Promise<boolean | null> =>
  (await starterOf(processes, recordFile))?.lives ?? null;
