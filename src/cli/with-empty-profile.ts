import { readBuiltProfile, type BuiltProfile } from '../generations/built-profile.js';
import { buildEmptyProfile } from '../profile/build-model.js';
import type { CommandContext } from './command.js';

/** Builds a profile in which nothing runs, in the place of `deployed`, and keeps it in the store while `work` goes on. */
export const withEmptyProfile = async (
  deployed: BuiltProfile,
  context: CommandContext,
  work: (empty: BuiltProfile) => Promise<void>,
): Promise<void> => {
  // A CommonJS module: bundled, and imported when needed, it has a default export alone.
  const { default: temporary } = await import('tmp-promise');
  const { path: roots, cleanup } = await temporary.dir({ unsafeCleanup: true, prefix: 'nix-processmgmt-ts' });
  try {
    const empty = await readBuiltProfile(await buildEmptyProfile(deployed.manifest, `${roots}/profile`, context));
    if (empty === null) throw new Error('the empty profile has no manifest');
    await work(empty);
  } finally {
    await cleanup();
  }
};
