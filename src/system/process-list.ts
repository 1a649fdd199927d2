import { readdirSync, readFileSync } from 'node:fs';
import type { Run } from './ports.js';

/** What tells to whom a process belongs. */
export interface ProcessFacts {
  readonly pid: number;
  /** 0 for one whose parent cannot be seen from here. */
  readonly parent: number;
  readonly group: number;
  /** Null where the system does not tell. */
  readonly session: number | null;
  /** Clock ticks since boot, or ps' words for the time; with the PID it names one process for good. */
  readonly startTime: string;
  /** Its control group of version 2, as a path; null where there are none. */
  readonly controlGroup: string | null;
  /** What NIXPROC_INSTANCE was when it was started, where we may know; null for nothing. */
  readonly mark: string | null;
}

const readText = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // It has ended meanwhile, or is hidden from us.
    return null;
  }
};

/** Zombies and the dead are gone: only their parents have not asked for their exit codes yet. */
const isDead = (state: string): boolean => /^[ZXx]/.test(state);

/** Reads the text of /proc/PID/stat (proc(5)). Null for a zombie, and for what is no such text. */
export const parseStat = (stat: string): Omit<ProcessFacts, 'controlGroup' | 'mark'> | null => {
  const pid = Number.parseInt(stat, 10);
  // The program's name in the second field may itself hold parentheses, spaces and line feeds.
  const [state = 'X', parent, group, session, ...more] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const startTime = more[15];
  if (!Number.isInteger(pid) || isDead(state) || startTime === undefined) return null;
  return { pid, parent: Number(parent), group: Number(group), session: Number(session), startTime };
};

/** The control group of version 2 in the text of /proc/PID/cgroup (cgroups(7)). */
export const parseControlGroup = (text: string | null): string | null => /^0::(.*)$/m.exec(text ?? '')?.[1] ?? null;

const markIn = (environment: string | null): string | null =>
  /(?:^|\0)NIXPROC_INSTANCE=([^\0]*)/.exec(environment ?? '')?.[1] ?? null;

const fromProc = (names: readonly string[]): readonly ProcessFacts[] =>
  names.flatMap((name) => {
    const facts = /^\d+$/.test(name) ? parseStat(readText(`/proc/${name}/stat`) ?? '') : null;
    if (facts === null) return [];
    const controlGroup = parseControlGroup(readText(`/proc/${name}/cgroup`));
    return [{ ...facts, controlGroup, mark: markIn(readText(`/proc/${name}/environ`)) }];
  });

/** Reads what ps(1) prints of all processes: PID, parent, group, state and start, in that order. */
export const parsePs = (text: string): readonly ProcessFacts[] =>
  text.split('\n').flatMap((line) => {
    const [pid, parent, group, state, ...start] = line.trim().split(/\s+/);
    if (state === undefined || start.length === 0 || isDead(state)) return [];
    const numbers = { pid: Number(pid), parent: Number(parent), group: Number(group) };
    return [{ ...numbers, session: null, startTime: start.join('_'), controlGroup: null, mark: null }];
  });

/** All processes that live and can be seen: as /proc shows them, or, where there is none, as ps(1) does. */
export const listProcesses = async (run: Run): Promise<readonly ProcessFacts[]> => {
  if (readText('/proc/self/stat') !== null) return fromProc(readdirSync('/proc'));
  const columns = ['pid=', 'ppid=', 'pgid=', 'state=', 'lstart='].flatMap((column) => ['-o', column]);
  const { stdout } = await run({ file: 'ps', args: ['-A', ...columns], env: { LC_ALL: 'C' } });
  return parsePs(stdout);
};

/** Whether the very process lives, and not another one that has its PID by now. Only where there is /proc. */
const stillLives = ({ pid, startTime }: Pick<ProcessFacts, 'pid' | 'startTime'>): boolean => {
  const stat = readText(`/proc/${pid}/stat`);
  return stat !== null && parseStat(stat)?.startTime === startTime;
};

/** Those of these processes that still live. */
export const livingAmong = async <Facts extends Pick<ProcessFacts, 'pid' | 'startTime'>>(
  some: readonly Facts[],
  run: Run,
): Promise<readonly Facts[]> => {
  if (some.length === 0) return [];
  if (readText('/proc/self/stat') !== null) return some.filter(stillLives);
  const now = new Map((await listProcesses(run)).map(({ pid, startTime }) => [pid, startTime]));
  return some.filter(({ pid, startTime }) => now.get(pid) === startTime);
};

/** Variables of the environment that a process was started with, by their names; nothing when we may not read it. */
export const environmentOf = (pid: number): ReadonlyMap<string, string> => {
  const entries = readText(`/proc/${pid}/environ`)?.split('\0') ?? [];
  return new Map(entries.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]));
};

/** The command line of a process, or else its name; null when it is gone. */
export const commandLineOf = async (pid: number, run: Run): Promise<string | null> => {
  const words = readText(`/proc/${pid}/cmdline`)?.replaceAll('\0', ' ').trim() ?? null;
  if (words !== null && words !== '') return words;
  if (words === '') return readText(`/proc/${pid}/comm`)?.trim() ?? null;
  const { exitCode, stdout } = await run({ file: 'ps', args: ['-o', 'args=', '-p', String(pid)] });
  return exitCode === 0 && stdout.trim() !== '' ? stdout.trim() : null;
};
