import type { ManagerSession } from '../backends/backend.js';
import { portReadiness, type Readiness } from '../model/readiness.js';
import type { DeployedUnit } from '../profile/manifest.js';

/**
 * What the tool itself has to wait for when it has started a unit. Null when there is nothing, or when the manager sees to
 * it; a process that tells its manager can only be waited for by that.
 *
 * @param waitForPorts whether the port of an instance says when it is ready, where nothing else does
 */
export const awaitedReadiness = (
  unit: DeployedUnit,
  session: ManagerSession,
  waitForPorts: boolean,
): Readiness | null => {
  const { readiness, port } = unit;
  if (readiness === null) return waitForPorts && port !== null ? portReadiness(port) : null;
  return readiness.probe.kind === 'notify' || session.awaitsReadiness?.(unit) === true ? null : readiness;
};
