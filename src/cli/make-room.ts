import { findClosedPlaces } from '../activate/find-closed-places.js';
import { conflictsOfObstacles, findObstacles, refuseObstacles, removeObstacles } from '../activate/find-obstacles.js';
import { stateOptions } from '../activate/prepare-activation.js';
import type { DeployedUnit } from '../profile/manifest.js';
import { createStateDirectories } from '../state/state-directories.js';
import { ExplainedError } from '../system/errors.js';
import type { CommandContext } from './command.js';
import type { CurrentDeployment } from './current-deployment.js';

/**
 * Sees to it that units can be started: makes state directories that are missing, as those below /run are after a reboot,
 * and takes away what of somebody else is in the way of their files.
 *
 * @throws ActivationError before anything is done, when that is not in our power
 */
export const makeRoomFor = async (
  units: readonly DeployedUnit[],
  { built: { manifest }, deployed, sessions }: CurrentDeployment,
  context: CommandContext,
): Promise<void> => {
  const session = sessions.of(deployed.manager);
  const obstacles = await findObstacles(units, [], (unit) => session.logs(unit), context);
  refuseObstacles([...findClosedPlaces(units, session), ...conflictsOfObstacles(obstacles)]);
  try {
    await createStateDirectories(manifest.directories, stateOptions(manifest));
  } catch (error) {
    // What needs none of them starts all the same.
    if (!(error instanceof ExplainedError)) throw error;
    context.log.warn(`${error.message}: ${error.why ?? ''}`);
  }
  removeObstacles(obstacles, context);
};
