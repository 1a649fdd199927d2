import type { ManagerSession } from '../backends/backend.js';
import { recordedInit } from '../boot/boot-record.js';
import type { PlannedBoot } from '../boot/plan-boot.js';
import { targetOf } from '../generations/built-profile.js';
import type { ManagerName } from '../model/process-model.js';
import type { ProcessPlan } from '../plan/activation-plan.js';
import { startedUnits } from '../plan/machine-conflicts.js';
import { planActivation } from '../plan/plan-activation.js';
import type { Manifest } from '../profile/manifest.js';
import { missingStateDirectories, type StateOptions } from '../state/state-directories.js';
import type { PlannedActivation } from './activation.js';
import { describeDamage } from './current-profile.js';
import { tasksOf, type TaskSettings } from './execution-tasks.js';
import { findConflicts } from './find-conflicts.js';
import { describeDrift } from './find-drift.js';
import { describeFormer } from './former-profile.js';
import { movesAtOnce } from './moves-at-once.js';
import { accountConflicts, prepareAccounts } from './prepare-accounts.js';
import { beginSwitch, describeUnfinished, endSwitch } from './unfinished-switch.js';
import { findWhatRuns, type ActivationRequest, type Situation } from './what-runs.js';

/** Who may use the state directories of a deployment. */
export const stateOptions = ({ forceDisableUserChange }: Manifest): StateOptions => ({
  userChanges: !forceDisableUserChange && process.getuid?.() === 0,
});

/** Where nothing is started, nothing can be in the way. */
const noObstacles: Pick<typeof import('./find-obstacles.js'), 'findObstacles' | 'conflictsOfObstacles'> &
  typeof import('./find-closed-places.js') = {
  findObstacles: () => Promise.resolve([]),
  conflictsOfObstacles: () => [],
  findClosedPlaces: () => [],
};

const howToRepair = 'put it right with: nix-processmgmt-ts switch --repair';

const planFor = (
  { target, sessions, present }: Situation,
  leaving: readonly ManagerName[],
  startsStopped: boolean,
): ProcessPlan => {
  if (target === null) return planActivation(present, null);
  const session = sessions.of(target.manager);
  return planActivation(present, {
    manager: target.manager,
    units: target.profile.units,
    isWanted: (unit) => session.isWanted?.(unit) ?? true,
    startsStopped,
    movesAtOnce: movesAtOnce([target.manager, ...leaving], sessions),
  });
};

/** What the user should know, a sentence each. */
const notesOn = async (
  { next, drift: policy }: ActivationRequest,
  { known, target, unfinished, losses, drift }: Situation,
  plan: ProcessPlan,
  session: ManagerSession | null,
): Promise<readonly string[]> => {
  const running = known.built;
  const isAnother = running !== null && target !== null && running.path !== next.path;
  const moved = isAnother ? (await import('../plan/moved-state.js')).movedState(running.manifest, next.manifest) : [];
  const damage = describeDamage(known);
  return [
    ...(damage === null ? [] : [damage]),
    ...(running === null || known.isFormer !== true ? [] : [describeFormer(running)]),
    ...moved,
    ...(unfinished === null ? [] : [`${describeUnfinished(unfinished)}; this one goes on from there`]),
    ...losses,
    ...plan.notes,
    ...describeDrift(drift).map((sentence) => (policy === 'repair' ? sentence : `${sentence}; ${howToRepair}`)),
    ...(target === null ? [] : ((await session?.remarks?.(target.profile.units)) ?? [])),
  ];
};

/** What changes of what is started at boot; nothing where nobody has asked for anything. */
const planBootOf = async (
  { location, settings, drift, ports }: ActivationRequest,
  session: ManagerSession | null,
): Promise<PlannedBoot | null> => {
  const wanted =
    session === null || session.startsAtBoot === true
      ? 'disable'
      : settings.managerOptions['enableAtBoot'] === 'true'
        ? 'enable'
        : 'keep';
  if (wanted !== 'enable' && recordedInit(location) === null) return null;
  const { planBoot } = await import('../boot/plan-boot.js');
  return planBoot(location, { wanted, repair: drift === 'repair' }, ports);
};

/**
 * Compares what runs with a built profile and decides what to do; changes nothing. `plan` and `switch` share it.
 *
 * @throws ManagerUnavailableError when a manager cannot be asked
 * @throws ModelError when the users and groups that the model wants cannot be
 * @throws UsageError when an ordinary user would have to create accounts, when there is no such old profile, or when
 *   nothing on this machine starts at boot what is to be started then
 */
export const prepareActivation = async (
  request: ActivationRequest & { readonly tasks: TaskSettings },
): Promise<PlannedActivation> => {
  const { location, next, ports } = request;
  const situation = await findWhatRuns(request);
  const { known, current, target, unfinished, reached, sessions, present, drift, losses } = situation;
  const repairs = request.drift === 'repair';
  const session = target === null ? null : sessions.of(target.manager);
  const accounts = await prepareAccounts(location, next.manifest, ports, known.built?.manifest ?? null);
  const left = [...(current === null ? [] : [current]), ...reached];
  const leaving = [...new Set(left.map(({ manager }) => manager))];
  const plan = planFor(situation, leaving, repairs);
  const started = startedUnits(plan);
  if (losses.length > 0 && started.length > 0) session?.requireReturn?.();
  const { findObstacles, conflictsOfObstacles, findClosedPlaces } =
    session === null || started.length === 0
      ? noObstacles
      : { ...(await import('./find-obstacles.js')), ...(await import('./find-closed-places.js')) };
  const obstacles = await findObstacles(
    started,
    present.map(({ unit }) => unit),
    (unit) => session?.logs(unit) ?? { kind: 'files', paths: [] },
    ports,
  );
  const { directories } = next.manifest;
  return {
    ...{ location, next, ports, sessions, current, target, leaving, present, unfinished, accounts, obstacles },
    plan: {
      ...plan,
      notes: await notesOn(request, situation, plan, session),
      accounts: accounts.plan,
      putsBack: losses.length > 0 || (repairs && drift.changed.length > 0),
    },
    tasks: tasksOf(plan, leaving, target, sessions, request.tasks),
    running: known.built,
    boot: await planBootOf(request, session),
    recorded: targetOf(location.link),
    directories: target === null ? [] : missingStateDirectories(directories, stateOptions(next.manifest)),
    conflicts: [
      ...(session === null ? [] : findClosedPlaces(started, session)),
      ...conflictsOfObstacles(obstacles),
      ...accountConflicts(accounts.plan, next.manifest.units),
      ...(await findConflicts({ plan, present, target, left, directories, unfinished, sessions, ports })),
    ],
    journal: {
      begin: (beginning) => beginSwitch(location, beginning, ports),
      end: () => endSwitch(location),
    },
  };
};
