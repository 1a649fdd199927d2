import { readFileSync, readlinkSync, renameSync, writeFileSync } from 'node:fs';
import { explainFileError } from '../../state/file-errors.js';
import { ExplainedError } from '../../system/errors.js';
import type { Log } from '../../system/ports.js';
import type { LiveProcess, ProcessTable } from '../../system/processes.js';

/** A process of a manager, as it was seen. */
export interface SeenProcess {
  /** What the manager calls it. */
  readonly name: string;
  /** 0: the manager has it, but no process of it. */
  readonly pid: number;
  /**
   * The manager's own word for this start of it, where it has one: as long as PID and word stay the same, the process is not
   * looked at again.
   */
  readonly mark?: string;
}

/** A process that was written down. */
export interface RecordedProcess {
  readonly name: string;
  /** 0 for one that had no process. */
  readonly pid: number;
  /** As ProcessTable has it. */
  readonly startTime: string;
  readonly mark: string;
}

/**
 * A file that says which processes a manager had when it was asked the last time, by PID, start time, boot and PID namespace:
 * what lives of them when the manager does not was left behind by it. It is in a directory that only we may write to.
 */
export interface ProcessRecord {
  /** What was written down since the machine started; empty when nothing was, or none of it can be told from here. */
  read(): readonly RecordedProcess[];
  /** Writes down what the manager has now, if that is anything else. A failure is only warned of. */
  write(seen: readonly SeenProcess[]): Promise<void>;
}

const readText = (read: () => string): string => {
  try {
    return read();
  } catch {
    return '';
  }
};

/** What the numbers of a record are good for. */
const headerFor = ({ bootId }: ProcessTable): string =>
  `processes of boot ${bootId} ${readText(() => readlinkSync('/proc/self/ns/pid')) || '-'}`;

const lineOf = ({ name, pid, startTime, mark }: RecordedProcess): string => `${pid} ${startTime} ${mark} ${name}`;

const parseLine = (line: string): readonly RecordedProcess[] => {
  const [, pid, startTime = '', mark = '', name = ''] = /^(0|[1-9]\d*) (\S+) (\S+) (.+)$/.exec(line) ?? [];
  return pid === undefined ? [] : [{ name, pid: Number(pid), startTime, mark }];
};

/** Records that could not be written, which is told once: the next look at the manager fails the same way. */
const unwritable = new Set<string>();

/** @param path in a directory that is ours alone */
export const processRecord = (path: string, table: ProcessTable, log: Log): ProcessRecord => {
  const read = (): readonly RecordedProcess[] => {
    const [header, ...lines] = readText(() => readFileSync(path, 'utf8')).split('\n');
    return header === headerFor(table) ? lines.flatMap(parseLine) : [];
  };
  return {
    read,
    write: async (seen) => {
      const before = read();
      const known = new Map(before.map((entry) => [`${entry.pid} ${entry.mark} ${entry.name}`, entry]));
      const found = await Promise.all(
        seen.map(async ({ name, pid, mark = '-' }): Promise<readonly RecordedProcess[]> => {
          if (pid === 0) return [{ name, pid, startTime: '-', mark: '-' }];
          const same = mark === '-' ? undefined : known.get(`${pid} ${mark} ${name}`);
          if (same !== undefined) return [same];
          const process = await table.find(pid);
          return process === null ? [] : [{ name, pid, startTime: process.startTime, mark }];
        }),
      );
      const lines = found.flat().map(lineOf).sort();
      if (lines.join('\n') === before.map(lineOf).join('\n')) return;
      try {
        // Not synced: after a power cut it says nothing any more.
        writeFileSync(`${path}.new`, `${[headerFor(table), ...lines].join('\n')}\n`, { mode: 0o600 });
        renameSync(`${path}.new`, path);
      } catch (error) {
        if (!unwritable.has(path)) {
          const explained = explainFileError(`The record ${path} cannot be written`, error);
          if (!(explained instanceof ExplainedError)) throw error;
          log.warn(`${explained.message}: ${explained.why ?? ''}`);
        }
        unwritable.add(path);
      }
    },
  };
};

/** Those that still live. A PID that was given to another process since is not taken for one of them. */
export const survivorsOf = async (
  recorded: readonly RecordedProcess[],
  table: ProcessTable,
): Promise<readonly (RecordedProcess & { readonly process: LiveProcess })[]> => {
  const found = await Promise.all(
    recorded.map(async (entry) => {
      const process = entry.pid === 0 ? null : await table.find(entry.pid);
      return process?.startTime === entry.startTime ? [{ ...entry, process }] : [];
    }),
  );
  return found.flat();
};
