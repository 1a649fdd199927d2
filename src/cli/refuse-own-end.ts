import { refuseConflicts } from '../activate/find-conflicts.js';
import { findOwnEnd } from '../activate/find-own-end.js';
import type { Sessions } from '../activate/sessions.js';
import { stagesOf, type PlanStep } from '../plan/activation-plan.js';
import type { CommandContext } from './command.js';

/**
 * Looks, before these steps are taken, whether one of them would end this command.
 *
 * @throws ModelError that names the instances that the command belongs to
 */
export const refuseOwnEnd = async (
  steps: readonly PlanStep[],
  sessions: Sessions,
  context: Pick<CommandContext, 'run'>,
): Promise<void> => {
  refuseConflicts(await findOwnEnd({ stages: stagesOf(steps) }, sessions, context), false);
};
