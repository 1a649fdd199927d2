import type { DeployedUnit, Observation } from '../backend.js';
import type { Container } from './containers.js';
import { describeExit, isOrderlyExit } from './exit-code.js';

const absent: Observation = { state: 'absent', pid: null, since: null, detail: null };

/** Podman 5 says this of a container that was stopped after its conmon had ended: nobody was there to tell how it did. */
const stoppedUnwatched = 'conmon exited prematurely';

/** What a container's engine says of it, in our words. */
const stateOf = (container: Container): Pick<Observation, 'state' | 'detail' | 'rests'> => {
  const { status, exitCode, outOfMemory, error, restarts, isRestarted, health, isUnwatched, pid } = container;
  if (isUnwatched) {
    if (pid !== null) return { state: 'failed', detail: `process ${pid} still runs, but its conmon has ended` };
    // Podman was told to stop it, and does not see that it has.
    return status === 'stopping'
      ? { state: 'stopped', detail: null }
      : { state: 'failed', detail: 'it ended, and its conmon, which would have noticed, before it' };
  }
  const ending = error === '' ? describeExit(exitCode, outOfMemory) : error;
  switch (status) {
    case 'running':
      if (health === 'starting') return { state: 'starting', detail: 'its health check has not passed yet' };
      return { state: 'running', detail: health === 'unhealthy' ? 'its health check fails' : null };
    case 'paused':
      return { state: 'stopped', detail: 'it is paused' };
    case 'restarting':
      return { state: 'failed', detail: `it is restarted again and again: ${ending}` };
    case 'exited':
      // An engine that restarts a container leaves it down only when somebody wanted that.
      if (isRestarted && error.includes(stoppedUnwatched)) return { state: 'stopped', detail: null };
      if (isRestarted && error === '' && exitCode !== 126 && exitCode !== 127)
        return { state: 'stopped', detail: null };
      return isOrderlyExit(exitCode)
        ? { state: 'stopped', detail: null, ...(exitCode === 0 ? { rests: true } : {}) }
        : { state: 'failed', detail: ending };
    case 'stopped':
      // Podman between the end of a container and what follows from it.
      return isOrderlyExit(exitCode) && restarts === 0
        ? { state: 'stopped', detail: null }
        : { state: 'failed', detail: restarts === 0 ? ending : `it is restarted again and again: ${ending}` };
    case 'created':
    case 'configured':
    case 'initialized':
      return { state: 'failed', detail: error === '' ? 'its container was made, but never started' : error };
    default:
      return { state: 'failed', detail: `its container is ${status}` };
  }
};

/** The container that runs a unit: made from its configuration, and if there are several, the one that is up. */
const containerOf = (unit: DeployedUnit, containers: readonly Container[]): Container | undefined => {
  const candidates = containers.filter(
    ({ process, configuration }) => process === unit.name && configuration === unit.fingerprint,
  );
  return candidates.find(({ status }) => status === 'running') ?? candidates[0];
};

/** What the containers of a profile say about one of its units. */
export const observationOf = (unit: DeployedUnit, containers: readonly Container[]): Observation => {
  const container = containerOf(unit, containers);
  if (container !== undefined) {
    const { pid, startedAt, status } = container;
    return { ...stateOf(container), pid, since: status === 'running' ? startedAt : null };
  }
  const other = containers.find(({ process }) => process === unit.name);
  if (other === undefined) return absent;
  return {
    state: 'failed',
    pid: other.pid,
    since: null,
    detail: `${other.name} was made from another configuration than this generation's`,
  };
};
