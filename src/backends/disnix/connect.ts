import { UsageError } from '../../system/errors.js';
import type { DeployedUnit, ManagerSession, SessionContext } from '../backend.js';
import { callerWatches, scriptEnvironment } from '../shared/script-environment.js';
import { createScriptSession } from '../shared/script-session.js';
import { connectEngine } from './engine-session.js';
import { foreignCall } from './foreign-process.js';

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

  return connectEngine(context, local, extras);
};
