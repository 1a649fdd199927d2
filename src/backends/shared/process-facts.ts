import { readFileSync } from 'node:fs';
import { readFile, readlink } from 'node:fs/promises';

/** What a process that lives was started with, and runs as (proc(5)). */
export interface ProcessFacts {
  readonly command: readonly string[];
  /** The path of the program that it executes. */
  readonly executable: string;
  readonly environment: ReadonlyMap<string, string>;
  /** Its effective user ID. */
  readonly uid: number;
  readonly nice: number;
  readonly directory: string;
}

const strings = (text: string): readonly string[] => text.split('\0').slice(0, -1);

/** Null when there is no such process, or its facts cannot be read: there is no /proc, or it is somebody else's. */
export const factsOf = async (pid: number): Promise<ProcessFacts | null> => {
  const file = (name: string): Promise<string> => readFile(`/proc/${String(pid)}/${name}`, 'utf8');
  try {
    const [command, environment, status, stat, executable, directory] = await Promise.all([
      file('cmdline'),
      file('environ'),
      file('status'),
      file('stat'),
      readlink(`/proc/${String(pid)}/exe`),
      readlink(`/proc/${String(pid)}/cwd`),
    ]);
    return {
      command: strings(command),
      executable: executable.replace(/ \(deleted\)$/, ''),
      environment: new Map(
        strings(environment).map((entry) => {
          const end = entry.indexOf('=');
          return [entry.slice(0, end), entry.slice(end + 1)];
        }),
      ),
      uid: Number(/^Uid:\s+\d+\s+(\d+)/m.exec(status)?.[1] ?? Number.NaN),
      // Behind the program's name in parentheses: the state is the third field, the niceness the nineteenth.
      nice: Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]),
      directory,
    };
  } catch {
    return null;
  }
};

/** The first child of a process; null when it has none, or that cannot be told. */
export const firstChildOf = async (pid: number): Promise<number | null> => {
  const text = await readFile(`/proc/${String(pid)}/task/${String(pid)}/children`, 'utf8').catch(() => '');
  const [child] = text.trim().split(' ');
  return child === undefined || child === '' ? null : Number(child);
};

/** The fields of /proc/PID/stat behind the program's name, from the state on; null where there is no such process, or no /proc. */
const statFields = (pid: number | string): readonly string[] | null => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
};

const statNumber = (pid: number, index: number): number | null => {
  const field = statFields(pid)?.[index];
  return field === undefined ? null : Number(field);
};

/** The parent of a process; null when that cannot be told. */
export const parentOf = (pid: number): number | null => statNumber(pid, 1);

/** The process group of a process; null when that cannot be told. */
export const groupOf = (pid: number): number | null => statNumber(pid, 2);

/** The session of a process; null when that cannot be told. */
export const sessionOf = (pid: number): number | null => statNumber(pid, 3);
