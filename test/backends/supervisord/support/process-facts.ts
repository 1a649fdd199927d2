import { readFileSync, readlinkSync } from 'node:fs';

/** What the kernel knows of a living process, byte for byte. */
export interface ProcessFacts {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly directory: string;
  readonly umask: string;
  readonly nice: number;
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
}

const strings = (path: string): readonly string[] => readFileSync(path, 'utf8').split('\0').slice(0, -1);

export const factsOf = (pid: number): ProcessFacts => {
  const status = new Map(
    readFileSync(`/proc/${pid}/status`, 'utf8')
      .split('\n')
      .map((line) => line.split(':\t') as [string, string]),
  );
  const numbers = (name: string): readonly number[] => (status.get(name) ?? '').trim().split(/\s+/).map(Number);
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return {
    args: strings(`/proc/${pid}/cmdline`),
    environment: Object.fromEntries(
      strings(`/proc/${pid}/environ`).map((entry) => {
        const at = entry.indexOf('=');
        return [entry.slice(0, at), entry.slice(at + 1)];
      }),
    ),
    directory: readlinkSync(`/proc/${pid}/cwd`),
    umask: status.get('Umask') ?? '',
    nice: Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]),
    uid: numbers('Uid')[0] ?? -1,
    gid: numbers('Gid')[0] ?? -1,
    groups: numbers('Groups'),
  };
};
