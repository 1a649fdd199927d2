import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readBuiltProfile, type BuiltProfile } from '../generations/built-profile.js';
import { addRoot } from '../generations/gc-root.js';
import type { ProfileLocation } from '../generations/profile-location.js';
import { isUp, type ObservedUnit } from '../plan/plan-activation.js';
import type { Ports } from '../system/ports.js';

/**
 * While a switch is at work, a link in the profile's state directory points to the profile that it goes to, and keeps it
 * in the store. A link that is found by the next switch was left by one that was killed, or that failed and was told not
 * to roll back: what runs may be of either generation.
 */
const linkOf = ({ stateDirectory }: ProfileLocation): string => join(stateDirectory, 'unfinished');

/** The profile that an unfinished switch was going to; null when there is none. */
export const readUnfinishedSwitch = async (location: ProfileLocation): Promise<BuiltProfile | null> =>
  // One that cannot be read was left by another version of this tool: there is nothing to be learned from it.
  readBuiltProfile(linkOf(location)).catch(() => null);

/** To be called before the first effect. @throws ActivationError when it cannot be recorded */
export const beginSwitch = (location: ProfileLocation, profile: string, ports: Ports): Promise<void> =>
  addRoot(profile, linkOf(location), `The switch cannot be recorded in ${location.stateDirectory}`, ports);

/** To be called when what runs is of one generation again. */
export const endSwitch = (location: ProfileLocation): Promise<void> => rm(linkOf(location), { force: true });

const doubt = 'a switch that did not finish may have left another version of it';

/**
 * What runs after an unfinished switch, as far as can be told: a process that both generations define differently may run
 * in either version, and one that does not run was stopped by the switch rather than by an operator. Pure.
 *
 * @param present the units of the generation that the switch left
 * @param unfinished those of the one that it was going to
 */
export const afterUnfinishedSwitch = (
  present: readonly ObservedUnit[],
  unfinished: readonly ObservedUnit[],
): readonly ObservedUnit[] => {
  const keyOf = ({ manager, unit }: ObservedUnit): string => `${manager} ${unit.name}`;
  const reached = new Map(unfinished.map((observed) => [keyOf(observed), observed]));
  const known = new Set(present.map(keyOf));
  const upBefore = new Set(present.filter(isUp).map(({ unit }) => unit.name));
  const downToFailed = (observed: ObservedUnit): ObservedUnit =>
    observed.observation.state === 'stopped'
      ? { ...observed, observation: { ...observed.observation, state: 'failed', detail: 'a switch did not finish' } }
      : observed;
  return [
    ...present.map((observed) => {
      const other = reached.get(keyOf(observed));
      const differs = other !== undefined && other.unit.fingerprint !== observed.unit.fingerprint;
      return downToFailed(differs ? { ...observed, doubt } : observed);
    }),
    // A move starts nothing before the old manager has stopped it: a PID file that both managers read still means that one.
    ...unfinished.filter(
      (observed) => !known.has(keyOf(observed)) && isUp(observed) && !upBefore.has(observed.unit.name),
    ),
  ];
};
