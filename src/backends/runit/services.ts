import { join } from 'node:path';
import { ActivationError } from '../../system/errors.js';
import type { AfterStop, DeployedUnit, UnitChange } from '../backend.js';
import { linesSince, markLogs } from '../shared/log-tail.js';
import { fine, refused, type Verdict } from '../shared/unit-by-unit.js';
import { until } from '../shared/until.js';
import { activationOf } from './activation-data.js';
import { hasBegun, recordedProcess, statusesOf } from './look.js';
import { pause, type Parts } from './parts.js';
import { provideServices, releaseServices, stopServices } from './supervision.js';

/** Milliseconds after which runsv has started what ended just before: it starts nothing twice within a second. */
const longestPause = 1500;

/** Seconds that what is done before a process may take, where nobody says. */
const longestInitialization = 90;

const directoryOf = ({ place }: Parts, { name }: DeployedUnit): string => join(place.services, name);

export const logFilesOf = (unit: DeployedUnit): readonly string[] => {
  const { logFile } = activationOf(unit);
  return logFile === null ? [] : [logFile];
};

/** Has a service stay down also when its runsv begins anew. Where nothing can be written, it is stopped all the same. */
const stayDown = async ({ live, ports }: Parts, unit: DeployedUnit): Promise<void> => {
  try {
    await live.setWanted(unit, false);
  } catch (error) {
    if (!(error instanceof ActivationError)) throw error;
    ports.log.warn(
      `${unit.instance} starts again when its runsv is started anew: ${error.message} (${error.why ?? ''})`,
    );
  }
};

/** Stops a service, which then stays down also when its runsv begins anew. */
export const stopService = async (parts: Parts, unit: DeployedUnit): Promise<Verdict> => {
  const { name } = unit;
  const before = (await statusesOf(parts, [name])).get(name);
  if (before === undefined) return fine;
  await stayDown(parts, unit);
  if (before.state !== 'unsupervised') await stopServices(parts, [name]);
  // Of a runsv that was killed.
  if ((await recordedProcess(parts, name)) !== null) await releaseServices(parts, [name]);
  const after = (await statusesOf(parts, [name])).get(name);
  if (after === undefined || after.state === 'down' || after.state === 'unsupervised') return fine;
  return refused(`process ${String(after.pid)} was killed, and has not ended`);
};

/** How a start goes; the process that a run script of ours writes down is looked at before anything is run to look. */
const progressOf = async (parts: Parts, unit: DeployedUnit): Promise<'up' | 'initializing' | 'down'> => {
  const { name, properties } = unit;
  if (properties['run'] === undefined && (await recordedProcess(parts, name)) === null) return 'down';
  const status = (await statusesOf(parts, [name])).get(name);
  if (status?.state !== 'run' || status.pid === null) return 'down';
  return hasBegun(parts, unit, status.pid) ? 'up' : 'initializing';
};

const verdictOn = (outcome: 'up' | 'down' | null, limit: number, lines: readonly string[]): Verdict => {
  if (outcome === 'up') return fine;
  const reason = outcome === 'down' ? 'it ended at once' : `its initialize did not end within ${limit / 1000} s`;
  return refused([reason, ...lines].join('\n'));
};

/** Starts a service that is supervised, by the scripts of this unit. */
export const startService = async (parts: Parts, unit: DeployedUnit): Promise<Verdict> => {
  const { live, programs, ports, signal } = parts;
  const logs = await markLogs(logFilesOf(unit));
  await live.link(unit);
  await live.setWanted(unit, true);
  const { exitCode, stdout } = await programs.sv(['up', directoryOf(parts, unit)]);
  if (exitCode !== 0) return refused(stdout.trim());
  const begin = performance.now();
  const limit = (unit.startTimeout ?? ports.timeouts?.start ?? longestInitialization) * 1000;
  let outcome: 'up' | 'down' | null = null;
  await until({ limit, pause, signal }, async () => {
    const progress = await progressOf(parts, unit);
    // A process that does not come is not waited for as long as what is done before one.
    if (progress === 'down') outcome = performance.now() - begin > longestPause ? 'down' : null;
    else outcome = progress === 'up' ? 'up' : null;
    return outcome !== null;
  });
  return verdictOn(outcome, limit, await linesSince(logs, 10));
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
