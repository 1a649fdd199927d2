import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** What a process has that it may have inherited. */
export interface Inherited {
  /** Names of descriptors beyond 0, 1 and 2, with what they lead to. */
  readonly descriptors: readonly string[];
  /** Signals that are ignored or blocked, as numbers. */
  readonly ignored: readonly number[];
  readonly umask: string;
  readonly niceness: number;
  /** The soft limit of open files. */
  readonly openFiles: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly session: number;
  readonly group: number;
}

const text = (path: string): string => readFileSync(path, 'utf8');

const signalsOf = (status: string, field: string): readonly number[] => {
  const mask = BigInt(`0x${new RegExp(`^${field}:\\s*(\\S+)`, 'm').exec(status)?.[1] ?? '0'}`);
  return Array.from({ length: 31 }, (_, bit) => bit + 1).filter((signal) => (mask >> BigInt(signal - 1)) & 1n);
};

/** The process, of all of the machine, that sleeps that long; null when there is none. */
export const sleeperOf = (seconds: number): number | null => {
  const found = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .find((name) => {
      try {
        const [program = '', ...args] = text(`/proc/${name}/cmdline`).split('\0');
        return program.endsWith('/sleep') && args[0] === String(seconds) && args.length === 2;
      } catch {
        return false;
      }
    });
  return found === undefined ? null : Number(found);
};

/** What proc(5) numbers from 3 on in /proc/PID/stat. */
const statFields = (pid: number): readonly string[] => {
  const stat = text(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
};

/** The session of a process. */
export const sessionOf = (pid: number): number => Number(statFields(pid)[3]);

/** Reads /proc. @throws Error when there is no such process, or when it is somebody else's */
export const inheritedBy = (pid: number): Inherited => {
  const directory = `/proc/${pid}`;
  const status = text(`${directory}/status`);
  const fields = statFields(pid);
  const environment = text(`${directory}/environ`)
    .split('\0')
    .filter((entry) => entry !== '');
  return {
    descriptors: readdirSync(`${directory}/fd`)
      .filter((name) => Number(name) > 2)
      .map((name) => `${name} → ${readlinkSync(`${directory}/fd/${name}`)}`),
    ignored: [...new Set([...signalsOf(status, 'SigIgn'), ...signalsOf(status, 'SigBlk')])],
    umask: /^Umask:\s*(\S+)/m.exec(status)?.[1] ?? '',
    niceness: Number(fields[16]),
    openFiles: Number(/^Max open files\s+(\d+)/m.exec(text(`${directory}/limits`))?.[1]),
    environment: Object.fromEntries(
      environment.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
    ),
    session: Number(fields[3]),
    group: Number(fields[2]),
  };
};
