import type { ManagerName } from '../model/process-model.js';
import type { Timeouts } from '../model/time-outs.js';
import { parseManagerName } from '../backends/registry.js';
import { UsageError } from '../system/errors.js';
import { fromEnvironment, wholeNumber } from './settings.js';

/** What yargs parsed of the activation options. */
export interface ActivationArguments {
  readonly runlevel?: string | undefined;
  readonly enableAtBoot?: boolean | undefined;
  readonly user?: boolean | undefined;
  readonly engine?: string | undefined;
  readonly jobs?: number | undefined;
  readonly startTimeout?: number | undefined;
  readonly stopTimeout?: number | undefined;
  readonly answerTimeout?: number | undefined;
  readonly oldProfile?: string | undefined;
  readonly waitForPorts?: boolean | undefined;
  readonly repair?: boolean | undefined;
  readonly keepGoing?: boolean | undefined;
}

/** Options that only some managers know, by the names that their backends use. */
export const managerOptions = ({
  runlevel,
  enableAtBoot,
  user,
  engine,
}: ActivationArguments): Readonly<Record<string, string>> => ({
  ...(runlevel === undefined ? {} : { runlevel }),
  ...(enableAtBoot === true ? { enableAtBoot: 'true' } : {}),
  ...(user === true ? { user: 'true' } : {}),
  ...(engine === undefined ? {} : { engine }),
});

/** Seconds; null where the user says nothing. */
export const timeoutsOf = ({ startTimeout, stopTimeout }: ActivationArguments): Timeouts => ({
  start: startTimeout ?? null,
  stop: stopTimeout ?? null,
});

/** Seconds that a manager has to answer; null where the user says nothing. @throws UsageError when the variable is wrong */
export const answerTimeoutOf = (
  { answerTimeout }: ActivationArguments,
  env: Readonly<Record<string, string | undefined>>,
): number | null => {
  const variable = fromEnvironment(env, 'NIXPROC_ANSWER_TIMEOUT');
  if (answerTimeout !== undefined || variable === undefined) return answerTimeout ?? null;
  return wholeNumber(Number(variable), 'NIXPROC_ANSWER_TIMEOUT', 1);
};

export const jobsOf = ({ jobs = 8 }: ActivationArguments): number => jobs;

/**
 * @param current the manager of the current generation, if there is one
 * @throws UsageError when neither says which manager
 */
export const chosenManager = (given: string | undefined, current: ManagerName | null): ManagerName => {
  if (given !== undefined) return parseManagerName(given);
  if (current === null) {
    throw new UsageError({
      what: 'No process manager was chosen',
      why: 'There is no current generation whose manager could be meant',
      fix: 'Choose one with -P, for example: -P sysvinit',
    });
  }
  return current;
};
