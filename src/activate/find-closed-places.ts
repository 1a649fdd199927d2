import { accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';
import type { ManagerSession } from '../backends/backend.js';
import type { Conflict } from '../plan/conflict.js';
import { pidFileOf } from '../plan/model-conflicts.js';
import type { DeployedUnit } from '../profile/manifest.js';
import { errnoOf } from '../state/file-errors.js';

/** Whether a file lies, or would lie, in a file system that is mounted read-only. */
const isClosed = (path: string, access: typeof accessSync): boolean => {
  try {
    access(path, constants.W_OK);
    return false;
  } catch (error) {
    const code = errnoOf(error);
    // What is not there has to be made in the directory above.
    return code === 'EROFS' || (code === 'ENOENT' && dirname(path) !== path && isClosed(dirname(path), access));
  }
};

/**
 * Looks, before anything is stopped, whether what units write when they start can be written: nothing can where a file system
 * has become read-only, and they would not start again. Opens nothing. Whether there is room is not asked, since a file that
 * stays empty keeps nobody from starting.
 *
 * @param units that are going to be started
 * @param access tells by an exception that a file cannot be written. Default: that of Node.js
 * @returns an error for each that would not start
 */
export const findClosedPlaces = (
  units: readonly DeployedUnit[],
  { writtenAtStart = () => [] }: Pick<ManagerSession, 'writtenAtStart'>,
  access = accessSync,
): readonly Conflict[] =>
  units.flatMap((unit): readonly Conflict[] => {
    // What the scripts of others do is not known.
    if (unit.isLaidOut === true) return [];
    const pidFile = pidFileOf(unit) ?? unit.pidFile ?? null;
    const closed = [...(pidFile === null ? [] : [pidFile]), ...writtenAtStart(unit)].find((path) =>
      isClosed(path, access),
    );
    if (closed === undefined) return [];
    return [
      {
        severity: 'error',
        kind: 'file',
        instances: [unit.instance],
        what: `"${unit.instance}" would not start: ${closed} cannot be written`,
        why: 'Its file system is mounted read-only',
        fix: 'Mount it writable; what runs goes on meanwhile, and can be stopped',
      },
    ];
  });
