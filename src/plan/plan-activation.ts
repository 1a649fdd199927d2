import type { Observation } from '../backends/backend.js';
import type { ManagerName } from '../model/process-model.js';
import type { DeployedUnit } from '../profile/manifest.js';
import { unreachable } from '../system/errors.js';
import type { PlanStep, ProcessPlan } from './activation-plan.js';
import { changedProperties } from './changed-properties.js';
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
  const keyOf = (manager: ManagerName, name: string): string => `${manager} ${name}`;
  const presentByKey = new Map(present.map((observed) => [keyOf(observed.manager, observed.unit.name), observed]));
  const wantedKeys = new Set(wanted?.units.map(({ name }) => keyOf(wanted.manager, name)));
  const notes: string[] = [];

  const stops: PlanStep[] = present
    .filter((observed) => !wantedKeys.has(keyOf(observed.manager, observed.unit.name)))
    .filter(({ observation }) => observation.state !== 'absent')
    .filter((observed) => {
      const { unit } = observed;
      const stays = unit.changePolicy?.onRemoval === 'leave';
      if (stays && isUp(observed)) notes.push(`${unit.instance} keeps running: its definition says so`);
      return !stays;
    })
    .map(({ manager, unit, extra }) => ({
      action: 'stop',
      manager,
      level: unit.level,
      unit,
      reasons: [
        extra ??
          (wanted === null
            ? 'nothing is to run any more'
            : wanted.manager === manager
              ? wanted.restores === true
                ? 'it did not run before the switch'
                : 'it is no longer in the model'
              : `it moves to ${wanted.manager}`),
      ],
    }));

  const movesFrom = (name: string): ManagerName | null =>
    present.find(({ manager, unit }) => unit.name === name && manager !== wanted?.manager)?.manager ?? null;

  const portsOfOthers = (name: string): ReadonlySet<number | null> =>
    new Set(wanted?.units.filter((unit) => unit.name !== name).map(({ port }) => port));

  const unchanged: DeployedUnit[] = [];
  /** What to do about a process that runs by an older definition. */
  const change = (
    before: DeployedUnit,
    unit: DeployedUnit,
    manager: ManagerName,
    reasons: readonly string[],
  ): readonly PlanStep[] => {
    const common = { manager, level: unit.level, reasons };
    const { onChange = 'restart' } = unit.changePolicy ?? {};
    switch (onChange) {
      case 'restart':
        // Somebody else may need the port before it is this one's turn.
        if (before.port !== null && before.port !== unit.port && portsOfOthers(unit.name).has(before.port)) {
          return [
            { ...common, action: 'stop', unit: before },
            { ...common, action: 'start', unit },
          ];
        }
        return [{ ...common, action: 'restart', before, after: unit }];
      case 'reload':
        return [{ ...common, action: 'reload', unit }];
      case 'stop-start':
        return [
          { ...common, action: 'stop', unit: before },
          { ...common, action: 'start', unit },
        ];
      case 'leave':
        notes.push(
          `${unit.instance} has changed, but its definition says not to restart it; ` +
            `restart it with: nix-processmgmt-ts restart ${unit.instance}`,
        );
        unchanged.push(unit);
        return [];
      default:
        return unreachable(onChange);
    }
  };

  const stepsFor = (
    { manager, isWanted: decide, startsStopped = false, restores = false }: WantedUnits,
    unit: DeployedUnit,
  ): readonly PlanStep[] => {
    const { level } = unit;
    const before = presentByKey.get(keyOf(manager, unit.name));
    const isWanted = decide?.(unit) ?? true;
    if (before === undefined) {
      if (!isWanted) {
        notes.push(`${unit.instance} is not started: ${manager} does not want it to run now`);
        return [];
      }
      const from = movesFrom(unit.name);
      const news = restores ? 'the switch has stopped it' : 'it is new';
      return [{ action: 'start', manager, level, unit, reasons: [from === null ? news : `it moves from ${from}`] }];
    }
    if (before.doubt !== undefined || before.unit.fingerprint !== unit.fingerprint) {
      const reasons =
        before.doubt === undefined
          ? (before.differences ?? changedProperties(before.unit.properties, unit.properties))
          : [before.doubt];
      if (isUp(before)) return change(before.unit, unit, manager, reasons);
      return isWanted ? [{ action: 'start', manager, level, unit, reasons }] : [];
    }
    const triggers = changedProperties(before.unit.reloadProperties ?? {}, unit.reloadProperties ?? {});
    if (triggers.length > 0 && isUp(before)) return [{ action: 'reload', manager, level, unit, reasons: triggers }];
    const step = isWanted ? repair({ ...before, unit }, startsStopped) : null;
    if (step !== null) return [step];
    if (before.observation.state === 'stopped' && isWanted) {
      notes.push(`${unit.instance} stays stopped, as it was; start it with: nix-processmgmt-ts start ${unit.instance}`);
    }
    unchanged.push(unit);
    return [];
  };
  const steps = wanted === null ? [] : wanted.units.flatMap((unit) => stepsFor(wanted, unit));

  return {
    ...orderSteps(
      [...stops, ...steps],
      wanted ?? {},
      runningOrder(stops.length + steps.length === 0 ? [] : present.filter(isUp).map(({ unit }) => unit)),
    ),
    unchanged: unchanged.map(({ instance }) => instance).sort(),
    notes,
  };
};
