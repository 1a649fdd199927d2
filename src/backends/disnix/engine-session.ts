import { ActivationError } from '../../system/errors.js';
import { openProcessTable } from '../../system/processes.js';
import type { DeployedProfile, DeployedUnit, ManagerSession, SessionContext, UnitOutcome } from '../backend.js';
import { readPidFile } from '../shared/observe-service.js';
import { scriptActivationOf } from '../shared/script-activation.js';
import { connectDisnix, type DisnixEngine } from './disnix-engine.js';
import { awaitEnds, endLate, isNamed, rememberProcesses } from './handed-over.js';

const hasPidFile = (unit: DeployedUnit): boolean => {
  const { pidFile } = scriptActivationOf(unit);
  return pidFile !== null && readPidFile(pidFile) !== null;
};

/** What a package laid out is none of Disnix' business. */
const isOurs = ({ isLaidOut }: DeployedUnit): boolean => isLaidOut !== true;

const succeeded = ({ instance }: DeployedUnit): UnitOutcome => ({ instance, ok: true, detail: null });

/**
 * Ends what another tool's generation runs by names that Disnix is about to start.
 *
 * @throws ActivationError when something does not end: it would run twice
 */
const clearTheWay = async (
  next: DeployedProfile | null,
  current: DeployedProfile | null,
  local: ManagerSession,
): Promise<void> => {
  const taken = new Set((next?.units ?? []).filter(isOurs).map(({ name }) => name));
  const foreign = (current?.units ?? []).filter((unit) => !isOurs(unit) && taken.has(unit.name));
  const failed = (await local.stop(foreign)).find(({ ok }) => !ok);
  if (failed === undefined) return;
  throw new ActivationError({
    what: `${failed.instance} does not end, which another tool has started`,
    why: failed.detail ?? 'Nobody says why',
    fix: 'End it, and run the command again',
  });
};

/** Hands generations over to Disnix, and sees to it that what it has told to end does so. */
const handingOver = (
  disnix: DisnixEngine,
  local: ManagerSession,
  { run, current, timeouts = { start: null, stop: null } }: SessionContext,
): ((next: DeployedProfile | null) => Promise<void>) => {
  /** What Disnix takes for the processes that run. */
  let handed = (current?.units ?? []).filter(isOurs);

  return async (next) => {
    const observations = await local.observe(handed);
    const isRunning = ({ instance }: DeployedUnit): boolean => observations.get(instance)?.state === 'running';
    const table = await openProcessTable(run);
    const { ended } = await disnix.compare(next);
    const leaving = handed.filter(({ name }) => ended.has(name));
    // A PID file that a dead process has left would make Dysnomia fail.
    await local.stop(leaving.filter((unit) => !isRunning(unit) && hasPidFile(unit)));
    const remembered = await rememberProcesses(leaving.filter(isRunning), observations, table);
    try {
      await disnix.transition(next);
    } catch (error) {
      // Disnix has put back what it could: not all of these were told to end.
      await awaitEnds(remembered, timeouts, table);
      throw error;
    }
    handed = (next?.units ?? []).filter(isOurs);
    const late = await awaitEnds(remembered, timeouts, table);
    await endLate(late, run);
    // What was killed has left its PID file, unless it belongs to a successor by now.
    await local.stop(late.filter(isNamed).map(({ unit }) => unit));
  };
};

/**
 * A session in which whole transitions are Disnix' own; single processes are handled by their scripts.
 *
 * @param local handles them
 * @param extras what Disnix knows nothing of
 * @throws ManagerUnavailableError when Disnix is not there
 */
export const connectEngine = async (
  context: SessionContext,
  local: ManagerSession,
  extras: ReadonlySet<DeployedUnit>,
): Promise<ManagerSession> => {
  const disnix = await connectDisnix(context);
  const handOver = handingOver(disnix, local, context);

  /** What should run by now; what Disnix had no reason to start (it died, or was stopped), or did not start, is started. */
  const startTheRest = async (units: readonly DeployedUnit[]): Promise<readonly UnitOutcome[]> => {
    const observations = await local.observe(units);
    const down = units.filter(({ instance }) => observations.get(instance)?.state !== 'running');
    const started = await local.start(down);
    return units.map((unit) => started.find(({ instance }) => instance === unit.instance) ?? succeeded(unit));
  };
  return {
    ...local,
    changesAtInstall: true,
    restartsBesides: async (next) => {
      if (context.current === null) return new Map();
      const { ended, begun } = await disnix.compare(next);
      const both = [...begun].filter((name) => ended.has(name));
      return new Map(
        both.map((name) => [name, 'Disnix restarts what has another script, or depends on such a process']),
      );
    },
    remarks: async () =>
      context.target === null ? [] : (await disnix.preview(context.target)).map((line) => `Disnix: ${line}`),
    // Everything else Disnix stops itself when it gets the next generation.
    stop: async (units) => {
      const stopped = await local.stop(units.filter((unit) => extras.has(unit) || !isOurs(unit)));
      return units.map((unit) => stopped.find(({ instance }) => instance === unit.instance) ?? succeeded(unit));
    },
    install: async (next) => {
      await clearTheWay(next, context.current, local);
      await handOver(next);
      await local.install(next);
    },
    start: startTheRest,
    restart: (changes) => startTheRest(changes.map(({ after }) => after)),
  };
};
