import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A log whose directory a logger has, and which. */
export interface LockedLog {
  readonly directory: string;
  readonly pid: number;
}

/** PIDs of those that hold a lock on a file, by the file's inode (proc_locks(5)). */
const holdersOfLocks = (): ReadonlyMap<string, number> => {
  try {
    return new Map(
      readFileSync('/proc/locks', 'utf8')
        .split('\n')
        .flatMap((line): [string, number][] => {
          // "1: FLOCK  ADVISORY  WRITE 123 08:01:456 0 EOF"; one that waits has an arrow.
          const [, pid, inode] = /^\d+: \w+ +\w+ +WRITE (\d+) [0-9a-f]+:[0-9a-f]+:(\d+) /.exec(line) ?? [];
          return pid === undefined || inode === undefined || pid === '0' ? [] : [[inode, Number(pid)]];
        }),
    );
  } catch {
    return new Map();
  }
};

const nameOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${String(pid)}/comm`, 'utf8').trim();
  } catch {
    return '';
  }
};

/**
 * Those of log files whose directory a logger writes to that locks the file `lock` there: a second one would not get it.
 * Nothing is found where the machine does not tell who holds locks.
 *
 * @param logger as ps(1) calls it ("s6-log")
 */
export const lockedLogs = (logFiles: readonly string[], logger: string): readonly LockedLog[] => {
  if (logFiles.length === 0) return [];
  const holders = holdersOfLocks();
  return [...new Set(logFiles.map(dirname))].flatMap((directory) => {
    const inode = statSync(join(directory, 'lock'), { throwIfNoEntry: false })?.ino;
    const pid = inode === undefined ? undefined : holders.get(String(inode));
    // An inode's number alone may be another file system's.
    return pid !== undefined && nameOf(pid) === logger ? [{ directory, pid }] : [];
  });
};
