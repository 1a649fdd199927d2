import { readBuiltProfile, type BuiltProfile } from '../../generations/built-profile.js';
import { compareGenerations, type GenerationDifference } from '../../generations/compare-generations.js';
import { requireGeneration } from '../../generations/generations.js';
import { profileLocation, type ProfileLocation } from '../../generations/profile-location.js';
import { closureDifference } from '../../plan/closure-difference.js';
import { readStoreInfos } from '../../profile/store-infos.js';
import { UsageError } from '../../system/errors.js';
import { visibleLine, visibleText } from '../../system/visible-text.js';
import type { CommandContext } from '../command.js';
import { formatClosure } from '../format-closure.js';
import { paint } from '../terminal.js';

const builtProfile = async (location: ProfileLocation, number: number): Promise<BuiltProfile> => {
  const built = await readBuiltProfile((await requireGeneration(location, number)).link);
  if (built !== null) return built;
  throw new UsageError({
    what: `Generation ${String(number)} cannot be compared`,
    why: 'It holds neither a manifest nor files in the layout of a process manager',
  });
};

const otherwiseWorded =
  'What process managers are told (commands, environments …) is not compared: each has words of its own for it.';

const linesOf = (
  { settings, added, removed, changed, unchanged, moved }: GenerationDifference,
  colour: boolean,
): readonly string[] => {
  const same = settings.length === 0 && added.length === 0 && removed.length === 0 && changed.length === 0;
  return [
    ...settings.map(visibleText),
    ...removed.map((instance) => `${paint('removed', 'red', colour)} ${visibleLine(instance)}`),
    ...added.map((instance) => `${paint('added  ', 'green', colour)} ${visibleLine(instance)}`),
    ...changed.flatMap(({ instance, properties }) => [
      `${paint('changed', 'yellow', colour)} ${visibleLine(instance)}`,
      ...properties.map((property) => `          ${visibleText(property)}`),
    ]),
    ...moved.map((instance) => `${paint('moved  ', 'yellow', colour)} ${visibleLine(instance)}`),
    same ? 'No difference.' : moved.length > 0 ? otherwiseWorded : `${String(unchanged.length)} unchanged.`,
  ];
};

/**
 * Prints in what generation `after` differs from generation `before`: processes, and what they need of the Nix store.
 *
 * @throws UsageError when one of them does not exist, or was not built by this tool
 * @throws ActivationError when Nix does not tell what they need
 */
export const printDifference = async (
  { profile, json, before, after }: { profile: string; json: boolean; before: number; after: number },
  context: CommandContext,
): Promise<void> => {
  const { env, print, colour } = context;
  const location = profileLocation(profile, env);
  const [from, to] = [await builtProfile(location, before), await builtProfile(location, after)];
  const difference = compareGenerations(from.manifest, to.manifest);
  const closure = closureDifference(from.path, to.path, await readStoreInfos([from.path, to.path], context));
  print(
    json
      ? `${JSON.stringify({ formatVersion: 1, before, after, ...difference, closure }, null, 2)}\n`
      : `${[...linesOf(difference, colour), ...formatClosure(closure, true, colour)].join('\n')}\n`,
  );
};
