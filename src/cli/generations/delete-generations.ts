import { readCurrentProfile } from '../../activate/current-profile.js';
import { prepareAccounts } from '../../activate/prepare-accounts.js';
import { deleteAllGenerations, deleteGenerations, listGenerations } from '../../generations/generations.js';
import { generationsToDelete } from '../../generations/generations-to-delete.js';
import { writeHistory } from '../../generations/history.js';
import { readPins } from '../../generations/pins.js';
import type { ProfileLocation } from '../../generations/profile-location.js';
import { pruneDeploymentLog } from '../../generations/record-deployment.js';
import { UsageError } from '../../system/errors.js';
import type { CommandContext } from '../command.js';

/** @throws UsageError when a generation is pinned */
const deleteAll = async (location: ProfileLocation): Promise<void> => {
  const pins = await readPins(location);
  const pinned = (await listGenerations(location)).filter(({ number }) => pins.includes(number));
  if (pinned.length > 0) {
    const numbers = pinned.map(({ number }) => String(number)).join(' ');
    throw new UsageError({
      what: `Not all generations can be deleted: pinned ${numbers}`,
      fix: `If they are no longer needed: nix-processmgmt-ts generations unpin ${numbers}`,
    });
  }
  await deleteAllGenerations(location);
  await writeHistory(location, []);
};

/**
 * Deletes generations and what is remembered of them, then the accounts that only they named. Nothing is stopped. The
 * caller holds the lock.
 *
 * @param specs see generationsToDelete; "all" deletes the profile
 * @throws UsageError when they cannot be deleted
 */
export const deleteGenerationsCalled = async (
  location: ProfileLocation,
  specs: readonly string[],
  context: CommandContext,
): Promise<void> => {
  const { built: current, damage } = await readCurrentProfile(location);
  const all = specs.includes('all');
  if (all) {
    await deleteAll(location);
  } else {
    const generations = await listGenerations(location);
    for (const spec of specs) {
      if (/^\d+$/.test(spec) && !generations.some(({ number }) => number === Number(spec))) {
        context.log.info(`note: there is no generation ${spec}`);
      }
    }
    const numbers = generationsToDelete(specs, generations, await readPins(location), new Date());
    await deleteGenerations(location, numbers, context);
  }
  await pruneDeploymentLog(location);
  if (all && current !== null && current.manifest.units.length > 0) {
    context.log.warn('what still runs of the current generation goes on running, and is no longer known');
    return;
  }
  // What it does not say any more, it may need.
  if (damage !== null) return;
  // Users and groups that only the deleted generations named are nobody's now.
  if (current !== null) await (await prepareAccounts(location, current.manifest, context)).clean();
};
