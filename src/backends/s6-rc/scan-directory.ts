import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ManagerUnavailableError } from '../../system/errors.js';
import { supervisorArguments, supervisorScript } from '../shared/supervisor-start.js';
import type { Programs } from './programs.js';

/** Whether an s6-svscan listens on a scan directory. A control program without commands sends none (s6-svscanctl). */
export const isScanned = async (path: string, programs: Programs): Promise<boolean> =>
  (await programs.run('s6-svscanctl', [path])).exitCode === 0;

/**
 * More services than anybody has, each of which takes a few bytes. s6-svscan's own limit, 500, would be reached by half
 * as many processes, since each has a logger.
 */
const mostServices = 4000;

/**
 * Options that let an s6-svscan have so many services: up to some version of s6 -c says it, in later ones -C. What it does not
 * know, it calls wrong usage before it looks at anything else.
 *
 * @param scan runs s6-svscan, and resolves to its exit code
 */
export const limitOptions = async (
  path: string,
  scan: (args: readonly string[]) => Promise<number>,
): Promise<readonly string[]> => {
  const wrongUsage = 100;
  const options = ['-C', String(mostServices)];
  const exitCode = await scan([...options, join(path, '.no-such-directory')]);
  return exitCode === wrongUsage ? ['-c', String(mostServices)] : options;
};

/** How many files s6-svscan may have open: two for each service. */
export const openFiles = 8192;

/** A session of its own keeps it from the signals of the user's terminal. */
const startScript = supervisorScript(`exec </dev/null >>"$1" 2>&1
shift
if command -v s6-setsid >/dev/null; then set -- s6-setsid "$@"; fi
nixproc_run_clean "$@" &`);

const lastLines = async (path: string): Promise<string> =>
  (await readFile(path, 'utf8').catch(() => '')).trimEnd().split('\n').slice(-5).join('\n');

const isScannedWithin = async (path: string, expected: boolean, seconds: number, programs: Programs) => {
  const deadline = Date.now() + seconds * 1000;
  while ((await isScanned(path, programs)) !== expected) {
    if (Date.now() > deadline) return false;
    await sleep(20);
  }
  return true;
};

/**
 * Starts an s6-svscan of our own in the background. Services inherit what it has, which is nothing of the caller's.
 *
 * @throws ManagerUnavailableError when it does not start
 */
export const startScanning = async (
  path: string,
  log: string,
  runtimeDir: string,
  programs: Programs,
): Promise<void> => {
  await mkdir(path, { recursive: true, mode: 0o755 });
  const limit = await limitOptions(path, async (args) => (await programs.run('s6-svscan', args)).exitCode);
  await programs.shell(
    startScript,
    supervisorArguments({ openFiles, runtimeDir }, [log, 's6-svscan', ...limit, path]),
    {
      cwd: '/',
      leavesDaemon: true,
    },
  );
  if (await isScannedWithin(path, true, 10, programs)) return;
  throw new ManagerUnavailableError({
    what: `s6-svscan did not start on ${path}`,
    why: await lastLines(log),
    fix: `Look at ${log}`,
  });
};

/** Ends our own s6-svscan with everything that it supervises. Returns whether it has ended within that time. */
export const stopScanning = async (path: string, seconds: number, programs: Programs): Promise<boolean> => {
  if (!(await isScanned(path, programs))) return true;
  await programs.run('s6-svscanctl', ['-t', path]);
  return isScannedWithin(path, false, seconds, programs);
};
