import { resolve } from 'node:path';
import type { WatchSettings } from '../activate/process-watch.js';
import type { EvaluationSettings } from '../evaluate/evaluation-request.js';
import { UsageError } from '../system/errors.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** What yargs parsed of the state options. */
export type StateArguments = {
  readonly [Setting in keyof EvaluationSettings]?: EvaluationSettings[Setting] | undefined;
} & { readonly noForceDisableUserChange?: boolean | undefined };

const variables = {
  stateDir: 'NIXPROC_STATE_DIR',
  runtimeDir: 'NIXPROC_RUNTIME_DIR',
  logDir: 'NIXPROC_LOG_DIR',
  tmpDir: 'NIXPROC_TMP_DIR',
  cacheDir: 'NIXPROC_CACHE_DIR',
  spoolDir: 'NIXPROC_SPOOL_DIR',
  lockDir: 'NIXPROC_LOCK_DIR',
  libDir: 'NIXPROC_LIB_DIR',
} as const satisfies Partial<Record<keyof EvaluationSettings, string>>;

/** A variable that is set to nothing counts as not set. */
export const fromEnvironment = (env: Environment, name: string): string | undefined =>
  env[name] === '' ? undefined : env[name];

/** The value of a directory option that is said to be nobody's choice but the model's. */
const byDefault = 'default';

/** What was said of the state options. */
export interface SaidSettings {
  readonly settings: EvaluationSettings;
  /** Those of which nothing was said, neither a value nor that the default is wanted. */
  readonly unsaid: readonly (keyof EvaluationSettings)[];
}

/**
 * Collects the state options; a flag wins over its variable. Relative paths are resolved against the working directory.
 *
 * @throws UsageError for user changes that are disabled and not
 */
export const saidSettings = (args: StateArguments, env: Environment): SaidSettings => {
  const settings: Record<string, string | boolean> = {};
  const unsaid: (keyof EvaluationSettings)[] = [];
  for (const [key, variable] of Object.entries(variables) as [keyof typeof variables, string][]) {
    const value = args[key] ?? fromEnvironment(env, variable);
    if (value === undefined) unsaid.push(key);
    else if (value !== byDefault) settings[key] = resolve(value);
  }
  const { forceDisableUserChange, noForceDisableUserChange } = args;
  if (forceDisableUserChange === true && noForceDisableUserChange === true) {
    throw new UsageError({
      what: '--force-disable-user-change and --no-force-disable-user-change cannot be meant at once',
      fix: 'Choose one of them',
    });
  }
  const variable = fromEnvironment(env, 'NIXPROC_FORCE_DISABLE_USER_CHANGE');
  const isSaid = forceDisableUserChange === true || noForceDisableUserChange === true;
  const isDisabled = isSaid ? forceDisableUserChange === true : variable === '1';
  if (isDisabled) settings['forceDisableUserChange'] = true;
  else if (!isSaid && variable === undefined) unsaid.push('forceDisableUserChange');
  return { settings, unsaid };
};

/** The state options that were given; see saidSettings. */
export const stateSettings = (args: StateArguments, env: Environment): EvaluationSettings =>
  saidSettings(args, env).settings;

/** How an option is spelled on the command line: "stateDir" → "--state-dir". */
export const flagOf = (option: string): string =>
  `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** @throws UsageError when the command line names no model and NIXPROC_PROCESSES is not set */
export const modelPath = (model: string | undefined, env: Environment): string => {
  const path = model ?? fromEnvironment(env, 'NIXPROC_PROCESSES');
  if (path === undefined) {
    throw new UsageError({
      what: 'No model was given',
      fix: 'Name a processes.nix on the command line, or set NIXPROC_PROCESSES to one',
    });
  }
  return resolve(path);
};

/**
 * @param name of the option or variable, for the error
 * @throws UsageError when the value is not a whole number of at least `least`
 */
export const wholeNumber = (value: number | undefined, name: string, least: number): number => {
  if (value !== undefined && Number.isInteger(value) && value >= least) return value;
  throw new UsageError({ what: `${name} must be a whole number of at least ${String(least)}` });
};

/** Options whose value may be empty: a message of no words is no message. */
const mayBeEmpty: readonly string[] = ['message', 'm'];

/**
 * Refuses an empty value of an option or argument: mostly a variable of a script that is not set, whose place
 * the working directory must not take.
 *
 * @param parsed what yargs made of the command line
 * @throws UsageError naming the option
 */
export const refuseEmptyValues = (parsed: Readonly<Record<string, unknown>>): void => {
  const empty = Object.keys(parsed).find(
    (name) => parsed[name] === '' && name.length > 1 && !mayBeEmpty.includes(name) && name === name.toLowerCase(),
  );
  if (empty === undefined) return;
  throw new UsageError({
    what: `The value of "${empty}" on the command line is empty`,
    fix: 'Leave it out, or give it a value; a variable that should hold it may not be set',
  });
};

/** How long what was started has to stay up, in seconds. */
const defaultSettle = 2;

/**
 * What --settle, NIXPROC_SETTLE and --wait-for-ports say about processes that are started.
 *
 * @throws UsageError when the time is no number of seconds
 */
export const watchSettings = (
  args: { readonly settle?: number | undefined; readonly waitForPorts?: boolean | undefined },
  env: Environment,
): WatchSettings => {
  const variable = fromEnvironment(env, 'NIXPROC_SETTLE');
  const settle = args.settle ?? (variable === undefined ? defaultSettle : Number(variable));
  if (!(settle >= 0 && settle <= 3600)) {
    throw new UsageError({
      what: `${args.settle === undefined ? 'NIXPROC_SETTLE' : '--settle'} must be a number of seconds from 0 to 3600`,
    });
  }
  return { settle, waitForPorts: args.waitForPorts ?? false };
};
