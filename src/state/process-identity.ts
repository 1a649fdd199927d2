import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Run } from '../system/ports.js';
import { openProcessTable } from '../system/processes.js';
import { errnoOf } from './file-errors.js';

/** One process of all those that ever ran: its PID alone says little, since PIDs are used again. */
export interface ProcessIdentity {
  readonly pid: number;
  /** As ProcessTable has it. */
  readonly startTime: string;
  /** Which boot of the machine. */
  readonly bootId: string;
  /** The PID namespace in which `pid` counts; null where there is no /proc. */
  readonly pidNamespace: string | null;
  /** Which machine, for files on a network file system. */
  readonly machine: string;
}

/** `unknown`: it belongs to another machine or PID namespace, where we cannot look. */
export type Liveness = 'alive' | 'dead' | 'unknown';

export interface ProcessIdentities {
  /** Who we are. */
  readonly own: ProcessIdentity;
  /** Whether a process still runs. `dead` is certain, and stays true. */
  readonly livenessOf: (identity: ProcessIdentity) => Promise<Liveness>;
}

/** Null when it cannot be read. */
const readText = (read: () => string): string | null => {
  try {
    return read();
  } catch {
    return null;
  }
};

const machineId = (): string => (readText(() => readFileSync('/etc/machine-id', 'utf8')) ?? '').trim() || hostname();

/** A signal is not sent; this only asks whether it could be. */
const signalProblem = (pid: number): string | undefined => {
  try {
    process.kill(pid, 0);
    return undefined;
  } catch (error) {
    return errnoOf(error);
  }
};

export const openProcessIdentities = async (run: Run): Promise<ProcessIdentities> => {
  const table = await openProcessTable(run);
  const here = {
    bootId: table.bootId,
    pidNamespace: readText(() => readlinkSync('/proc/self/ns/pid')),
    machine: machineId(),
  };
  const self = await table.find(process.pid);
  if (self === null) throw new Error('the own process is not among those of the machine');
  return {
    own: { pid: self.pid, startTime: self.startTime, ...here },
    livenessOf: async ({ pid, startTime, bootId, pidNamespace, machine }) => {
      if (machine !== here.machine) return 'unknown';
      if (bootId !== here.bootId) return 'dead';
      if (pidNamespace !== here.pidNamespace) return 'unknown';
      const problem = signalProblem(pid);
      if (problem === 'ESRCH') return 'dead';
      const found = await table.find(pid);
      if (found !== null) return found.startTime === startTime ? 'alive' : 'dead';
      // Not ours to signal, and not to be seen: /proc may hide the processes of others (proc(5), hidepid).
      return problem === 'EPERM' ? 'alive' : 'dead';
    },
  };
};
