import type { Observation } from '../backends/backend.js';
import type { BuiltProfile } from '../generations/built-profile.js';
import { arrive, type Arrival } from '../generations/arrival.js';
import type { ProfileLocation } from '../generations/profile-location.js';
import { unitOf } from '../plan/activation-plan.js';
import type { ManagerName } from '../model/process-model.js';
import { isUp, planActivation, type ObservedUnit } from '../plan/plan-activation.js';
import type { DeployedUnit } from '../profile/manifest.js';
import { ActivationError, ExplainedError, exitCodes } from '../system/errors.js';
import type { Ports } from '../system/ports.js';
import { describeFailures } from './describe-failures.js';
import { endedBy, executePlan, type Execution } from './execute-plan.js';
import type { JournalWriter } from './journal.js';
import { watchLeftovers, type LeftoverWatch } from './leftovers.js';
import type { PreparedActivation } from './prepare-activation.js';
import { createProcessWatch, type WatchSettings } from './process-watch.js';
import { whatToRestore } from './what-to-restore.js';

export interface ActivationSettings {
  /** "switch", "rollback" …, for the journal. */
  readonly command: string;
  /** Whether a failed activation puts back what ran before. */
  readonly rollBack: boolean;
  /** Whether what does not depend on a process that failed is done all the same; nothing is put back then. */
  readonly keepGoing: boolean;
  readonly watch: WatchSettings;
  /** Aborted by the first SIGINT or SIGTERM: ends the activation before its next step. */
  readonly signal: AbortSignal;
  /** Aborted by the second one: ends also what puts back what ran before. */
  readonly secondSignal: AbortSignal;
}

/** What an operator can do about a switch that did not finish. */
const waysOn = 'finish the switch with resume, undo it with abort, or run switch again';

const absent: Observation = { state: 'absent', pid: null, since: null, detail: null };

const leftoversOf = ({ current, target, sessions }: PreparedActivation, ports: Ports): LeftoverWatch =>
  watchLeftovers(
    [current, target].filter((side) => side !== null),
    sessions,
    ports,
  );

/** What a manager threw, with its reason. */
const inWords = (error: Error): string =>
  error instanceof ExplainedError && error.why !== undefined ? `${error.message}\n${error.why}` : error.message;

/** What failed, and what was left alone for that. */
const describeExecution = ({ failures, spared }: Execution): string => {
  const failed = new Set(failures.map(({ step }) => unitOf(step).instance));
  const dependents = [...new Set(spared.map((step) => unitOf(step).instance))].filter(
    (instance) => !failed.has(instance),
  );
  const words = describeFailures(failures);
  return dependents.length === 0 ? words : `${words}\nleft alone, since they depend on that: ${dependents.join(', ')}`;
};

/** Asks every manager that has some of these units about them, once. */
const observeAgain = async (
  units: readonly ObservedUnit[],
  { sessions }: PreparedActivation,
): Promise<readonly ObservedUnit[]> => {
  const managers = [...new Set(units.map(({ manager }) => manager))];
  const answers = await Promise.all(
    managers.map(async (manager) => {
      const own = units.filter((observed) => observed.manager === manager);
      const observations = await sessions.of(manager).observe(
        own.map(({ unit }) => unit),
        'state',
      );
      return own.map((observed) => ({
        ...observed,
        observation: observations.get(observed.unit.instance) ?? absent,
      }));
    }),
  );
  return answers.flat();
};

/** What runs after an execution that ended early, but for what was stopped. */
const presentAfter = async (
  prepared: PreparedActivation,
  { attempted }: Execution,
): Promise<readonly ObservedUnit[]> => {
  const keyOf = (manager: ManagerName, { name }: DeployedUnit): string => `${manager} ${name}`;
  const touched = new Set(attempted.map((step) => keyOf(step.manager, unitOf(step))));
  const untouched = prepared.present.filter(({ manager, unit }) => !touched.has(keyOf(manager, unit)));
  const replaced = attempted
    .filter(({ action }) => action !== 'stop')
    .map((step) => ({ manager: step.manager, unit: unitOf(step), observation: absent }));
  return [
    // Some managers stop dependents together with what they depend on.
    ...(await observeAgain(untouched.filter(isUp), prepared)).map(({ observation, ...rest }) => ({
      ...rest,
      observation: observation.state === 'stopped' ? ({ ...observation, state: 'failed' } as const) : observation,
    })),
    ...untouched.filter((observed) => !isUp(observed)),
    ...(await observeAgain(replaced, prepared)),
  ];
};

/**
 * Puts back what ran before: stops what was started, starts what was stopped, and restarts what was replaced (see
 * whatToRestore).
 */
const restore = async (
  prepared: PreparedActivation,
  execution: Execution,
  settings: WatchSettings,
  signal: AbortSignal,
  journal: JournalWriter,
  ports: Ports,
): Promise<Execution> => {
  const { current, target, leaving, sessions } = prepared;
  let seen: readonly ObservedUnit[];
  try {
    seen = await presentAfter(prepared, execution);
  } catch (error) {
    // What cannot be seen cannot be put back.
    if (error instanceof ExplainedError) return endedBy(error);
    throw error;
  }
  const { now, units, crashed } = whatToRestore(prepared, execution, seen);
  const managers = [...new Set([...(target === null ? [] : [target.manager]), ...leaving])];
  const plan = planActivation(
    now,
    current === null
      ? null
      : {
          manager: current.manager,
          units,
          isWanted: (unit) => !crashed.has(unit.name) || sessions.of(current.manager).isWanted?.(unit) !== false,
          restores: true,
          movesAtOnce: [current.manager, ...managers].some((manager) => sessions.of(manager).changesAtInstall === true),
        },
  );
  // What ran before has shown that it stays up.
  const watch = createProcessWatch(sessions, { ...settings, settle: 0 }, ports.run);
  const leftovers = leftoversOf(prepared, ports);
  return executePlan(plan, managers, current, {
    ...{ sessions, watch, leftovers, signal, journal },
    back: true,
    excuse: (step) => (crashed.has(unitOf(step).name) ? 'It did not run before the switch either' : null),
    log: ports.log,
  });
};

const activateWith = async (
  journal: JournalWriter,
  location: ProfileLocation,
  next: BuiltProfile,
  prepared: PreparedActivation,
  { rollBack, keepGoing, watch: watchSettings, signal, secondSignal }: ActivationSettings,
  arrival: Arrival,
  ports: Ports,
): Promise<void> => {
  const { plan, accounts, leaving, target, sessions } = prepared;
  const nobodyFailed: readonly string[] = [];

  const failWith = async (execution: Execution, why: string, cause?: unknown): Promise<never> => {
    const options = cause === undefined ? {} : { cause };
    const what = execution.interrupted ? 'The switch was interrupted' : `The switch to ${next.path} failed`;
    if (!rollBack || keepGoing) {
      throw new ExplainedError(
        execution.interrupted ? exitCodes.interrupted : exitCodes.activationFailed,
        {
          what,
          why: `${why}\nWhat was done so far stays, and ${location.link} still points to the generation before`,
          fix: `Look at the logs with: nix-processmgmt-ts logs NAME; then ${waysOn}`,
        },
        options,
      );
    }
    ports.log.warn(`${what}; putting back what ran before`);
    await accounts.putBack();
    const restored = await restore(prepared, execution, watchSettings, secondSignal, journal, ports);
    if (restored.interrupted) {
      throw new ExplainedError(
        exitCodes.interrupted,
        {
          what: `${what}, and putting back what ran before was interrupted, too`,
          why: `${why}\nWhat was done so far stays, and ${location.link} still points to the generation before`,
          fix: `See what runs with: nix-processmgmt-ts status; then ${waysOn}`,
        },
        options,
      );
    }
    if (restored.failures.length > 0 || restored.error !== null) {
      throw new ActivationError(
        {
          what: `${what}, and what ran before could not be put back completely`,
          why: `${why}\nthen: ${restored.error === null ? describeFailures(restored.failures) : inWords(restored.error)}`,
          fix: `See what runs with: nix-processmgmt-ts status; then ${waysOn}`,
        },
        options,
      );
    }
    await accounts.withdraw();
    await prepared.journal.end();
    throw new ExplainedError(
      execution.interrupted ? exitCodes.interrupted : exitCodes.rolledBack,
      {
        what: `${what}; what ran before runs again`,
        why,
        fix: execution.interrupted
          ? 'Run switch again when it may take its time'
          : 'Correct what is said above, in the model or on the machine, then run switch again',
      },
      options,
    );
  };

  try {
    await journal.during({ action: 'accounts' }, false, async () => {
      await accounts.prepare();
      return nobodyFailed;
    });
  } catch (error) {
    await accounts.putBack();
    await accounts.withdraw();
    // What an unfinished switch before this one has left is still there.
    if (prepared.unfinished === null) await prepared.journal.end();
    throw error;
  }
  const watch = createProcessWatch(sessions, watchSettings, ports.run);
  const execution = await executePlan(plan, leaving, target, {
    ...{ sessions, watch, signal, journal, keepGoing },
    leftovers: leftoversOf(prepared, ports),
    log: ports.log,
  });
  if (execution.error !== null) await failWith(execution, inWords(execution.error), execution.error);
  if (execution.failures.length > 0) await failWith(execution, describeExecution(execution));
  if (execution.interrupted) await failWith(execution, 'A signal asked it to stop');
  const progress = { hasArrived: false };
  try {
    await journal.during({ action: 'record' }, false, async () => {
      await arrive(location, next.path, arrival, ports);
      progress.hasArrived = true;
      return nobodyFailed;
    });
    await journal.during({ action: 'clean' }, false, async () => {
      await accounts.clean();
      return nobodyFailed;
    });
  } catch (cause) {
    const words = cause instanceof Error ? inWords(cause) : String(cause);
    if (!progress.hasArrived) await failWith(execution, words, cause);
    // All of it runs, and the profile says so: that does not become untrue for what is wrong afterwards.
    else ports.log.warn(words);
  }
  await prepared.journal.end();
};

/**
 * Makes the machine run a built profile.
 *
 * @param arrival how it becomes the current generation, when everything runs
 * @throws ExplainedError with exit code 6 (failed), 7 (failed and what ran before runs again) or 10 (interrupted)
 */
export const activate = async (
  location: ProfileLocation,
  next: BuiltProfile,
  prepared: PreparedActivation,
  settings: ActivationSettings,
  arrival: Arrival,
  ports: Ports,
): Promise<void> => {
  const { plan, unfinished, present } = prepared;
  for (const note of [...plan.notes, ...plan.accounts.notes]) ports.log.info(`note: ${note}`);
  const journal = await prepared.journal.begin({
    command: settings.command,
    to: next.path,
    arrival,
    present,
    unfinished,
  });
  try {
    await activateWith(journal, location, next, prepared, settings, arrival, ports);
  } finally {
    await journal.close();
  }
};
