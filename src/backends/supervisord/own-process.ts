import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { ActivationError } from '../../system/errors.js';
import type { Run } from '../../system/ports.js';
import { openProcessTable } from '../../system/processes.js';
import { pathsBelow } from './own-configuration.js';

type Paths = ReturnType<typeof pathsBelow>;

/** The last lines of a file; nothing when it cannot be read. */
export const lastLines = async (path: string): Promise<string> =>
  (await readFile(path, 'utf8').catch(() => '')).trimEnd().split('\n').slice(-5).join('\n');

/** The process of a profile's supervisord, as its PID file and the system tell. */
export interface OwnProcess {
  /** What supervisord has written into its PID file; 0 for nothing. */
  readonly recordedPid: () => number;
  /** The supervisord that our PID file names, if it lives and is that of this configuration. */
  readonly livingPid: () => Promise<number | null>;
  readonly isGoneWithin: (pid: number, seconds: number) => Promise<boolean>;
  /** @throws ActivationError when it does not end within a minute */
  readonly waitUntilGone: (pid: number) => Promise<void>;
}

export const ownProcess = (paths: Paths, run: Run): OwnProcess => {
  const isAlive = async (pid: number): Promise<boolean> => (await (await openProcessTable(run)).find(pid)) !== null;

  const recordedPid = (): number => {
    try {
      const pid = Number(readFileSync(paths.pidFile, 'utf8').trim());
      return Number.isInteger(pid) && pid > 0 ? pid : 0;
    } catch {
      return 0;
    }
  };

  const livingPid = async (): Promise<number | null> => {
    const pid = recordedPid();
    if (pid === 0 || !(await isAlive(pid))) return null;
    const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => null);
    return commandLine === null || commandLine.split('\0').includes(paths.configuration) ? pid : null;
  };

  const isGoneWithin = async (pid: number, seconds: number): Promise<boolean> => {
    const deadline = Date.now() + seconds * 1000;
    while (await isAlive(pid)) {
      if (Date.now() > deadline) return false;
      // Little more than what it takes to look.
      await sleep(5);
    }
    return true;
  };

  const waitUntilGone = async (pid: number): Promise<void> => {
    if (await isGoneWithin(pid, 60)) return;
    throw new ActivationError({
      what: `supervisord (process ${pid}) did not end within a minute`,
      why: await lastLines(paths.log),
      fix: `Look at ${paths.log}, and end it with: kill ${pid}`,
    });
  };

  return { recordedPid, livingPid, isGoneWithin, waitUntilGone };
};
