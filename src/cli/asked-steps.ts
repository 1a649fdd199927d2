import type { ManagerName } from '../model/process-model.js';
import type { PlanStep, StepAction } from '../plan/activation-plan.js';
import type { DeployedUnit } from '../profile/manifest.js';

/** The steps that do to units what somebody has asked for, in their order. Pure. */
export const askedSteps = (
  action: StepAction,
  manager: ManagerName,
  units: readonly DeployedUnit[],
): readonly PlanStep[] =>
  units.map((unit): PlanStep => {
    const common = { manager, level: unit.level, reasons: ['you asked for it'] };
    return action === 'restart' ? { ...common, action, before: unit, after: unit } : { ...common, action, unit };
  });
