import type { Collision } from '../backends/backend.js';
import type { DeployedUnit } from '../profile/manifest.js';
import { toStableJson } from '../system/json.js';
import type { PortHolder } from '../system/listening-sockets.js';
import { unitOf, type ProcessPlan } from './activation-plan.js';
import type { Conflict } from './conflict.js';
import { overriding, pidFileOf } from './model-conflicts.js';
import { isUp, type ObservedUnit } from './plan-activation.js';

/** A PID file that names a process which lives. */
export interface LivePidFile {
  readonly unit: DeployedUnit;
  readonly path: string;
  readonly pid: number;
  readonly command: string | null;
}

/** The units that a plan starts or restarts, as they are to be. */
export const startedUnits = ({ stages }: Pick<ProcessPlan, 'stages'>): readonly DeployedUnit[] =>
  stages.flatMap(({ steps }) =>
    steps.filter(({ action }) => action === 'start' || action === 'restart').map((step) => unitOf(step)),
  );

const hasPort = ({ unit }: ObservedUnit, port: number): boolean => unit.port === port && unit.ownNetwork !== true;

/** Those that take a port at which, as far as the definitions say, nobody of this deployment listens now. */
export const takersOfPorts = (
  plan: Pick<ProcessPlan, 'stages'>,
  present: readonly ObservedUnit[],
): readonly (DeployedUnit & { readonly port: number })[] =>
  startedUnits(plan).flatMap((unit) => {
    const { port, ownNetwork } = unit;
    if (port === null || ownNetwork === true) return [];
    return present.some((observed) => isUp(observed) && hasPort(observed, port)) ? [] : [{ ...unit, port }];
  });

/** New units that are known by a PID file: it should name nobody yet. */
export const newPidFiles = (
  plan: Pick<ProcessPlan, 'stages'>,
  present: readonly ObservedUnit[],
): readonly { readonly unit: DeployedUnit; readonly path: string }[] => {
  const known = new Set(present.map(({ unit }) => unit.name));
  const taken = new Set(present.flatMap(({ unit }) => pidFileOf(unit) ?? []));
  return startedUnits(plan).flatMap((unit) => {
    const path = pidFileOf(unit);
    return path === null || known.has(unit.name) || taken.has(path) ? [] : [{ unit, path }];
  });
};

const describeHolder = ({ pid, command, uid }: PortHolder): string =>
  pid === null
    ? `a process of the user with the uid ${uid}`
    : `process ${pid}${command === null ? '' : ` (${shorten(command)})`}`;

const shorten = (text: string): string => (text.length > 120 ? `${text.slice(0, 119)}…` : text);

/** What is known of the processes of this deployment. */
export interface OwnProcesses {
  /** What they and their descendants hold is not in the way. */
  readonly pids: ReadonlySet<number>;
  /** What ran before, and may have left a process behind that its manager has lost sight of. */
  readonly present: readonly ObservedUnit[];
  /** Whether a switch did not finish: then anything may have been left. */
  readonly isUnfinished: boolean;
}

/** A process that was given a path of the store which one of our definitions names is probably one of ours, left behind. */
const looksLeftBehind = ({ command }: PortHolder, { present, isUnfinished }: OwnProcesses): boolean => {
  const paths = (command ?? '').match(/\/\S*\/[0-9a-z]{32}-[^\s:"']+/g) ?? [];
  if (isUnfinished || paths.length === 0) return isUnfinished;
  return present.some(({ unit }) => paths.some((path) => toStableJson(unit.properties).includes(path)));
};

/** What stands in the way of those that take ports. */
export const takenPorts = (
  takers: ReturnType<typeof takersOfPorts>,
  holders: readonly PortHolder[],
  own: OwnProcesses,
): readonly Conflict[] =>
  takers.flatMap(({ instance, port }): readonly Conflict[] => {
    const foreign = holders.filter(
      (holder) =>
        holder.port === port && ![holder.pid, ...holder.ancestors].some((pid) => pid !== null && own.pids.has(pid)),
    );
    const [holder] = foreign;
    if (holder === undefined) return [];
    const at = [...new Set(foreign.map(({ address }) => (address.includes(':') ? `[${address}]` : address)))];
    const where = at.map((address) => `${address}:${port}`).join(' and ');
    const isLeft = looksLeftBehind(holder, own);
    return [
      {
        severity: isLeft ? 'warning' : 'error',
        kind: 'port',
        instances: [instance],
        what: `Port ${port}, which process instance "${instance}" is to have, is taken by ${describeHolder(holder)}`,
        why: `It listens at ${where}, and ${isLeft ? 'may have been left behind by this deployment' : 'is not of this deployment'}`,
        fix: `End it, or give "${instance}" another port; ${overriding} (they may listen at different addresses)`,
      },
    ];
  });

/**
 * Processes that keep running, and keep a port that another one is to have: their definition has changed, or they are no
 * longer wanted, but they are left alone. Two wanted units with one port are a conflict of the model.
 */
export const keptPorts = (
  plan: Pick<ProcessPlan, 'stages'>,
  present: readonly ObservedUnit[],
  wanted: readonly DeployedUnit[],
): readonly Conflict[] => {
  const touched = new Set(
    plan.stages.flatMap(({ steps }) =>
      steps.filter(({ action }) => action !== 'reload').map((step) => `${step.manager} ${unitOf(step).name}`),
    ),
  );
  const kept = present.filter(
    (observed) => isUp(observed) && !touched.has(`${observed.manager} ${observed.unit.name}`),
  );
  return startedUnits(plan).flatMap(({ instance, name, port, ownNetwork }): readonly Conflict[] => {
    if (port === null || ownNetwork === true) return [];
    const holder = kept.find(
      (observed) =>
        hasPort(observed, port) &&
        observed.unit.name !== name &&
        !wanted.some((unit) => unit.name === observed.unit.name && unit.port === port),
    );
    if (holder === undefined) return [];
    const other = holder.unit.instance;
    return [
      {
        severity: 'error',
        kind: 'port',
        instances: [instance, other],
        what: `Port ${port}, which process instance "${instance}" is to have, is that of "${other}", which keeps running`,
        why: 'Only one of them can listen at it',
        fix: `Stop "${other}" first, or give "${instance}" another port; ${overriding}`,
      },
    ];
  });
};

/** PID files of new processes that name somebody: as long as that process lives, ours would count as started. */
export const takenPidFiles = (found: readonly LivePidFile[]): readonly Conflict[] =>
  found.map(({ unit: { instance }, path, pid, command }) => ({
    severity: 'warning',
    kind: 'pid-file',
    instances: [instance],
    what: `The PID file of process instance "${instance}", ${path}, names a process that runs already: ${pid}${command === null ? '' : ` (${shorten(command)})`}`,
    why: 'This deployment has not started it: it may be taken for the instance, or the file is from before a reboot',
    fix: 'If it is another instance of the same service, give the new one its own pidFile, or stop the other; else remove the file',
  }));

/** What somebody else has the name of. */
export const takenNames = (collisions: readonly Collision[]): readonly Conflict[] =>
  collisions.map(({ instance, ...words }) => ({
    severity: 'error',
    kind: 'name',
    instances: instance === null ? [] : [instance],
    ...words,
  }));
