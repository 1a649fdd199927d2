import type { DeployedProfile } from '../backend.js';
import { compile, databaseOf, provideDatabase } from './databases.js';
import { updateError, updateVerdict, wordsOf } from './exit-codes.js';
import { serviceStatuses } from './service-status.js';
import type { ByService } from './session-parts.js';
import type { Tree } from './tree.js';

/**
 * Makes the services of a profile those that s6-rc has. Longruns that are in both keep running.
 *
 * @param before the profile that was live, in case that its database has to be made again
 * @param notePids is told the PIDs of the longruns before s6-rc-update, which restarts some by itself
 * @throws ActivationError as s6-rc-update ended
 */
export const makeLive = async (
  tree: Tree,
  profile: DeployedProfile,
  before: DeployedProfile,
  notePids: (pids: ByService<number | null>) => void,
): Promise<void> => {
  const { live, place, programs } = tree;
  const database = await provideDatabase(profile.path, place, programs);
  await tree.ensureAlive(database);
  if ((await live.database()) === database) return;
  const statuses = await serviceStatuses(
    new Map((await live.longruns()).map((name) => [name, live.serviceDirectory(name)])),
    programs,
  );
  notePids(new Map([...statuses].map(([name, { pid }]) => [name, pid])));
  const first = await live.update(database);
  const isForeign = updateVerdict(first.exitCode) === 'invalid-database';
  if (isForeign) await upgradeFormat(tree, before);
  const result = isForeign ? await live.update(database) : first;
  const verdict = updateVerdict(result.exitCode);
  if (verdict !== 'done') throw updateError(verdict, result.exitCode, wordsOf(result) || result.stderr);
};

/** After an upgrade of s6-rc: what is live is compiled again, in the format of the version that there is now. */
export const upgradeFormat = async ({ live, place, programs }: Tree, profile: DeployedProfile): Promise<void> => {
  const database = `${databaseOf(profile.path, place)}.${Date.now().toString(36)}`;
  await compile(profile.path, database, programs);
  const result = await live.upgradeFormat(database);
  if (result.exitCode !== 0) throw updateError('invalid-database', result.exitCode, result.stderr);
};
