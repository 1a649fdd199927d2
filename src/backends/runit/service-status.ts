import type { Observation } from '../backend.js';

/** What `sv status` says of a service directory (sv(8)). */
export interface ServiceStatus {
  readonly state: 'run' | 'down' | 'finish' | 'unsupervised';
  /** Of the process, or of the script `finish`; null for neither. */
  readonly pid: number | null;
  /** Of its logger; null for none. */
  readonly loggerPid: number | null;
  /** What differs from what would be expected: "want down", "got TERM", "normally up", "paused"; "" for nothing. */
  readonly remarks: string;
}

const nobody: ServiceStatus = { state: 'unsupervised', pid: null, loggerPid: null, remarks: '' };

/**
 * Reads what `sv status` prints: a line for each directory, in which the service comes first, and its logger after a
 * semicolon: "run: DIR: (pid 12) 3s, normally down, want down, got TERM; run: log: (pid 11) 3s".
 *
 * @returns by directory; what it cannot tell is not supervised
 */
export const readStatuses = (output: string, directories: readonly string[]): ReadonlyMap<string, ServiceStatus> => {
  const lines = output.split('\n');
  return new Map(
    directories.map((directory) => {
      const found = lines.flatMap((line) => {
        const [word = ''] = line.split(':', 1);
        const start = `${word}: ${directory}: `;
        if (!line.startsWith(start)) return [];
        const [rest = '', logger = ''] = line.slice(start.length).split('; ');
        return [{ word, rest, logger }];
      })[0];
      if (found === undefined) return [directory, nobody];
      const { word, rest, logger } = found;
      if (word !== 'run' && word !== 'down' && word !== 'finish') return [directory, nobody];
      const pidIn = (text: string): number | null => {
        const pid = /\(pid (\d+)\)/.exec(text)?.[1];
        return pid === undefined ? null : Number(pid);
      };
      const remarks = rest.replace(/^(?:\(pid \d+\) )?\d+s(?:, )?/, '');
      return [directory, { state: word, pid: pidIn(rest), loggerPid: pidIn(logger), remarks }];
    }),
  );
};

/** Whether a service is to be up: its directory has no file `down`, and nobody has told runsv otherwise. */
export const isWantedUp = ({ state, remarks }: ServiceStatus): boolean => {
  const words = remarks.split(', ');
  if (words.includes('want up')) return true;
  if (words.includes('want down')) return false;
  return state === 'run' || state === 'finish';
};

/** What a service does; `since` is left to who looks at the process. */
export const observationOf = (status: ServiceStatus): Observation => {
  const { state, pid, remarks } = status;
  const seen = { pid, since: null, detail: remarks === '' ? null : remarks };
  switch (state) {
    case 'run':
      // Nobody may count on a process that was told to end.
      return isWantedUp(status) ? { ...seen, state: 'running', detail: null } : { ...seen, state: 'failed' };
    case 'finish':
      return { ...seen, pid: null, state: 'starting', detail: 'its script finish runs' };
    case 'down':
      return isWantedUp(status)
        ? { ...seen, state: 'failed', detail: 'it ended; runsv starts it again' }
        : { ...seen, state: 'stopped', detail: null };
    case 'unsupervised':
      return { ...seen, state: 'failed', detail: 'no runsv supervises it' };
  }
};
