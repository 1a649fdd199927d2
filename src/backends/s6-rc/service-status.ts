import type { Programs } from './programs.js';

/** What s6-supervise says of a longrun (https://skarnet.org/software/s6/s6-svstat.html). */
export interface ServiceStatus {
  readonly up: boolean;
  /** s6-supervise starts it again when it ends. */
  readonly wantedUp: boolean;
  readonly ready: boolean;
  readonly pid: number | null;
  /** How it ended the last time; null while it runs, and before it has run. */
  readonly ending: string | null;
}

const fields = 'up,wantedup,ready,pid,exitcode,signal';

const endingOf = (exitCode: string, signal: string): string | null => {
  if (signal !== 'NA') return `it was ended by ${signal}`;
  return exitCode === '-1' ? null : `it exited with code ${exitCode}`;
};

/** One line of s6-svstat; null when s6-supervise does not run. */
export const parseStatus = (line: string): ServiceStatus | null => {
  const [up, wantedUp, ready, pid, exitCode, signal] = line.trim().split(' ');
  if (pid === undefined || exitCode === undefined || signal === undefined) return null;
  const isUp = up === 'true';
  return {
    up: isUp,
    wantedUp: wantedUp === 'true',
    ready: ready === 'true',
    pid: isUp ? Number(pid) : null,
    ending: isUp ? null : endingOf(exitCode, signal),
  };
};

/** Asks about all service directories in one call. Those without an s6-supervise are left out. */
export const serviceStatuses = async (
  directories: ReadonlyMap<string, string>,
  programs: Programs,
): Promise<ReadonlyMap<string, ServiceStatus>> => {
  if (directories.size === 0) return new Map();
  const { stdout } = await programs.shell(
    `for directory; do s6-svstat -o ${fields} "$directory" 2>/dev/null || echo; done`,
    [...directories.values()],
  );
  const lines = stdout.split('\n');
  return new Map(
    [...directories.keys()].flatMap((service, index): [string, ServiceStatus][] => {
      const status = parseStatus(lines[index] ?? '');
      return status === null ? [] : [[service, status]];
    }),
  );
};
