import { statSync } from 'node:fs';
import { ActivationError, ManagerUnavailableError } from '../../system/errors.js';
import { runningCommands } from '../../system/running-commands.js';
import { until } from '../shared/until.js';
import { pause, type Parts } from './parts.js';

const isOurs = (pid: number): boolean => {
  try {
    return statSync(`/proc/${String(pid)}`).uid === process.geteuid?.();
  } catch {
    // Where there is no /proc, nobody says; a process that has just ended is told by the caller's next look.
    return true;
  }
};

/**
 * The PID of the runsvdir(8) of a profile, by the words that it was started with; null for none. Everybody may have a process
 * of these words: only our own user's counts.
 */
export const findRunsvdir = async ({ place: { scan }, ports: { run } }: Parts): Promise<number | null> => {
  const words = `runsvdir -P ${scan}`;
  const found = (await runningCommands(run)).find(
    ({ pid, command }) => (command === words || command.endsWith(`/${words}`)) && isOurs(pid),
  );
  return found?.pid ?? null;
};

/** It may have ended meanwhile. */
const signalTo = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name);
  } catch {
    // Then nobody is to be told.
  }
};

/** Has runsvdir look at its directory now, rather than within five seconds: a signal ends its pause. */
export const wakeRunsvdir = async (parts: Parts): Promise<void> => {
  await parts.live.makeOld();
  const pid = await findRunsvdir(parts);
  if (pid !== null) signalTo(pid, 'SIGCHLD');
};

/** @throws ManagerUnavailableError when it does not start */
export const startRunsvdir = async (parts: Parts, runtimeDir: string): Promise<void> => {
  const { live, programs, place, signal } = parts;
  await live.makeOld();
  await programs.startRunsvdir(place.scan, place.log, runtimeDir);
  if (await until({ limit: 10_000, pause, signal }, async () => (await findRunsvdir(parts)) !== null)) return;
  throw new ManagerUnavailableError({
    what: `runsvdir did not start on ${place.scan}`,
    why: 'Ten seconds have passed',
    fix: `Look at ${place.log}`,
  });
};

/** Ends runsvdir alone: every runsv stays. @throws ActivationError when it does not end */
export const endRunsvdir = async (parts: Parts): Promise<void> => {
  const { place, signal } = parts;
  const pid = await findRunsvdir(parts);
  if (pid === null) return;
  signalTo(pid, 'SIGTERM');
  if (await until({ limit: 10_000, pause, signal }, async () => (await findRunsvdir(parts)) === null)) return;
  throw new ActivationError({
    what: `runsvdir (process ${pid}) does not end`,
    why: 'It was asked to, and ten seconds have passed',
    fix: `Look at ${place.log}, and end it with: kill -9 ${pid}`,
  });
};
