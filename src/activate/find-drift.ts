import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ChangedOnDisk, Drift } from '../backends/backend.js';
import { runningAmong } from '../backends/shared/extra-units.js';
import { readBuiltProfile, type BuiltProfile } from '../generations/built-profile.js';
import { listGenerations } from '../generations/generations.js';
import type { ProfileLocation } from '../generations/profile-location.js';
import type { ObservedUnit } from '../plan/plan-activation.js';
import type { DeployedUnit } from '../profile/manifest.js';
import type { ManagedProfile, Sessions } from './sessions.js';

/** A manager, and units that it runs. */
export type ManagedUnits = Pick<ManagedProfile, 'manager'> & {
  readonly profile: { readonly units: readonly { readonly name: string }[] };
};

/** How many other generations are asked for processes that they may have left: the newest. */
const remembered = 10;

const readable = async (paths: readonly string[]): Promise<readonly BuiltProfile[]> =>
  (await Promise.all(paths.map((path) => readBuiltProfile(path).catch(() => null)))).filter((built) => built !== null);

/** Names of what other profiles beside this one run under the same manager: they may share its directories. */
const namesOfOtherProfiles = async (
  { link, name }: ProfileLocation,
  { manager }: ManagedUnits,
): Promise<ReadonlySet<string>> => {
  const directory = dirname(link);
  const others = (await readdir(directory).catch(() => [])).filter(
    (entry) => entry !== name && !entry.startsWith('.') && !/-\d+-link$/.test(entry),
  );
  const built = await readable(others.map((entry) => join(directory, entry)));
  return new Set(
    built.flatMap(({ manifest }) => (manifest.manager === manager ? manifest.units.map((unit) => unit.name) : [])),
  );
};

/**
 * Units that other generations of the profile had under the same manager, in their newest version.
 *
 * @param deployed whose own units, and those of other profiles beside it, are left out
 */
export const unitsOfOtherGenerations = async (
  location: ProfileLocation,
  deployed: ManagedUnits,
): Promise<readonly DeployedUnit[]> => {
  const generations = (await listGenerations(location)).filter(({ isCurrent }) => !isCurrent);
  const built = await readable(
    generations
      .toReversed()
      .slice(0, remembered)
      .map(({ link }) => link),
  );
  const taken = new Set<string>([
    ...deployed.profile.units.map(({ name }) => name),
    ...(await namesOfOtherProfiles(location, deployed)),
  ]);
  const units = new Map<string, DeployedUnit>();
  for (const { path, manifest } of built) {
    // Whether something of another tool's runs can only be guessed.
    if (manifest.manager !== deployed.manager || manifest.isForeign === true) continue;
    for (const unit of manifest.units) {
      if (taken.has(unit.name) || units.has(unit.instance)) continue;
      taken.add(unit.name);
      units.set(unit.instance, { ...unit, profile: path });
    }
  }
  return [...units.values()];
};

/** In what the machine differs from the generation that it runs, beyond the states of its processes. */
export const findDrift = async (
  location: ProfileLocation,
  deployed: ManagedProfile,
  sessions: Sessions,
): Promise<Drift> => {
  // What another tool has left is put in order by the first switch anyway.
  if (deployed.profile.isForeign === true) return { changed: [], extras: [] };
  const session = sessions.of(deployed.manager);
  const others = await unitsOfOtherGenerations(location, deployed);
  if (session.drift !== undefined) return session.drift(deployed.profile, others);
  return { changed: [], extras: runningAmong(others, await session.observe(others, 'state')) };
};

/** Why something is to be stopped that the generation does not have. */
export const extraReason = 'it is not in the generation, though it belongs to the profile';

/** What is wrong, a sentence for each, for people. Pure. */
export const describeDrift = ({ changed, extras }: Drift): readonly string[] => [
  ...changed.map(({ instance, what }) => (instance === null ? what : `${instance}: ${what}`)),
  ...extras.map(({ unit }) => `${unit.instance}: ${extraReason}`),
];

/**
 * What runs, with what is wrong about it: what only a restart puts right counts as changed, and what is extra is there to
 * be stopped. Pure.
 */
export const presentWithDrift = (
  present: readonly ObservedUnit[],
  { changed, extras }: Drift,
  { manager }: Pick<ManagedProfile, 'manager'>,
): readonly ObservedUnit[] => {
  const doubts = new Map(
    changed.flatMap(({ instance, what, restart }: ChangedOnDisk) =>
      instance !== null && restart ? [[instance, what] as const] : [],
    ),
  );
  return [
    ...present.map((observed) => {
      const doubt = observed.doubt ?? doubts.get(observed.unit.instance);
      return doubt === undefined || observed.manager !== manager ? observed : { ...observed, doubt };
    }),
    ...extras.map(({ unit, observation }): ObservedUnit => ({ manager, unit, observation, extra: extraReason })),
  ];
};
