import type { ManagerName } from '../model/process-model.js';
import type { Sessions } from './sessions.js';

/**
 * Whether a move stops everything before it starts anything, rather than level by level: for managers that start and stop by
 * themselves when they get to know their units, and for those that stop nothing whose dependents run.
 */
export const movesAtOnce = (managers: readonly ManagerName[], sessions: Sessions): boolean =>
  managers.some((manager) => {
    const { changesAtInstall, keepsDependencies } = sessions.of(manager);
    return changesAtInstall === true || keepsDependencies === true;
  });
