import type { Drift, ManagerSession } from '../backends/backend.js';
import { readBuiltProfile, type BuiltProfile } from '../generations/built-profile.js';
import type { ProfileLocation } from '../generations/profile-location.js';
import type { ObservedUnit } from '../plan/plan-activation.js';
import type { Manifest } from '../profile/manifest.js';
import { UsageError } from '../system/errors.js';
import type { Ports } from '../system/ports.js';
import { readCurrentProfile, type CurrentProfile } from './current-profile.js';
import type { EarlyLook } from './early-look.js';
import { findDrift, presentWithDrift } from './find-drift.js';
import { formerProfile } from './former-profile.js';
import { managedProfile, observeUnits } from './look-at-current.js';
import { recogniseProcesses, withRecognised } from './recognise-processes.js';
import { connectSessions, type ManagedProfile, type Sessions, type SessionSettings } from './sessions.js';
import { afterUnfinishedSwitch, readUnfinishedSwitch, type UnfinishedSwitch } from './unfinished-switch.js';

/**
 * What is done about what somebody has changed since the last switch: `ignore` it, which a switch does, since it looks at
 * little more than what it changes; `tell` about it; or `repair` it.
 */
export type DriftPolicy = 'ignore' | 'tell' | 'repair';

/** What is asked for. */
export interface ActivationRequest {
  readonly location: ProfileLocation;
  /** What is to be deployed. */
  readonly next: BuiltProfile;
  readonly settings: SessionSettings;
  readonly drift: DriftPolicy;
  /** What runs now: a built profile or a link to one. Default: the current generation. */
  readonly oldProfile?: string | undefined;
  /** What was seen of the current generation a moment ago, with the same settings. Default: nothing was. */
  readonly look?: EarlyLook | undefined;
  readonly ports: Ports;
}

/** What runs before anything is decided. */
export interface Situation {
  /** The generation that runs, or what the user says. */
  readonly known: CurrentProfile;
  readonly current: ManagedProfile | null;
  readonly target: ManagedProfile | null;
  readonly unfinished: UnfinishedSwitch | null;
  /** Where unfinished switches were going. */
  readonly reached: readonly ManagedProfile[];
  readonly sessions: Sessions;
  readonly present: readonly ObservedUnit[];
  readonly drift: Drift;
  /** Which managers were lost under their processes, a sentence each. */
  readonly losses: readonly string[];
}

/** Where a generation had to be borrowed from, nobody knows by which definition its processes run. */
const withDoubtfulDefinitions = (
  observed: readonly ObservedUnit[],
  running: BuiltProfile | null,
): readonly ObservedUnit[] => {
  const borrowed = new Set(running?.borrowed);
  if (borrowed.size === 0) return observed;
  const doubt = 'it may run by a definition that cannot be read any more';
  return observed.map((each) => (borrowed.has(each.unit) ? { ...each, doubt } : each));
};

/** @throws UsageError when there is no built profile */
const requireProfile = async (path: string, likeness: Manifest | null): Promise<BuiltProfile> => {
  const built = await readBuiltProfile(path, likeness);
  if (built !== null) return built;
  throw new UsageError({
    what: `There is no old profile ${path}`,
    why: 'It holds neither a manifest nor files in the layout of a process manager',
    fix: 'Name a generation of the profile, or leave out --old-profile: the current generation is meant then',
  });
};

/** What a manager restarts by rules of its own counts as changed, unless it has. */
const withRestartsBesides = async (
  present: readonly ObservedUnit[],
  target: ManagedProfile | null,
  session: ManagerSession | null,
): Promise<readonly ObservedUnit[]> => {
  if (target === null || session?.restartsBesides === undefined) return present;
  const reasons = await session.restartsBesides(target.profile);
  const wanted = new Map(target.profile.units.map((unit) => [unit.name as string, unit.fingerprint]));
  return present.map((observed) => {
    const { manager, unit, doubt } = observed;
    const reason = manager === target.manager ? reasons.get(unit.name) : undefined;
    const isSame = doubt === undefined && wanted.get(unit.name) === unit.fingerprint;
    return reason === undefined || !isSame ? observed : { ...observed, doubt: reason };
  });
};

/** The generations that may run something, and connections to their managers. */
const connectSides = async ({ location, next, settings, oldProfile, look, ports }: ActivationRequest) => {
  const likeness = next.manifest.isForeign === true ? null : next.manifest;
  const recorded: CurrentProfile =
    oldProfile === undefined
      ? await readCurrentProfile(location, likeness)
      : { built: await requireProfile(oldProfile, likeness), damage: null };
  const former =
    recorded.built === null && recorded.damage === null ? await formerProfile(location, next, ports) : null;
  const known: CurrentProfile = former === null ? recorded : { built: former, damage: null, isFormer: true };
  const left = managedProfile(known.built, location.name);
  const target = managedProfile(next, location.name);
  const unfinished = await readUnfinishedSwitch(location, ports);
  const reached = (unfinished?.reached ?? [])
    .filter(({ path }) => path !== left?.profile.path)
    .flatMap((built) => managedProfile(built, location.name) ?? []);
  // A side that goes on, or that nothing comes after: with any other, its manager is connected to in another way.
  const isAlone = target === null || left?.profile.path === next.path;
  const looked = oldProfile === undefined && unfinished === null && known.damage === null && isAlone ? left : null;
  const early = looked === null ? null : ((await look?.of(looked.profile.path)) ?? null);
  const sessions = early?.sessions ?? (await connectSessions(left, target, reached, settings, ports));
  return { known, left, target, unfinished, reached, early, sessions };
};

/**
 * Finds out what runs, of which generation; changes nothing.
 *
 * @throws ManagerUnavailableError when a manager cannot be asked
 * @throws UsageError when there is no such old profile
 */
export const findWhatRuns = async (request: ActivationRequest): Promise<Situation> => {
  const { location, settings, drift: policy, ports } = request;
  const { known, left, target, unfinished, reached, early, sessions } = await connectSides(request);
  // Its process does not live, but what it has started may.
  for (const side of unfinished?.state === 'interrupted' ? [left, ...reached] : []) {
    if (side !== null) await sessions.of(side.manager).awaitOrphans?.(side.profile.units);
  }
  const observe = (side: ManagedProfile | null): Promise<readonly ObservedUnit[]> =>
    side === null ? Promise.resolve([]) : observeUnits(side, sessions, 'state');
  const seen = early?.observed ?? withDoubtfulDefinitions(await observe(left), known.built);
  const recognised = await recogniseProcesses(seen, target, settings.jobs, ports);
  const current = withRecognised(left, recognised);
  const observed =
    unfinished === null
      ? recognised
      : afterUnfinishedSwitch(recognised, (await Promise.all(reached.map(observe))).flat(), unfinished.recordedStates);
  const losses = [...new Set([left, ...reached].flatMap((side) => side?.manager ?? []))].flatMap(
    (manager) => sessions.of(manager).loss?.() ?? [],
  );
  const drift =
    current === null || policy === 'ignore'
      ? { changed: [], extras: [] }
      : await findDrift(location, current, sessions);
  const present = await withRestartsBesides(
    policy === 'repair' && current !== null ? presentWithDrift(observed, drift, current) : observed,
    target,
    target === null ? null : sessions.of(target.manager),
  );
  return { known, current, target, unfinished, reached, sessions, present, drift, losses };
};
