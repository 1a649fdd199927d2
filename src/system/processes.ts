import { readFileSync } from 'node:fs';
import type { Run } from './ports.js';

/** A process that lives now. */
export interface LiveProcess {
  readonly pid: number;
  /**
   * When it started, as the kernel counts: clock ticks since boot (proc(5), field 22 of /proc/PID/stat), or without /proc
   * the words of ps' lstart with "_" between them. PID and start time together name one process for good.
   */
  readonly startTime: string;
  /** When it started, in milliseconds since the epoch; null when it cannot be told. */
  readonly since: number | null;
}

/** Looks at the processes of the machine. A zombie is dead: only its parent has not asked for its exit code yet. */
export interface ProcessTable {
  /** null when no such process lives. */
  find(pid: number): Promise<LiveProcess | null>;
  /** Tells this boot of the machine from others; "-" where that is not known. */
  readonly bootId: string;
}

/** What the kernel has in its memory: waiting for another thread to read it takes ten times as long. */
const readText = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
};

/** Linux counts the start times of processes in hundredths of a second for programs, whatever it uses itself (time(7)). */
const millisecondsPerTick = 10;

const fromProc = (stat: string): ProcessTable => {
  const seconds = /^btime (\d+)$/m.exec(stat)?.[1];
  return {
    bootId: readText('/proc/sys/kernel/random/boot_id')?.trim() ?? '-',
    find: (pid) => {
      const text = readText(`/proc/${pid}/stat`);
      // The program's name in the second field may itself hold parentheses, spaces and line feeds.
      const [state, ...fields] = text?.slice(text.lastIndexOf(')') + 2).split(' ') ?? [];
      const startTime = fields[18];
      if (state === undefined || startTime === undefined || /[ZXx]/.test(state)) return Promise.resolve(null);
      const since = seconds === undefined ? null : Number(seconds) * 1000 + Number(startTime) * millisecondsPerTick;
      return Promise.resolve({ pid, startTime, since });
    },
  };
};

const fromPs = (run: Run): ProcessTable => ({
  bootId: '-',
  find: async (pid) => {
    const { exitCode, stdout } = await run({
      file: 'ps',
      args: ['-o', 'state=', '-o', 'lstart=', '-p', String(pid)],
      env: { LC_ALL: 'C' },
    });
    const [state, ...words] = stdout.trim().split(/\s+/);
    if (exitCode !== 0 || state === undefined || words.length === 0 || /^[ZX]/.test(state)) return null;
    const since = Date.parse(words.join(' '));
    return { pid, startTime: words.join('_'), since: Number.isNaN(since) ? null : since };
  },
});

/** The processes as /proc shows them, or, where there is none, as ps(1) does. */
export const openProcessTable = (run: Run): Promise<ProcessTable> => {
  const stat = readText('/proc/stat');
  return Promise.resolve(stat === null ? fromPs(run) : fromProc(stat));
};
