import type { UnitChange } from '../backends/backend.js';
import type { CredentialPlan } from '../credentials/plan-credentials.js';
import type { InstanceName, ManagerName } from '../model/process-model.js';
import type { DeployedUnit } from '../profile/manifest.js';

/** What a step does to one process, and why. */
export type PlanStep = {
  readonly manager: ManagerName;
  readonly level: number;
  readonly reasons: readonly string[];
  /** Names of the properties whose change is the reason. Default: the reason is another one. */
  readonly changed?: readonly string[];
} & (
  | { readonly action: 'stop' | 'start' | 'reload'; readonly unit: DeployedUnit }
  | ({ readonly action: 'restart' } & UnitChange)
);
export type StepAction = PlanStep['action'];

/** Steps of one action, manager and level: they are independent of each other and run at the same time. */
export interface PlanStage {
  readonly action: StepAction;
  readonly manager: ManagerName;
  readonly level: number;
  readonly steps: readonly PlanStep[];
}

/** What will be done to processes. */
export interface ProcessPlan {
  /** In the order of execution; see orderSteps. */
  readonly stages: readonly PlanStage[];
  /** How many of the stages come before the manager gets to know its new units. */
  readonly stagesBeforeInstall: number;
  /** Instances that keep running untouched. */
  readonly unchanged: readonly InstanceName[];
  /** What the user should know although nothing is done about it, a sentence each. */
  readonly notes: readonly string[];
}

/** What activation will do, as data: `plan` prints it and `switch` executes it. */
export interface ActivationPlan extends ProcessPlan {
  /** What will be done to users and groups, before the first start and after everything else. */
  readonly accounts: CredentialPlan;
  /** True when files have to be put back although that touches no process; the notes tell which. Default: false. */
  readonly putsBack?: boolean;
}

export const unitOf = (step: PlanStep): DeployedUnit => (step.action === 'restart' ? step.after : step.unit);

/** Groups steps into stages, keeping the order in which their levels and actions first occur. */
export const stagesOf = (steps: readonly PlanStep[]): readonly PlanStage[] => {
  const stages = new Map<string, PlanStep[]>();
  for (const step of steps) {
    const key = `${step.action} ${step.manager} ${String(step.level)}`;
    const stage = stages.get(key);
    if (stage === undefined) stages.set(key, [step]);
    else stage.push(step);
  }
  return [...stages.values()].flatMap((some) => {
    const [first] = some;
    return first === undefined
      ? []
      : [{ action: first.action, manager: first.manager, level: first.level, steps: some }];
  });
};
