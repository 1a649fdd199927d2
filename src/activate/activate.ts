import type { Observation } from '../backends/backend.js';
import { updateProfile, type ProfileUpdate } from '../generations/profile-update.js';
import { unitOf } from '../plan/activation-plan.js';
import type { ManagerName } from '../model/process-model.js';
import { isUp, planActivation, type ObservedUnit } from '../plan/plan-activation.js';
import type { DeployedUnit } from '../profile/manifest.js';
import { ActivationError, ExplainedError, exitCodes } from '../system/errors.js';
import type { Activation } from './activation.js';
import { describeFailures } from './describe-failures.js';
import { endedBy, executeTasks, type Execution } from './execute-tasks.js';
import { tasksOf } from './execution-tasks.js';
import type { JournalWriter } from './journal.js';
import { watchLeftovers, type LeftoverWatch } from './leftovers.js';
import { movesAtOnce } from './moves-at-once.js';
import { createProcessWatch, tellOf, type WatchSettings } from './process-watch.js';
import { whatToRestore } from './what-to-restore.js';

export interface ActivationSettings {
  /** "switch", "rollback" …, for the journal. */
  readonly command: string;
  /** How it becomes the current generation, when everything runs. */
  readonly profileUpdate: ProfileUpdate;
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

const leftoversOf = (
  { current, target, sessions, ports }: Activation,
  present: readonly ObservedUnit[] = [],
): LeftoverWatch =>
  watchLeftovers(
    [current, target].filter((side) => side !== null),
    sessions,
    ports,
    present,
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
  { sessions }: Activation,
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
const presentAfter = async (activation: Activation, { attempted }: Execution): Promise<readonly ObservedUnit[]> => {
  const keyOf = (manager: ManagerName, { name }: DeployedUnit): string => `${manager} ${name}`;
  const touched = new Set(attempted.map((step) => keyOf(step.manager, unitOf(step))));
  const untouched = activation.present.filter(({ manager, unit }) => !touched.has(keyOf(manager, unit)));
  const replaced = attempted
    .filter(({ action }) => action !== 'stop')
    .map((step) => ({ manager: step.manager, unit: unitOf(step), observation: absent }));
  return [
    // Some managers stop dependents together with what they depend on.
    ...(await observeAgain(untouched.filter(isUp), activation)).map(({ observation, ...rest }) => ({
      ...rest,
      observation: observation.state === 'stopped' ? ({ ...observation, state: 'failed' } as const) : observation,
    })),
    ...untouched.filter((observed) => !isUp(observed)),
    ...(await observeAgain(replaced, activation)),
  ];
};

/**
 * Puts back what ran before: stops what was started, starts what was stopped, and restarts what was replaced (see
 * whatToRestore).
 */
const restore = async (
  activation: Activation,
  execution: Execution,
  { watch: watchSettings, secondSignal }: ActivationSettings,
  journal: JournalWriter,
): Promise<Execution> => {
  const { current, target, leaving, sessions, ports } = activation;
  let seen: readonly ObservedUnit[];
  try {
    seen = await presentAfter(activation, execution);
  } catch (error) {
    // What cannot be seen cannot be put back.
    if (error instanceof ExplainedError) return endedBy(error);
    throw error;
  }
  const { now, units, crashed } = whatToRestore(activation, execution, seen);
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
          movesAtOnce: movesAtOnce([current.manager, ...managers], sessions),
        },
  );
  // What ran before has shown that it stays up.
  const watch = createProcessWatch(sessions, { ...watchSettings, settle: 0 }, ports.run, tellOf(ports));
  const { waitForPorts } = watch;
  return executeTasks(tasksOf(plan, managers, current, sessions, { waitForPorts }), {
    ...{ sessions, watch, journal },
    leftovers: leftoversOf(activation),
    signal: secondSignal,
    back: true,
    excuse: (step) => (crashed.has(unitOf(step).name) ? 'It did not run before the switch either' : null),
    log: ports.log,
  });
};

/**
 * What becomes of a switch that failed: what ran before is put back, unless the user said otherwise.
 *
 * @param why in words
 * @throws ExplainedError always
 */
const failWith = async (
  activation: Activation,
  execution: Execution,
  settings: ActivationSettings,
  journal: JournalWriter,
  { why, cause }: { readonly why: string; readonly cause?: unknown },
): Promise<never> => {
  const { location, next, accounts, ports } = activation;
  const options = cause === undefined ? {} : { cause };
  const what = execution.interrupted ? 'The switch was interrupted' : `The switch to ${next.path} failed`;
  const staysAsIs = `What was done so far stays, and ${location.link} still points to the generation before`;
  if (!settings.rollBack || settings.keepGoing) {
    throw new ExplainedError(
      execution.interrupted ? exitCodes.interrupted : exitCodes.activationFailed,
      {
        what,
        why: `${why}\n${staysAsIs}`,
        fix: `Look at the logs with: nix-processmgmt-ts logs NAME; then ${waysOn}`,
      },
      options,
    );
  }
  ports.log.warn(`${what}; putting back what ran before`);
  await accounts.putBack();
  const restored = await restore(activation, execution, settings, journal);
  const seeWhatRuns = `See what runs with: nix-processmgmt-ts status; then ${waysOn}`;
  if (restored.interrupted) {
    throw new ExplainedError(
      exitCodes.interrupted,
      {
        what: `${what}, and putting back what ran before was interrupted, too`,
        why: `${why}\n${staysAsIs}`,
        fix: seeWhatRuns,
      },
      options,
    );
  }
  if (restored.failures.length > 0 || restored.error !== null) {
    throw new ActivationError(
      {
        what: `${what}, and what ran before could not be put back completely`,
        why: `${why}\nthen: ${restored.error === null ? describeFailures(restored.failures) : inWords(restored.error)}`,
        fix: seeWhatRuns,
      },
      options,
    );
  }
  await accounts.withdraw();
  await activation.journal.end();
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

const nobodyFailed: readonly string[] = [];

/** Makes the users and groups; a failure leaves them as they were. */
const makeAccounts = async (
  { accounts, unfinished, journal: { end } }: Activation,
  journal: JournalWriter,
): Promise<void> => {
  try {
    await journal.during({ action: 'accounts' }, false, async () => {
      await accounts.prepare();
      return nobodyFailed;
    });
  } catch (error) {
    await accounts.putBack();
    await accounts.withdraw();
    // What an unfinished switch before this one has left is still there.
    if (unfinished === null) await end();
    throw error;
  }
};

const activateWith = async (
  activation: Activation,
  settings: ActivationSettings,
  journal: JournalWriter,
): Promise<void> => {
  const { location, next, tasks, target, accounts, sessions, ports } = activation;
  const { watch, signal, keepGoing, profileUpdate } = settings;
  await makeAccounts(activation, journal);
  const execution = await executeTasks(tasks, {
    ...{ sessions, signal, journal },
    watch: createProcessWatch(sessions, watch, ports.run, tellOf(ports)),
    keepGoingWith: keepGoing ? (target?.profile.units ?? []) : undefined,
    leftovers: leftoversOf(activation, activation.present),
    log: ports.log,
  });
  const fail = (why: string, cause?: unknown): Promise<never> =>
    failWith(activation, execution, settings, journal, { why, cause });
  if (execution.error !== null) await fail(inWords(execution.error), execution.error);
  if (execution.failures.length > 0) await fail(describeExecution(execution));
  if (execution.interrupted) await fail('A signal asked it to stop');
  const progress = { isRecorded: false };
  try {
    await journal.during({ action: 'record' }, false, async () => {
      await updateProfile(location, next.path, profileUpdate, ports);
      progress.isRecorded = true;
      return nobodyFailed;
    });
    await journal.during({ action: 'clean' }, false, async () => {
      await accounts.clean();
      return nobodyFailed;
    });
  } catch (cause) {
    const words = cause instanceof Error ? inWords(cause) : String(cause);
    if (!progress.isRecorded) await fail(words, cause);
    // All of it runs, and the profile says so: that does not become untrue for what is wrong afterwards.
    else ports.log.warn(words);
  }
  await activation.journal.end();
};

/**
 * Makes the machine run what was decided on.
 *
 * @throws ExplainedError with exit code 6 (failed), 7 (failed and what ran before runs again) or 10 (interrupted)
 */
export const activate = async (activation: Activation, settings: ActivationSettings): Promise<void> => {
  const { plan, next, unfinished, present, ports } = activation;
  for (const note of [...plan.notes, ...plan.accounts.notes]) ports.log.info(`note: ${note}`);
  const { command, profileUpdate } = settings;
  const journal = await activation.journal.begin({ command, to: next.path, profileUpdate, present, unfinished });
  try {
    await activateWith(activation, settings, journal);
  } finally {
    await journal.close();
  }
};
