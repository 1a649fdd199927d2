import { describeFailures } from '../activate/describe-failures.js';
import type { StepFailure } from '../activate/process-watch.js';
import { unitOf, type PlanStep, type StepAction } from '../plan/activation-plan.js';
import { ExplainedError, exitCodes } from '../system/errors.js';

const namesOf = (steps: readonly PlanStep[]): string => steps.map((step) => unitOf(step).instance).join(', ');

/** What to tell of a command for single processes that a signal ended (exit code 10). Pure. */
export const interruptionOf = (
  action: StepAction,
  steps: readonly PlanStep[],
  attempted: readonly PlanStep[],
  failures: readonly StepFailure[],
): ExplainedError => {
  const bad = new Set(failures.map(({ step }) => step));
  const done = attempted.filter((step) => !bad.has(step));
  const left = steps.filter((step) => !attempted.includes(step));
  return new ExplainedError(exitCodes.interrupted, {
    what: `A signal ended the ${action}`,
    why: [
      ...(done.length === 0 ? [] : [`Done before: ${namesOf(done)}`]),
      ...(failures.length === 0 ? [] : [describeFailures(failures)]),
      ...(left.length === 0 ? [] : [`Left as they were: ${namesOf(left)}`]),
    ].join('\n'),
    fix: `See what runs with: nix-processmgmt-ts status. To ${action} the rest, give the command again`,
  });
};
