import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { processesThatMention } from '../support/processes.js';

/** A process of the contract's model, as the machine shows it, whoever started it. */
export interface RunningProcess {
  readonly instance: string;
  readonly version: string;
  /** As it is seen from the outermost PID namespace. */
  readonly pid: number;
  /** Its numbers in all PID namespaces that it is in. */
  readonly pids: readonly number[];
  /** Those of its parent. */
  readonly parent: readonly number[];
}

const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // It has ended meanwhile.
    return '';
  }
};

const isOfTheModel = (pid: number): boolean => {
  const [program = '', script = ''] = read(`/proc/${pid}/cmdline`).split('\0');
  return basename(program).startsWith('python') && script.endsWith('process.py');
};

const statusOf = (pid: number, field: string): string =>
  new RegExp(`^${field}:\\t(.*)$`, 'm').exec(read(`/proc/${pid}/status`))?.[1] ?? '';

const numbersOf = (pid: number): readonly number[] => statusOf(pid, 'NSpid').split('\t').map(Number);

/** The processes of the model that run below a state directory, sorted by instance. */
export const runningBelow = (stateDir: string): readonly RunningProcess[] =>
  processesThatMention(stateDir)
    .filter(({ pid }) => isOfTheModel(pid))
    .map(({ pid }) => {
      const variables = new Map(
        read(`/proc/${pid}/environ`)
          .split('\0')
          .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
      );
      return {
        instance: variables.get('INSTANCE') ?? '',
        version: variables.get('VERSION') ?? '',
        pid,
        pids: numbersOf(pid),
        parent: numbersOf(Number(statusOf(pid, 'PPid'))),
      };
    })
    .sort((a, b) => a.instance.localeCompare(b.instance) || a.pid - b.pid);

/** "base 1" for each of them. */
export const versionsOf = (processes: readonly RunningProcess[]): readonly string[] =>
  processes.map(({ instance, version }) => `${instance} ${version}`);
