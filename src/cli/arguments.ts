import type { ManagerName } from '../model/process-model.js';
import type { Timeouts } from '../model/time-outs.js';
import { managerNames, parseManagerName } from '../backends/registry.js';
import { UsageError } from '../system/errors.js';
import { ownOptions } from './options.js';
import { fromEnvironment, wholeNumber } from './settings.js';

/** What yargs parsed of the activation options. */
export interface ActivationArguments {
  readonly enableAtBoot?: boolean | undefined;
  readonly jobs?: number | undefined;
  readonly startTimeout?: number | undefined;
  readonly stopTimeout?: number | undefined;
  readonly answerTimeout?: number | undefined;
  readonly oldProfile?: string | undefined;
  readonly waitForPorts?: boolean | undefined;
  readonly repair?: boolean | undefined;
  readonly keepGoing?: boolean | undefined;
}

/** How yargs calls an option besides: "no-out-link" → "noOutLink". */
const inCamelCase = (option: string): string =>
  option.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** Options that only some managers know, by the names that their backends use: a flag is "true" or not there. */
export const managerOptions = (args: ActivationArguments): Readonly<Record<string, string>> =>
  Object.fromEntries(
    ['enable-at-boot', ...Object.keys(ownOptions)].flatMap((option): [string, string][] => {
      const name = inCamelCase(option);
      const value = (args as Readonly<Record<string, unknown>>)[name];
      return typeof value === 'string' || value === true ? [[name, String(value)]] : [];
    }),
  );

/** What `managerOptions` was made from. */
export const argumentsOfManagerOptions = (
  options: Readonly<Record<string, string>>,
): Readonly<Record<string, string | boolean>> =>
  Object.fromEntries(Object.entries(options).map(([name, value]) => [name, value === 'true' ? true : value]));

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
      fix: `Choose one with -P: ${managerNames.join(', ')}`,
    });
  }
  return current;
};
