import { readBuiltProfile } from '../../generations/built-profile.js';
import { compareGenerations, type GenerationDifference } from '../../generations/compare-generations.js';
import { requireGeneration } from '../../generations/generations.js';
import { profileLocation, type ProfileLocation } from '../../generations/profile-location.js';
import type { Manifest } from '../../profile/manifest.js';
import { UsageError } from '../../system/errors.js';
import type { CommandContext } from '../command.js';
import { paint } from '../terminal.js';

const manifestOf = async (location: ProfileLocation, number: number): Promise<Manifest> => {
  const built = await readBuiltProfile((await requireGeneration(location, number)).link);
  if (built !== null) return built.manifest;
  throw new UsageError({
    what: `Generation ${String(number)} cannot be compared`,
    why: 'It holds neither a manifest nor files in the layout of a process manager',
  });
};

const linesOf = (
  { settings, added, removed, changed, unchanged }: GenerationDifference,
  colour: boolean,
): readonly string[] => {
  const same = settings.length === 0 && added.length === 0 && removed.length === 0 && changed.length === 0;
  return [
    ...settings,
    ...removed.map((instance) => `${paint('removed', 'red', colour)} ${instance}`),
    ...added.map((instance) => `${paint('added  ', 'green', colour)} ${instance}`),
    ...changed.flatMap(({ instance, properties }) => [
      `${paint('changed', 'yellow', colour)} ${instance}`,
      ...properties.map((property) => `          ${property}`),
    ]),
    same ? 'No difference.' : `${String(unchanged.length)} unchanged.`,
  ];
};

/**
 * Prints in what generation `after` differs from generation `before`.
 *
 * @throws UsageError when one of them does not exist, or was not built by this tool
 */
export const printDifference = async (
  { profile, json, before, after }: { profile: string; json: boolean; before: number; after: number },
  { env, print, colour }: CommandContext,
): Promise<void> => {
  const location = profileLocation(profile, env);
  const difference = compareGenerations(await manifestOf(location, before), await manifestOf(location, after));
  print(
    json
      ? `${JSON.stringify({ formatVersion: 1, before, after, ...difference }, null, 2)}\n`
      : `${linesOf(difference, colour).join('\n')}\n`,
  );
};
