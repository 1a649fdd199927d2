import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { errnoOf } from '../../src/state/file-errors.js';

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // The process has ended meanwhile, or is another user's.
    return '';
  }
};

/** Whether a process lives; one that has ended and waits for its parent, a zombie, does not. */
export const isAlive = (pid: number): boolean => {
  const stat = read(`/proc/${pid}/stat`);
  // The second field is the program's name in parentheses, and may hold parentheses itself.
  const state = stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
  return stat !== '' && state !== 'Z' && state !== 'X';
};

export interface FoundProcess {
  readonly pid: number;
  readonly commandLine: string;
}

/** What a process has open; nginx' workers show nothing of where they came from, but for their logs. */
const openFiles = (pid: string): readonly string[] => {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((descriptor) => readlinkSync(`/proc/${pid}/fd/${descriptor}`));
  } catch {
    return [];
  }
};

/** Living processes with a path in their command line, environment or open files; not this one. */
export const processesThatMention = (path: string): readonly FoundProcess[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((name) => ({ name, commandLine: read(`/proc/${name}/cmdline`).replaceAll('\0', ' ').trim() }))
    .filter(
      ({ name, commandLine }) =>
        commandLine.includes(path) ||
        read(`/proc/${name}/environ`).includes(path) ||
        openFiles(name).some((file) => file.startsWith(path)),
    )
    .map(({ name, commandLine }) => ({ pid: Number(name), commandLine }))
    .filter(({ pid }) => isAlive(pid));

/** Ends them by force, as a power cut would. */
export const killProcessesThatMention = (path: string): void => {
  for (const { pid } of processesThatMention(path)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      // It may have ended together with one before it.
      if (errnoOf(error) !== 'ESRCH') throw error;
    }
  }
};
