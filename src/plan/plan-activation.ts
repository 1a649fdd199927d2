import type { Observation } from '../backends/backend.js';
import type { ManagerName } from '../model/process-model.js';
import type { DeployedUnit } from '../profile/manifest.js';
import { unreachable } from '../system/errors.js';
import type { PlanStep, ProcessPlan } from './activation-plan.js';
import { changedProperties, namesOfChanged } from './changed-properties.js';
import { orderSteps, type MoveOrder } from './order-steps.js';
import { runningOrder } from './running-order.js';

/** A process that a manager has been given, with what the manager says of it. */
export interface ObservedUnit {
  readonly manager: ManagerName;
  readonly unit: DeployedUnit;
  readonly observation: Observation;
  /** Why the running process may not be what `unit` says; it then counts as changed. */
  readonly doubt?: string;
  /** What differs from the wanted definition, when their properties are not in the same words. */
  readonly differences?: readonly string[];
  /** It belongs to no generation that should run: why it is known all the same. */
  readonly extra?: string;
}

/** What should run afterwards. */
export interface WantedUnits extends MoveOrder {
  readonly manager: ManagerName;
  readonly units: readonly DeployedUnit[];
  /** Whether a switch starts this unit (a sysvinit script may not belong to the current runlevel). Default: it does. */
  readonly isWanted?: (unit: DeployedUnit) => boolean;
  /** Whether what somebody has stopped is started again. Default: it stays stopped. */
  readonly startsStopped?: boolean;
  /** Whether that is what ran before a switch that failed: the reasons are others then. Default: false. */
  readonly restores?: boolean;
}

/** What to do about a unit whose files are as they should be; null for nothing. */
const repair = ({ manager, unit, observation }: ObservedUnit, startsStopped: boolean): PlanStep | null => {
  const start = (reason: string): PlanStep => ({
    action: 'start',
    manager,
    level: unit.level,
    unit,
    reasons: [reason],
  });
  switch (observation.state) {
    case 'failed':
      return start(observation.detail === null ? 'it should run but does not' : `it has failed: ${observation.detail}`);
    case 'absent':
      return start(`${manager} does not know it any more`);
    case 'stopped':
      return startsStopped && observation.rests !== true
        ? start(observation.detail ?? 'somebody has stopped it')
        : null;
    case 'running':
    case 'starting':
      return null;
    default:
      return unreachable(observation.state);
  }
};

export const isUp = ({ observation: { state } }: ObservedUnit): boolean => state === 'running' || state === 'starting';

const keyOf = (manager: ManagerName, name: string): string => `${manager} ${name}`;

/** What is decided about one unit or process. */
interface Decision {
  readonly steps: readonly PlanStep[];
  /** What the user should know although nothing is done about it. */
  readonly notes?: readonly string[];
  /** Set when it keeps running, or stays down, as it is. */
  readonly isUnchanged?: true;
}

const reasonForStop = ({ manager, extra }: ObservedUnit, wanted: WantedUnits | null): string => {
  if (extra !== undefined) return extra;
  if (wanted === null) return 'nothing is to run any more';
  if (wanted.manager !== manager) return `it moves to ${wanted.manager}`;
  return wanted.restores === true ? 'it did not run before the switch' : 'removed from the model';
};

/** About a process that is not wanted under its manager. */
const decideOnRemoval = (observed: ObservedUnit, wanted: WantedUnits | null): Decision => {
  const { manager, unit } = observed;
  if (unit.changePolicy?.onRemoval !== 'leave') {
    const reasons = [reasonForStop(observed, wanted)];
    return { steps: [{ action: 'stop', manager, level: unit.level, unit, reasons }] };
  }
  return { steps: [], notes: isUp(observed) ? [`${unit.instance} keeps running: its definition says so`] : [] };
};

/**
 * About a process that runs by an older definition.
 *
 * @param portsOfOthers ports that the other wanted units have
 */
const decideOnChange = (
  before: DeployedUnit,
  unit: DeployedUnit,
  common: Pick<PlanStep, 'manager' | 'level' | 'reasons' | 'changed'>,
  portsOfOthers: ReadonlySet<number | null>,
): Decision => {
  const stopAndStart: Decision = {
    steps: [
      { ...common, action: 'stop', unit: before },
      { ...common, action: 'start', unit },
    ],
  };
  const { onChange = 'restart' } = unit.changePolicy ?? {};
  switch (onChange) {
    case 'restart':
      // Somebody else may need the port before it is this one's turn.
      return before.port !== null && before.port !== unit.port && portsOfOthers.has(before.port)
        ? stopAndStart
        : { steps: [{ ...common, action: 'restart', before, after: unit }] };
    case 'reload':
      return { steps: [{ ...common, action: 'reload', unit }] };
    case 'stop-start':
      return stopAndStart;
    case 'leave':
      return {
        steps: [],
        notes: [
          `${unit.instance} has changed, but its definition says not to restart it; ` +
            `restart it with: nix-processmgmt-ts restart ${unit.instance}`,
        ],
        isUnchanged: true,
      };
    default:
      return unreachable(onChange);
  }
};

/** About a unit that its manager does not have yet. */
const decideOnNews = (
  { manager, restores = false }: WantedUnits,
  unit: DeployedUnit,
  isWanted: boolean,
  movesFrom: ManagerName | undefined,
): Decision => {
  if (!isWanted) {
    return { steps: [], notes: [`${unit.instance} is not started: ${manager} does not want it to run now`] };
  }
  const news = restores ? 'the switch has stopped it' : 'new';
  const reasons = [movesFrom === undefined ? news : `it moves from ${movesFrom}`];
  return { steps: [{ action: 'start', manager, level: unit.level, unit, reasons }] };
};

/** About a unit whose definition has not changed. */
const decideOnSame = (
  before: ObservedUnit,
  unit: DeployedUnit,
  { manager, startsStopped = false }: WantedUnits,
  isWanted: boolean,
): Decision => {
  const triggers = changedProperties(before.unit.reloadProperties ?? {}, unit.reloadProperties ?? {});
  if (triggers.length > 0 && isUp(before)) {
    const changed = namesOfChanged(before.unit.reloadProperties ?? {}, unit.reloadProperties ?? {});
    return { steps: [{ action: 'reload', manager, level: unit.level, unit, reasons: triggers, changed }] };
  }
  const step = isWanted ? repair({ ...before, unit }, startsStopped) : null;
  if (step !== null) return { steps: [step] };
  const staysStopped = before.observation.state === 'stopped' && isWanted;
  return {
    steps: [],
    notes: staysStopped
      ? [`${unit.instance} stays stopped, as it was; start it with: nix-processmgmt-ts start ${unit.instance}`]
      : [],
    isUnchanged: true,
  };
};

/** Why a process that is there counts as changed. */
const reasonsForChange = (
  { unit: before, doubt, differences }: ObservedUnit,
  { properties }: DeployedUnit,
): Pick<PlanStep, 'reasons' | 'changed'> => {
  if (doubt !== undefined) return { reasons: [doubt] };
  if (differences !== undefined) return { reasons: differences };
  return {
    reasons: changedProperties(before.properties, properties),
    changed: namesOfChanged(before.properties, properties),
  };
};

/** Decides on each wanted unit, by what there is of it. */
const decideOnWanted = (
  present: readonly ObservedUnit[],
  wanted: WantedUnits,
): readonly (readonly [DeployedUnit, Decision])[] => {
  const { manager, units } = wanted;
  const presentByKey = new Map(present.map((observed) => [keyOf(observed.manager, observed.unit.name), observed]));
  const portsOfOthers = (name: string): ReadonlySet<number | null> =>
    new Set(units.filter((unit) => unit.name !== name).map(({ port }) => port));
  const decideOn = (unit: DeployedUnit): Decision => {
    const isWanted = wanted.isWanted?.(unit) ?? true;
    const before = presentByKey.get(keyOf(manager, unit.name));
    if (before === undefined) {
      const elsewhere = present.find((observed) => observed.unit.name === unit.name && observed.manager !== manager);
      return decideOnNews(wanted, unit, isWanted, elsewhere?.manager);
    }
    if (before.doubt === undefined && before.unit.fingerprint === unit.fingerprint) {
      return decideOnSame(before, unit, wanted, isWanted);
    }
    const common = { manager, level: unit.level, ...reasonsForChange(before, unit) };
    if (isUp(before)) return decideOnChange(before.unit, unit, common, portsOfOthers(unit.name));
    return { steps: isWanted ? [{ ...common, action: 'start', unit }] : [] };
  };
  return units.map((unit) => [unit, decideOn(unit)]);
};

/**
 * Decides what to do so that `wanted` runs instead of `present`. Pure.
 *
 * A process keeps its identity as long as it has the same name under the same manager: unchanged ones are not touched
 * (unless they have failed), changed ones are restarted. Dependents of a changed process go on running. A process that
 * somebody stopped by hand stays stopped unless its definition changed, or unless everything is to be as it should.
 *
 * @param wanted null when nothing is to run any more
 */
export const planActivation = (present: readonly ObservedUnit[], wanted: WantedUnits | null): ProcessPlan => {
  const wantedKeys = new Set(wanted?.units.map(({ name }) => keyOf(wanted.manager, name)));
  const removals = present
    .filter(({ manager, unit }) => !wantedKeys.has(keyOf(manager, unit.name)))
    .filter(({ observation }) => observation.state !== 'absent')
    .map((observed) => decideOnRemoval(observed, wanted));
  const decided = wanted === null ? [] : decideOnWanted(present, wanted);
  const decisions = [...removals, ...decided.map(([, decision]) => decision)];
  const steps = decisions.flatMap((decision) => decision.steps);
  return {
    ...orderSteps(
      steps,
      wanted ?? {},
      runningOrder(steps.length === 0 ? [] : present.filter(isUp).map(({ unit }) => unit)),
    ),
    unchanged: decided.flatMap(([{ instance }, { isUnchanged }]) => (isUnchanged === true ? [instance] : [])).sort(),
    notes: decisions.flatMap(({ notes = [] }) => notes),
  };
};
