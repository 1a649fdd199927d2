import type { InstanceName } from '../../model/process-model.js';
import { mapConcurrently } from '../../system/map-concurrently.js';
import type { ProcessTable } from '../../system/processes.js';
import type { DeployedUnit, Observation } from '../backend.js';
import { recordedProcess, starterLives } from '../shared/recorded-process.js';
import { activationOf } from './activation-data.js';
import type { WatchedDirectory } from './watched-directory.js';

/** What daemons are looked at with. */
export interface Eyes {
  readonly directory: WatchedDirectory;
  readonly processes: ProcessTable;
}

/** What is said of a daemon whose server is gone. */
const withoutServer = (observed: Observation): Observation => {
  switch (observed.state) {
    case 'running':
      return {
        ...observed,
        state: 'failed',
        detail: `process ${String(observed.pid)} still runs, but its syndicate-server has ended`,
      };
    case 'starting':
      return { ...observed, state: 'failed', detail: 'it ended with its syndicate-server, or after it' };
    default:
      return observed;
  }
};

/** The state of one daemon, whether its server lives or not. */
export const observeDaemon = async (eyes: Eyes, unit: DeployedUnit): Promise<Observation> => {
  const presence = await eyes.directory.presence(unit);
  const found = await recordedProcess(eyes.processes, activationOf(unit).recordFile);
  if (found.state === 'running') return found;
  if (presence !== 'asserted') {
    return { ...found, state: presence === 'absent' ? 'absent' : 'stopped', detail: null };
  }
  const { isRequired, restarts, endsByItself } = activationOf(unit);
  if (!isRequired || endsByItself) return { ...found, state: 'stopped', detail: null, rests: true };
  if (found.state === 'absent') return { ...found, state: 'starting', detail: 'Synit has not started it yet' };
  return restarts === 'never'
    ? { ...found, state: 'failed' }
    : { ...found, state: 'starting', detail: 'its process has ended; Synit is to start it again' };
};

/**
 * Looks at daemons.
 *
 * @returns what each is like, and whether the server that has started them is gone, and no other has started any since
 */
export const observeDaemons = async (
  eyes: Eyes,
  units: readonly DeployedUnit[],
): Promise<{ readonly observations: ReadonlyMap<InstanceName, Observation>; readonly isLost: boolean }> => {
  const seen = await mapConcurrently(units, 16, async (unit) => ({
    unit,
    observed: await observeDaemon(eyes, unit),
    hasServer: await starterLives(eyes.processes, activationOf(unit).recordFile),
  }));
  // What does not run, and is not to, may have been started by any.
  const servers = seen.flatMap(({ observed, hasServer }) =>
    observed.state === 'stopped' || observed.state === 'absent' ? [] : [hasServer],
  );
  const isLost = servers.includes(false) && !servers.includes(true);
  const observations = new Map(
    seen.map(({ unit, observed, hasServer }) => {
      // Another server may be there that has not started it yet.
      const isOrphan = hasServer === false && observed.state === 'running';
      return [unit.instance, isLost || isOrphan ? withoutServer(observed) : observed];
    }),
  );
  return { observations, isLost };
};
