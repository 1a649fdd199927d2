import type { BootStep } from '../boot/plan-boot.js';
import { subjectOf, type CredentialStep } from '../credentials/plan-credentials.js';
import type { ManagerName } from '../model/process-model.js';
import type { StateStep } from '../state/state-directories.js';
import { maskSecrets } from '../system/secrets.js';
import { unreachable } from '../system/errors.js';
import { unitOf, type ActivationPlan, type PlanStage } from './activation-plan.js';
import type { ClosureDifference } from './closure-difference.js';
import type { Conflict } from './conflict.js';
import type { ObservedUnit } from './plan-activation.js';
import { planFormatVersion, type DocumentedStep, type PlanDocument } from './plan-document.js';

/** One thing that a switch does to a manager or its processes; what is done when everything runs leaves no trace. */
export type PlannedTask =
  | { readonly kind: 'processes'; readonly stage: PlanStage }
  | { readonly kind: 'install' | 'finish'; readonly to: { readonly manager: ManagerName } }
  | { readonly kind: 'leave'; readonly manager: ManagerName };

/** What is going to be done, before it is put into words. */
export interface PlannedChanges {
  readonly plan: ActivationPlan;
  /** What carries out the plan's stages, in order. */
  readonly tasks: readonly PlannedTask[];
  /** State directories that are missing. */
  readonly directories: readonly StateStep[];
  /** The profile in the store that is deployed afterwards. */
  readonly next: { readonly path: string };
  /** Where the profile's link points to now; null when there is no such link. */
  readonly recorded: string | null;
  /**
   * What a switch before has left that did not finish; null for nothing. Then there is something to do even when every
   * process is as it should be.
   */
  readonly unfinished: object | string | null;
  /** What changes of what the machine starts when it boots; null for nothing. */
  readonly boot: BootStep | null;
}

/** A plan, and everything that it was made from. */
export interface PlanFacts extends PlannedChanges {
  /** The profile's link. */
  readonly link: string;
  /** What the next profile was built of; null when that is not known. */
  readonly model: PlanDocument['model'];
  /** The manager that it was built for; null when nothing tells, since nothing runs in it. */
  readonly manager: ManagerName | null;
  readonly options: {
    readonly oldProfile: string | null;
    readonly manager: Readonly<Record<string, string>>;
    readonly repair: boolean;
    readonly waitForPorts: boolean;
    readonly keepGoing: boolean;
  };
  /** What runs now, by what the user or the profile's link says. */
  readonly current: { readonly path: string; readonly manager: ManagerName | null } | null;
  readonly generation: number | null;
  /** The store path of the profile that an unfinished switch was going to. */
  readonly unfinished: string | null;
  readonly present: readonly ObservedUnit[];
  readonly conflicts: readonly Conflict[];
  readonly closure: ClosureDifference;
}

/** Whether a switch would find nothing to do. */
export const isIdle = ({ plan, directories, next, recorded, unfinished, boot }: PlannedChanges): boolean =>
  next.path === recorded &&
  unfinished === null &&
  boot === null &&
  plan.stages.length === 0 &&
  plan.putsBack !== true &&
  directories.length === 0 &&
  plan.accounts.preparations.length === 0 &&
  plan.accounts.removals.length === 0;

/** A step before all of them are known. */
type Unnumbered<Step> = Step extends unknown ? Omit<Step, 'number' | 'stage'> : never;

const directoryStep = (step: StateStep): Unnumbered<DocumentedStep> => ({
  kind: 'directory',
  action: step.kind,
  path: step.path,
  reasons: [step.kind === 'set-mode' ? 'other users cannot use it as it is' : 'it does not exist'],
});

const accountStep = (step: CredentialStep): Unnumbered<DocumentedStep> => ({
  kind: 'account',
  action: step.kind,
  subject: subjectOf(step),
  reasons: [step.reason],
});

const processSteps = ({ steps }: PlanStage): readonly Unnumbered<DocumentedStep>[] =>
  steps.map((step) => {
    const { action, manager, level, reasons } = step;
    const { instance, name } = unitOf(step);
    return { kind: 'process', action, instance, name, manager, level, reasons: [...reasons] };
  });

/** The steps of one stage. */
const taskSteps = (task: PlannedTask, { next, recorded }: PlannedChanges): readonly Unnumbered<DocumentedStep>[] => {
  switch (task.kind) {
    case 'processes':
      return processSteps(task.stage);
    case 'install': {
      const reasons = [
        next.path === recorded ? 'it is made sure that it knows the profile' : 'it learns of the new profile',
      ];
      return [{ kind: 'manager', action: 'install', manager: task.to.manager, reasons }];
    }
    case 'leave': {
      const reasons = ['nothing of the profile is left there'];
      return [{ kind: 'manager', action: 'release', manager: task.manager, reasons }];
    }
    case 'finish':
      return [];
    default:
      return unreachable(task);
  }
};

/** Everything that a switch does, in the order in which it does it; none when there is nothing to do. */
export const documentedSteps = (changes: PlannedChanges): readonly DocumentedStep[] => {
  if (isIdle(changes)) return [];
  const { plan, tasks, directories, next, recorded, boot } = changes;
  const stages: readonly (readonly Unnumbered<DocumentedStep>[])[] = [
    ...directories.map((step) => [directoryStep(step)]),
    ...plan.accounts.preparations.map((step) => [accountStep(step)]),
    ...tasks.map((task) => taskSteps(task, changes)),
    next.path === recorded
      ? []
      : [{ kind: 'profile', action: 'record', path: next.path, reasons: ['it is what runs then'] }],
    ...plan.accounts.removals.map((step) => [accountStep(step)]),
    boot === null ? [] : [{ kind: 'boot', action: boot.action, path: boot.place, reasons: [...boot.reasons] }],
  ];
  return stages
    .filter((steps) => steps.length > 0)
    .flatMap((steps, stage) => steps.map((step) => ({ ...step, stage })))
    .map((step, index) => ({ ...step, number: index + 1 }));
};

/** The plan as data; see docs/plan-format.md. */
export const documentPlan = (facts: PlanFacts): PlanDocument => ({
  formatVersion: planFormatVersion,
  profile: { link: facts.link, path: facts.next.path },
  manager: facts.manager,
  model: facts.model,
  options: { ...facts.options, manager: { ...facts.options.manager } },
  basis: {
    current: facts.current,
    generation: facts.generation,
    unfinished: facts.unfinished,
    states: facts.present.map(({ manager, unit: { instance, name }, observation: { state } }) => ({
      ...{ instance, name, manager, state },
    })),
  },
  steps: [...documentedSteps(facts)],
  unchanged: [...facts.plan.unchanged],
  // Commands of other processes, and words of managers, may be in them.
  conflicts: facts.conflicts.map(({ instances, what, why, ...conflict }) => ({
    ...conflict,
    instances: [...instances],
    what: maskSecrets(what),
    why: maskSecrets(why),
  })),
  notes: [...facts.plan.notes, ...facts.plan.accounts.notes].map(maskSecrets),
  closure: {
    ...facts.closure,
    packages: facts.closure.packages.map((change) => ({
      ...change,
      before: [...change.before],
      after: [...change.after],
    })),
    files: { ...facts.closure.files },
  },
});
