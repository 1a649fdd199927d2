import { givenOptionsOf } from '../generations/given-options.js';
import { readBuiltProfile, type BuiltProfile } from '../generations/built-profile.js';
import type { ProfileLocation } from '../generations/profile-location.js';
import { buildEmptyProfile } from '../profile/build-empty-profile.js';
import { buildModel } from '../profile/build-model.js';
import type { CommandContext } from './command.js';
import { emptyModel, evaluationRequest } from './build-from-arguments.js';
import { temporaryOptions } from '../state/temporary-names.js';

/** What cannot be understood is no reason to go on running. */
const givenOptionsIn = (path: string): ReturnType<typeof givenOptionsOf> => {
  try {
    return givenOptionsOf(path);
  } catch {
    return {};
  }
};

/**
 * Builds the profile of a deployment in which nothing runs.
 *
 * @param after the deployment that it follows
 * @param outLink where to make a link to the profile
 * @returns its store path
 */
const buildEmpty = async (
  { path, manifest }: BuiltProfile,
  location: ProfileLocation,
  outLink: string,
  context: CommandContext,
): Promise<string> => {
  const { manager, builder } = manifest;
  if (manager !== null && builder !== null) {
    return buildEmptyProfile({ ...manifest, manager }, builder, givenOptionsIn(path), outLink, context);
  }
  // Another tool has built it: what could build a profile has yet to be found.
  return (await buildModel(await evaluationRequest({}, emptyModel, location, context), outLink, context)).path;
};

/**
 * Builds a profile in which nothing runs, in the place of `deployed`, and keeps it in the store while `work` goes on.
 *
 * @throws BuildError or EvaluationError when it cannot be built
 */
export const withEmptyProfile = async (
  deployed: BuiltProfile,
  location: ProfileLocation,
  context: CommandContext,
  work: (empty: BuiltProfile) => Promise<void>,
): Promise<void> => {
  // A CommonJS module: bundled, and imported when needed, it has a default export alone.
  const { default: temporary } = await import('tmp-promise');
  const { path: roots, cleanup } = await temporary.dir(temporaryOptions());
  try {
    const built = await buildEmpty(deployed, location, `${roots}/profile`, context);
    const empty = await readBuiltProfile(built);
    if (empty === null) throw (await import('../profile/build-profile.js')).notBuilt(built);
    await work(empty);
  } finally {
    await cleanup();
  }
};
