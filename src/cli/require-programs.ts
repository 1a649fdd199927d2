import { checkPrograms } from '../activate/check-programs.js';
import { refuseConflicts } from '../activate/find-conflicts.js';
import { loadBackend } from '../backends/registry.js';
import type { DeployedUnit } from '../profile/manifest.js';
import type { CommandContext } from './command.js';
import type { CurrentDeployment } from './current-deployment.js';

/**
 * Looks, before anything is stopped, whether what units run is there.
 *
 * @throws ModelError for a program of the store that cannot be executed; of others that are missing is warned
 */
export const requirePrograms = async (
  units: readonly DeployedUnit[],
  { built, deployed: { manager, profile } }: CurrentDeployment,
  { log }: Pick<CommandContext, 'log'>,
): Promise<void> => {
  const backend = await loadBackend(manager);
  const conflicts = await checkPrograms(units, backend, profile.units, built.manifest.directories);
  refuseConflicts(conflicts, false);
  for (const { what, why } of conflicts) log.warn(`${what}: ${why}`);
};
