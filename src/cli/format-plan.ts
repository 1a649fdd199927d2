import { subjectOf, type CredentialStep } from '../credentials/plan-credentials.js';
import type { BuiltProfile } from '../generations/built-profile.js';
import { unitOf, type ActivationPlan, type StepAction } from '../plan/activation-plan.js';
import type { Json } from '../system/json.js';
import { countOf, paint, type Colour } from './terminal.js';

const colours: Readonly<Record<StepAction, Colour>> = {
  stop: 'red',
  start: 'green',
  restart: 'yellow',
  reload: 'yellow',
};

/** "create-user" → "create". */
const verbOf = ({ kind }: CredentialStep): string => kind.split('-')[0] ?? kind;

const accountsAsJson = (steps: readonly CredentialStep[]): Json =>
  steps.map((step) => ({ action: step.kind, subject: subjectOf(step), reason: step.reason }));

/** The plan for people: one line per step, in the order of execution, with its reasons below. */
export const formatPlan = (
  { stages, unchanged, notes, accounts }: ActivationPlan,
  next: BuiltProfile,
  colour: boolean,
): string => {
  const steps = stages.flatMap((stage) => stage.steps);
  const accountLines = (some: readonly CredentialStep[]): readonly string[] =>
    some.map((step) => `${paint(verbOf(step).padEnd(7), 'yellow', colour)} ${subjectOf(step)}: ${step.reason}`);
  const lines = steps.flatMap((step) => [
    `${paint(step.action.padEnd(7), colours[step.action], colour)} ${unitOf(step).instance} (${step.manager})`,
    ...step.reasons.map((reason) => `          ${reason}`),
  ]);
  const summary =
    steps.length === 0
      ? 'Nothing to do: no process would be touched.'
      : `${countOf(steps.length, 'step', 'steps')}; ${countOf(unchanged.length, 'process stays', 'processes stay')} untouched.`;
  return [
    ...accountLines(accounts.preparations),
    ...lines,
    ...accountLines(accounts.removals),
    ...[...notes, ...accounts.notes].map((note) => `note: ${note}`),
    summary,
    `Profile: ${next.path}`,
    '',
  ].join('\n');
};

/** The plan for programs. */
export const planAsJson = ({ stages, unchanged, notes, accounts }: ActivationPlan, next: BuiltProfile): Json => ({
  formatVersion: 1,
  profile: next.path,
  manager: next.manifest.manager,
  steps: stages.flatMap((stage, index) =>
    stage.steps.map((step) => ({
      stage: index,
      action: step.action,
      instance: unitOf(step).instance,
      name: unitOf(step).name,
      manager: step.manager,
      level: step.level,
      reasons: step.reasons,
    })),
  ),
  accounts: {
    before: accountsAsJson(accounts.preparations),
    after: accountsAsJson(accounts.removals),
  },
  unchanged,
  notes: [...notes, ...accounts.notes],
});
