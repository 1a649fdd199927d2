import { ActivationError, UsageError } from '../../system/errors.js';
import { openProcessTable } from '../../system/processes.js';
import type { DeployedProfile, DeployedUnit, ManagerSession, SessionContext, UnitOutcome } from '../backend.js';
import { readPidFile } from '../shared/observe-service.js';
import { scriptActivationOf } from '../shared/script-activation.js';
import { callerWatches, scriptEnvironment } from '../shared/script-environment.js';
import { createScriptSession } from '../shared/script-session.js';
import { foreignCall } from './foreign-process.js';
import { connectDisnix } from './disnix-engine.js';
import { awaitEnds, endLate, isNamed, rememberProcesses } from './handed-over.js';

/** Who carries out a transition: ourselves, or Disnix. */
const engines = ['local', 'disnix'] as const;
type Engine = (typeof engines)[number];

const isEngine = (name: string): name is Engine => engines.some((engine) => engine === name);

/** @throws UsageError when the manager option "engine" names none */
const chosenEngine = ({ managerOptions }: SessionContext): Engine => {
  const { engine = 'local' } = managerOptions;
  if (isEngine(engine)) return engine;
  throw new UsageError({ what: `There is no engine "${engine}"`, fix: `Choose one of: ${engines.join(', ')}` });
};

const hasPidFile = (unit: DeployedUnit): boolean => {
  const { pidFile } = scriptActivationOf(unit);
  return pidFile !== null && readPidFile(pidFile) !== null;
};

/** What a package laid out is none of Disnix' business. */
const isOurs = ({ isLaidOut }: DeployedUnit): boolean => isLaidOut !== true;

const succeeded = ({ instance }: DeployedUnit): UnitOutcome => ({ instance, ok: true, detail: null });

/**
 * The scripts of a profile need nobody to run them. With the engine Disnix, whole transitions are Disnix' own, at the
 * time when units are installed; single processes are handled by the same scripts in either case.
 *
 * @throws UsageError for an unknown engine
 * @throws ManagerUnavailableError when Disnix is chosen and not there
 */
export const connect = async (context: SessionContext): Promise<ManagerSession> => {
  const engine = chosenEngine(context);
  const { removeRecords, findExtras, claim, claimedByOthers, ...session } = await createScriptSession(context, {
    argumentsFor: (activity) => [activity],
    commandFor: foreignCall,
    // The tool looks more closely, and at all of a level at once.
    environment: { ...scriptEnvironment(context.env), ...callerWatches },
  });
  /** What Disnix knows nothing of. */
  const extras = new Set<DeployedUnit>();
  const local: ManagerSession = {
    ...session,
    drift: async (deployed, others) => {
      const found = await findExtras(deployed, others);
      for (const { unit } of found) extras.add(unit);
      return { changed: [], extras: found };
    },
    collisions: claimedByOthers,
    install: claim,
    finish: removeRecords,
  };
  if (engine === 'local') return local;

  const disnix = await connectDisnix(context);
  const { timeouts = { start: null, stop: null } } = context;
  /** What Disnix takes for the processes that run. */
  let handed = (context.current?.units ?? []).filter(isOurs);

  /** Hands over to Disnix, and sees to it that what it has told to end does so. */
  const handOver = async (next: DeployedProfile | null): Promise<void> => {
    const observations = await local.observe(handed);
    const isRunning = ({ instance }: DeployedUnit): boolean => observations.get(instance)?.state === 'running';
    const table = await openProcessTable(context.run);
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
    await endLate(late, context.run);
    // What was killed has left its PID file, unless it belongs to a successor by now.
    await local.stop(late.filter(isNamed).map(({ unit }) => unit));
  };

  /**
   * Ends what another tool's generation runs by names that Disnix is about to start.
   *
   * @throws ActivationError when something does not end: it would run twice
   */
  const clearTheWay = async (next: DeployedProfile | null): Promise<void> => {
    const taken = new Set((next?.units ?? []).filter(isOurs).map(({ name }) => name));
    const foreign = (context.current?.units ?? []).filter((unit) => !isOurs(unit) && taken.has(unit.name));
    const failed = (await local.stop(foreign)).find(({ ok }) => !ok);
    if (failed === undefined) return;
    throw new ActivationError({
      what: `${failed.instance} does not end, which another tool has started`,
      why: failed.detail ?? 'Nobody says why',
      fix: 'End it, and run the command again',
    });
  };

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
      await clearTheWay(next);
      await handOver(next);
      await claim(next);
    },
    start: startTheRest,
    restart: (changes) => startTheRest(changes.map(({ after }) => after)),
  };
};
