import { join } from 'node:path';
import type { AfterStop, DeployedUnit, UnitChange } from '../backend.js';
import { linesSince, markLogs } from '../shared/log-tail.js';
import { fine, refused, type Verdict } from '../shared/unit-by-unit.js';
import { until } from '../shared/until.js';
import { activationOf } from './activation-data.js';
import { recordedProcess, statusesOf } from './look.js';
import { pause, type Parts } from './parts.js';
import { provideServices, releaseServices, stopServices } from './supervision.js';

/** Milliseconds after which runsv has started what ended just before: it starts nothing twice within a second. */
const longestPause = 1500;

const directoryOf = ({ place }: Parts, { name }: DeployedUnit): string => join(place.services, name);

export const logFilesOf = (unit: DeployedUnit): readonly string[] => {
  const { logFile } = activationOf(unit);
  return logFile === null ? [] : [logFile];
};

/** Stops a service, which then stays down also when its runsv begins anew. */
export const stopService = async (parts: Parts, unit: DeployedUnit): Promise<Verdict> => {
  const { name } = unit;
  const before = (await statusesOf(parts, [name])).get(name);
  if (before === undefined) return fine;
  await parts.live.setWanted(unit, false);
  if (before.state !== 'unsupervised') await stopServices(parts, [name]);
  // Of a runsv that was killed.
  if ((await recordedProcess(parts, name)) !== null) await releaseServices(parts, [name]);
  const after = (await statusesOf(parts, [name])).get(name);
  if (after === undefined || after.state === 'down' || after.state === 'unsupervised') return fine;
  return refused(`process ${String(after.pid)} was killed, and has not ended`);
};

/** Whether the process is there that a run script of ours writes down: looked at before anything is run to look. */
const hasBegun = async (parts: Parts, { name, properties }: DeployedUnit): Promise<boolean> =>
  properties['run'] !== undefined || (await recordedProcess(parts, name)) !== null;

/** Starts a service that is supervised, by the scripts of this unit. */
export const startService = async (parts: Parts, unit: DeployedUnit): Promise<Verdict> => {
  const { live, programs, signal } = parts;
  const logs = await markLogs(logFilesOf(unit));
  await live.link(unit);
  await live.setWanted(unit, true);
  const { exitCode, stdout } = await programs.sv(['up', directoryOf(parts, unit)]);
  if (exitCode !== 0) return refused(stdout.trim());
  const isUp = async (): Promise<boolean> =>
    (await hasBegun(parts, unit)) && (await statusesOf(parts, [unit.name])).get(unit.name)?.state === 'run';
  if (await until({ limit: longestPause, pause, signal }, isUp)) return fine;
  return refused(['it ended at once', ...(await linesSince(logs, 10))].join('\n'));
};

/** Stops a service by what it was, and starts it by what it becomes; it is supervised already. */
export const replaceService = async (
  parts: Parts,
  { before, after }: UnitChange,
  runtimeDir: string,
  afterStop?: AfterStop,
): Promise<Verdict> => {
  const stopped = await stopService(parts, before);
  if (!stopped.ok) return stopped;
  await afterStop?.([before]);
  const isLogged = activationOf(after).logFile !== null;
  // Whether there is a logger, runsv looks only when it begins.
  if ((await parts.live.isLogged(after)) !== isLogged) {
    await releaseServices(parts, [after.name]);
    await provideServices(parts, [after], runtimeDir);
  }
  const verdict = await startService(parts, after);
  if (isLogged && activationOf(before).logFile !== activationOf(after).logFile) {
    await parts.programs.sv(['term', join(directoryOf(parts, after), 'log')]);
  }
  return verdict;
};

/** runsv hands SIGHUP on. */
export const reloadService = async (parts: Parts, unit: DeployedUnit): Promise<Verdict> => {
  if ((await statusesOf(parts, [unit.name])).get(unit.name)?.state !== 'run') return refused('it does not run');
  const { exitCode, stdout } = await parts.programs.sv(['hup', directoryOf(parts, unit)]);
  return exitCode === 0 ? fine : refused(stdout.trim());
};
