import type { ObservationDepth } from '../backends/backend.js';
import { deployedProfile, readBuiltProfile, type BuiltProfile } from '../generations/built-profile.js';
import type { ProfileLocation } from '../generations/profile-location.js';
import type { ObservedUnit } from '../plan/plan-activation.js';
import type { Ports } from '../system/ports.js';
import type { Look } from './early-look.js';
import { connectSessions, type ManagedProfile, type Sessions, type SessionSettings } from './sessions.js';

/** Where nothing changes, the same profile is what runs, what was looked at and what is wanted. */
const known = new WeakMap<BuiltProfile, Map<string, ManagedProfile>>();

/** What a manager runs of a built profile; null when there is nothing to run, or nothing at all. */
export const managedProfile = (built: BuiltProfile | null, name: string): ManagedProfile | null => {
  if (built === null) return null;
  const { manager, units } = built.manifest;
  if (manager === null || units.length + (built.borrowed?.length ?? 0) === 0) return null;
  const byName = known.get(built) ?? new Map<string, ManagedProfile>();
  known.set(built, byName);
  const managed = byName.get(name) ?? { manager, profile: deployedProfile(built, name) };
  byName.set(name, managed);
  return managed;
};

/** Asks a manager, once, what it says of a generation's units. */
export const observeUnits = async (
  deployed: ManagedProfile,
  sessions: Sessions,
  depth: ObservationDepth = 'process',
): Promise<readonly ObservedUnit[]> => {
  const { manager, profile } = deployed;
  const observations = await sessions.of(manager).observe(profile.units, depth);
  return profile.units.map((unit) => ({
    manager,
    unit,
    observation: observations.get(unit.instance) ?? { state: 'absent', pid: null, since: null, detail: null },
  }));
};

/** Looks at the current generation as prepareActivation does when that is to go on; null when nothing of ours is deployed. */
export const lookAtCurrent = async (
  location: ProfileLocation,
  settings: SessionSettings,
  ports: Ports,
): Promise<Look | null> => {
  const built = await readBuiltProfile(location.link);
  const side = built?.manifest.isForeign === true ? null : managedProfile(built, location.name);
  if (built === null || side === null) return null;
  const sessions = await connectSessions(side, side, [], settings, ports);
  return { path: built.path, sessions, observed: await observeUnits(side, sessions, 'state') };
};
