import type { BuiltProfile } from '../generations/built-profile.js';
import type { ProfileLocation } from '../generations/profile-location.js';
import { unitOf, type PlanStep } from '../plan/activation-plan.js';
import { isUp, planActivation, type ObservedUnit } from '../plan/plan-activation.js';
import { ActivationError, ExplainedError, exitCodes } from '../system/errors.js';
import type { Ports } from '../system/ports.js';
import { executePlan, type Execution, type StepFailure } from './execute-plan.js';
import type { PreparedActivation } from './prepare-activation.js';

export interface ActivationSettings {
  /** Whether a failed activation puts back what ran before. */
  readonly rollBack: boolean;
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
}

/** Every failure in one line each, for people. */
export const describeFailures = (failures: readonly StepFailure[]): string =>
  failures
    .map(({ step, detail }) => `${unitOf(step).instance} did not ${step.action}${detail === null ? '' : `: ${detail}`}`)
    .join('\n');

/** What a manager threw, with its reason. */
const inWords = (error: Error): string =>
  error instanceof ExplainedError && error.why !== undefined ? `${error.message}\n${error.why}` : error.message;

/** What the managers have been given after an execution that ended early, but for units that were stopped. */
const presentAfter = async (
  { present, target, sessions }: PreparedActivation,
  { attempted }: Execution,
): Promise<readonly ObservedUnit[]> => {
  const keyOf = (step: PlanStep): string => `${step.manager} ${unitOf(step).name}`;
  const touched = new Set(attempted.map(keyOf));
  const untouched = present.filter(({ manager, unit }) => !touched.has(`${manager} ${unit.name}`));
  const replaced = attempted.filter(({ action }) => action !== 'stop').map(unitOf);
  if (target === null || replaced.length === 0) return untouched;
  const observations = await sessions.of(target.manager).observe(replaced, 'state');
  return [
    ...untouched,
    ...replaced.map((unit) => ({
      manager: target.manager,
      unit,
      observation: observations.get(unit.instance) ?? {
        state: 'absent' as const,
        pid: null,
        since: null,
        detail: null,
      },
    })),
  ];
};

/**
 * Puts back what ran before: stops what was started, starts what was stopped, and restarts what was replaced.
 * What was down before stays down.
 */
const restore = async (prepared: PreparedActivation, execution: Execution, ports: Ports): Promise<Execution> => {
  const { current, present, target, sessions } = prepared;
  const wasUp = new Set(present.filter(isUp).map(({ unit }) => unit.name));
  const now = (await presentAfter(prepared, execution)).filter(
    (observed) => wasUp.has(observed.unit.name) || isUp(observed),
  );
  const plan = planActivation(
    now,
    current === null
      ? null
      : { manager: current.manager, units: current.profile.units.filter(({ name }) => wasUp.has(name)) },
  );
  const managers = new Set([...(target === null ? [] : [target.manager]), ...now.map(({ manager }) => manager)]);
  // A second signal must not leave the machine between two generations.
  const never = new AbortController().signal;
  return executePlan(plan, [...managers], current, sessions, never, ports.log);
};

/**
 * Makes the machine run a built profile.
 *
 * @param record makes it the current generation; called last, when everything runs
 * @returns whether anything had to be done to a process
 * @throws ExplainedError with exit code 6 (failed), 7 (failed and what ran before runs again) or 10 (interrupted)
 */
export const activate = async (
  location: ProfileLocation,
  next: BuiltProfile,
  prepared: PreparedActivation,
  { rollBack, signal }: ActivationSettings,
  record: () => Promise<void>,
  ports: Ports,
): Promise<void> => {
  const { plan, accounts, journal, leaving, target, sessions } = prepared;
  for (const note of [...plan.notes, ...plan.accounts.notes]) ports.log.info(`note: ${note}`);

  const failWith = async (execution: Execution, why: string, cause?: unknown): Promise<never> => {
    const options = cause === undefined ? {} : { cause };
    const what = execution.interrupted ? 'The switch was interrupted' : `The switch to ${next.path} failed`;
    if (!rollBack) {
      throw new ExplainedError(
        execution.interrupted ? exitCodes.interrupted : exitCodes.activationFailed,
        {
          what,
          why: `${why}\nWhat was done so far stays, and ${location.link} still points to the generation before`,
          fix: 'Look at the logs with: nix-processmgmt-ts logs NAME; then run switch again',
        },
        options,
      );
    }
    ports.log.warn(`${what}; putting back what ran before`);
    const restored = await restore(prepared, execution, ports);
    if (restored.failures.length > 0 || restored.error !== null) {
      throw new ActivationError(
        {
          what: `${what}, and what ran before could not be put back completely`,
          why: `${why}\nthen: ${restored.error === null ? describeFailures(restored.failures) : inWords(restored.error)}`,
          fix: 'See what runs with: nix-processmgmt-ts status',
        },
        options,
      );
    }
    await journal.end();
    await accounts.withdraw();
    throw new ExplainedError(
      execution.interrupted ? exitCodes.interrupted : exitCodes.rolledBack,
      { what: `${what}; what ran before runs again`, why, fix: 'Correct the model, then run switch again' },
      options,
    );
  };

  await journal.begin();
  await accounts.prepare();
  const execution = await executePlan(plan, leaving, target, sessions, signal, ports.log);
  if (execution.error !== null) await failWith(execution, inWords(execution.error), execution.error);
  if (execution.failures.length > 0) await failWith(execution, describeFailures(execution.failures));
  if (execution.interrupted) await failWith(execution, 'A signal asked it to stop');
  try {
    await record();
  } catch (cause) {
    await failWith(execution, cause instanceof Error ? cause.message : String(cause), cause);
  }
  await journal.end();
  await accounts.clean();
};
