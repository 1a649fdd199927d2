import type { LogSource } from '../backends/backend.js';
import { pidFileOf } from '../plan/model-conflicts.js';
import type { Conflict } from '../plan/conflict.js';
import type { DeployedUnit } from '../profile/manifest.js';
import { userOfUnit } from '../profile/user-of-unit.js';
import { explainFileError } from '../state/file-errors.js';
import { obstacleAt, takeAway, type Obstacle } from '../state/shared-directory.js';
import { ActivationError } from '../system/errors.js';
import type { Ports } from '../system/ports.js';
import { isUserCalled } from '../system/user-ids.js';

/** Something in the way of the files that a process, or what starts it, opens. */
export interface ObstacleOfUnit extends Obstacle {
  readonly instance: string;
}

/**
 * Looks for what somebody has put at the place of log and PID files, in directories that others can write. Opens nothing.
 *
 * @param units that are going to be started
 * @param present what is there now: a process whose user changes has left files of the one before
 */
export const findObstacles = async (
  units: readonly DeployedUnit[],
  present: readonly DeployedUnit[],
  logsOf: (unit: DeployedUnit) => LogSource,
  { run }: Pick<Ports, 'run'>,
): Promise<readonly ObstacleOfUnit[]> => {
  const found: ObstacleOfUnit[] = [];
  for (const unit of units) {
    // Whom the scripts of others run something as is not known.
    if (unit.isLaidOut === true) continue;
    const logs = logsOf(unit);
    const pidFile = pidFileOf(unit) ?? unit.pidFile ?? null;
    const paths = [...(pidFile === null ? [] : [pidFile]), ...(logs.kind === 'files' ? logs.paths : [])];
    const users = [unit, ...present.filter(({ name }) => name === unit.name)].map(userOfUnit);
    const isUser = async (uid: number): Promise<boolean> => {
      for (const user of new Set(users)) if (await isUserCalled(user, run)(uid)) return true;
      return false;
    };
    for (const path of new Set(paths)) {
      const obstacle = await obstacleAt(path, isUser);
      if (obstacle !== null) found.push({ ...obstacle, instance: unit.instance });
    }
  }
  return found;
};

/** What obstacles mean for whoever looks at a plan. Pure. */
export const conflictsOfObstacles = (obstacles: readonly ObstacleOfUnit[]): readonly Conflict[] =>
  obstacles.map(({ instance, path, thing, isRemovable }) => ({
    severity: isRemovable ? 'warning' : 'error',
    kind: 'file',
    instances: [instance],
    what: `${thing} is in the way of "${instance}" at ${path}`,
    why: isRemovable
      ? 'Somebody who has nothing to do with it has put it there; it is taken away'
      : 'A file of the process has to be there, which it would open or write through',
    fix: `See who made it, and move it away: ls -ld ${path}`,
  }));

/** @throws ActivationError that names what only somebody else can take away */
export const refuseObstacles = (conflicts: readonly Conflict[]): void => {
  const errors = conflicts.filter(({ severity, kind }) => severity === 'error' && kind === 'file');
  const [first] = errors;
  if (first === undefined) return;
  const { what, why, fix } = first;
  throw new ActivationError({
    what: errors.length === 1 ? what : `${what}, and ${String(errors.length - 1)} more like it; nothing has been done`,
    why: errors.length === 1 ? why : [why, ...errors.slice(1).map((error) => error.what)].join('\n'),
    fix,
  });
};

/** Takes away what may be. @throws ActivationError naming what does not go */
export const removeObstacles = (obstacles: readonly ObstacleOfUnit[], { log }: Pick<Ports, 'log'>): void => {
  for (const obstacle of obstacles.filter(({ isRemovable }) => isRemovable)) {
    const { path, thing } = obstacle;
    try {
      const aside = takeAway(obstacle);
      log.warn(aside === null ? `removed ${thing} from ${path}` : `moved ${thing} from ${path} to ${aside}`);
    } catch (error) {
      throw explainFileError(`What is in the way at ${path} cannot be taken away`, error);
    }
  }
};
