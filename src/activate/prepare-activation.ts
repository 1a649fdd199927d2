import type { ManagerSession } from '../backends/backend.js';
import { readBuiltProfile, targetOf, type BuiltProfile } from '../generations/built-profile.js';
import type { ProfileLocation } from '../generations/profile-location.js';
import type { ManagerName } from '../model/process-model.js';
import type { ActivationPlan } from '../plan/activation-plan.js';
import type { Conflict } from '../plan/conflict.js';
import { startedUnits } from '../plan/machine-conflicts.js';
import type { PlannedChanges } from '../plan/document-plan.js';
import { planActivation, type ObservedUnit } from '../plan/plan-activation.js';
import type { Manifest } from '../profile/manifest.js';
import { missingStateDirectories, type StateOptions, type StateStep } from '../state/state-directories.js';
import { UsageError } from '../system/errors.js';
import type { Ports } from '../system/ports.js';
import type { EarlyLook } from './early-look.js';
import { tasksOf, type TaskSettings } from './execution-tasks.js';
import { describeDamage, readCurrentProfile } from './current-profile.js';
import { findConflicts } from './find-conflicts.js';
import type { ObstacleOfUnit } from './find-obstacles.js';
import { describeDrift, findDrift, presentWithDrift } from './find-drift.js';
import { accountConflicts, prepareAccounts, type PreparedAccounts } from './prepare-accounts.js';
import type { OpenJournal } from './journal.js';
import { managedProfile, observeUnits } from './look-at-current.js';
import { recogniseProcesses, withRecognised } from './recognise-processes.js';
import {
  afterUnfinishedSwitch,
  beginSwitch,
  describeUnfinished,
  endSwitch,
  readUnfinishedSwitch,
  type SwitchBeginning,
  type UnfinishedSwitch,
} from './unfinished-switch.js';
import { connectSessions, type ManagedProfile, type Sessions, type SessionSettings } from './sessions.js';

/** An activation that has been decided on, with the connections that it was decided from. */
export interface PreparedActivation {
  readonly plan: ActivationPlan;
  /** Carries out what the plan says about users and groups. */
  readonly accounts: PreparedAccounts;
  readonly current: ManagedProfile | null;
  /** Null when nothing is to run afterwards. */
  readonly target: ManagedProfile | null;
  /** What a switch before this one has left; null for nothing. */
  readonly unfinished: UnfinishedSwitch | null;
  /** Says, while the activation is at work, what it does. */
  readonly journal: {
    readonly begin: (beginning: SwitchBeginning) => Promise<OpenJournal>;
    readonly end: () => Promise<void>;
  };
  /** The managers that may run something now. */
  readonly leaving: readonly ManagerName[];
  readonly present: readonly ObservedUnit[];
  readonly sessions: Sessions;
}

/** An activation with all that is worth knowing before it begins. */
export interface PlannedActivation extends PreparedActivation {
  /** What runs now: the current generation, or what the user says. */
  readonly running: BuiltProfile | null;
  /** The store path that the profile's link leads to; null when there is no such link. */
  readonly recorded: string | null;
  /** What has to be done to the state directories. */
  readonly directories: readonly StateStep[];
  /** What will not work. */
  readonly conflicts: readonly Conflict[];
  /** What of somebody is in the way of files that started processes open; those conflicts are told as well. */
  readonly obstacles: readonly ObstacleOfUnit[];
  /** How its tasks are made of its steps. */
  readonly taskSettings: TaskSettings;
}

/** What the user says about how it is done. */
export interface ActivationChoices extends SessionSettings {
  readonly taskSettings: TaskSettings;
}

/** What an activation is going to change. */
export const changesOf = (
  next: Pick<BuiltProfile, 'path'>,
  planned: Pick<
    PlannedActivation,
    'plan' | 'directories' | 'leaving' | 'target' | 'sessions' | 'taskSettings' | 'recorded' | 'unfinished'
  >,
): PlannedChanges => ({
  plan: planned.plan,
  directories: planned.directories,
  tasks: tasksOf(planned.plan, planned.leaving, planned.target, planned.sessions, planned.taskSettings),
  next: next.path,
  recorded: planned.recorded,
  isUnfinished: planned.unfinished !== null,
});

/** Who may use the state directories of a deployment. */
export const stateOptions = ({ forceDisableUserChange }: Manifest): StateOptions => ({
  userChanges: !forceDisableUserChange && process.getuid?.() === 0,
});

const otherDefinition = 'it may run by a definition that cannot be read any more';

/** Where a generation had to be borrowed from, nobody knows by which definition its processes run. */
const withDoubtfulDefinitions = (
  observed: readonly ObservedUnit[],
  running: BuiltProfile | null,
): readonly ObservedUnit[] => {
  const borrowed = new Set(running?.borrowed);
  if (borrowed.size === 0) return observed;
  return observed.map((each) => (borrowed.has(each.unit) ? { ...each, doubt: otherDefinition } : each));
};

/** Where nothing is started, nothing can be in the way. */
const noObstacles: Pick<typeof import('./find-obstacles.js'), 'findObstacles' | 'conflictsOfObstacles'> = {
  findObstacles: () => Promise.resolve([]),
  conflictsOfObstacles: () => [],
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

/**
 * What is done about what somebody has changed since the last switch: `ignore` it, which a switch does, since it looks at
 * little more than what it changes; `tell` about it; or `repair` it.
 */
export type DriftPolicy = 'ignore' | 'tell' | 'repair';

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

const howToRepair = 'put it right with: nix-processmgmt-ts switch --repair';

/**
 * Compares what runs with a built profile and decides what to do; changes nothing. `plan` and `switch` share it.
 *
 * @param oldProfile what runs now: a built profile or a link to one. Default: the current generation
 * @param look what was seen of the current generation a moment ago, with the same settings. Default: nothing was
 * @throws ManagerUnavailableError when a manager cannot be asked
 * @throws ModelError when the users and groups that the model wants cannot be
 * @throws UsageError when an ordinary user would have to create accounts, or when there is no such old profile
 */
export const prepareActivation = async (
  location: ProfileLocation,
  next: BuiltProfile,
  settings: ActivationChoices & { readonly drift: DriftPolicy },
  ports: Ports,
  oldProfile?: string,
  look?: EarlyLook,
): Promise<PlannedActivation> => {
  const likeness = next.manifest.isForeign === true ? null : next.manifest;
  const known =
    oldProfile === undefined
      ? await readCurrentProfile(location, likeness)
      : { built: await requireProfile(oldProfile, likeness), damage: null };
  const running = known.built;
  const left = managedProfile(running, location.name);
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
  // Its process does not live, but what it has started may.
  for (const side of unfinished?.state === 'interrupted' ? [left, ...reached] : []) {
    if (side !== null) await sessions.of(side.manager).awaitOrphans?.(side.profile.units);
  }
  const observe = (side: ManagedProfile | null): Promise<readonly ObservedUnit[]> =>
    side === null ? Promise.resolve([]) : observeUnits(side, sessions, 'state');
  const seen = early?.observed ?? withDoubtfulDefinitions(await observe(left), running);
  const recognised = await recogniseProcesses(seen, target, settings.jobs, ports);
  const current = withRecognised(left, recognised);
  const observed =
    unfinished === null
      ? recognised
      : afterUnfinishedSwitch(recognised, (await Promise.all(reached.map(observe))).flat(), unfinished.fates);
  const losses = [...new Set([left, ...reached].flatMap((side) => side?.manager ?? []))].flatMap(
    (manager) => sessions.of(manager).loss?.() ?? [],
  );
  const repairs = settings.drift === 'repair';
  const drift =
    current === null || settings.drift === 'ignore'
      ? { changed: [], extras: [] }
      : await findDrift(location, current, sessions);
  const session = target === null ? null : sessions.of(target.manager);
  const present = await withRestartsBesides(
    repairs && current !== null ? presentWithDrift(observed, drift, current) : observed,
    target,
    session,
  );
  const accounts = await prepareAccounts(location, next.manifest, ports, running?.manifest ?? null);
  const leaving = [...new Set([current, ...reached].flatMap((side) => side?.manager ?? []))];
  const changesAtInstall = (manager: ManagerName): boolean => sessions.of(manager).changesAtInstall === true;
  const plan = planActivation(
    present,
    target === null
      ? null
      : {
          manager: target.manager,
          units: target.profile.units,
          isWanted: (unit) => session?.isWanted?.(unit) ?? true,
          startsStopped: repairs,
          movesAtOnce: [target.manager, ...leaving].some(changesAtInstall),
        },
  );
  const started = startedUnits(plan);
  if (losses.length > 0 && started.length > 0) session?.requireReturn?.();
  const { findObstacles, conflictsOfObstacles } =
    session === null || started.length === 0 ? noObstacles : await import('./find-obstacles.js');
  const obstacles = await findObstacles(
    started,
    present.map(({ unit }) => unit),
    (unit) => session?.logs(unit) ?? { kind: 'files', paths: [] },
    ports,
  );
  const remarks = target === null ? [] : ((await session?.remarks?.(target.profile.units)) ?? []);
  const journal = {
    begin: (beginning: SwitchBeginning) => beginSwitch(location, beginning, ports),
    end: () => endSwitch(location),
  };
  const isAnother = running !== null && target !== null && running.path !== next.path;
  const moved = isAnother ? (await import('../plan/moved-state.js')).movedState(running.manifest, next.manifest) : [];
  const damage = describeDamage(known);
  const notes = [
    ...(damage === null ? [] : [damage]),
    ...moved,
    ...(unfinished === null ? [] : [`${describeUnfinished(unfinished)}; this one goes on from there`]),
    ...losses,
    ...plan.notes,
    ...describeDrift(drift).map((sentence) => (repairs ? sentence : `${sentence}; ${howToRepair}`)),
    ...remarks,
  ];
  return {
    plan: {
      ...plan,
      notes,
      accounts: accounts.plan,
      putsBack: losses.length > 0 || (repairs && drift.changed.length > 0),
    },
    accounts,
    unfinished,
    journal,
    current,
    target,
    leaving,
    present,
    sessions,
    running,
    taskSettings: settings.taskSettings,
    obstacles,
    conflicts: [
      ...conflictsOfObstacles(obstacles),
      ...accountConflicts(accounts.plan, next.manifest.units),
      ...(await findConflicts(
        plan,
        present,
        target,
        [...(current === null ? [] : [current]), ...reached],
        next.manifest.directories,
        unfinished !== null,
        sessions,
        ports,
      )),
    ],
    recorded: targetOf(location.link),
    directories: target === null ? [] : missingStateDirectories(next.manifest.directories, stateOptions(next.manifest)),
  };
};
