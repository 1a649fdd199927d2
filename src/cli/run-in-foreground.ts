import { once } from 'node:events';
import { describeFailures } from '../activate/describe-failures.js';
import { executeTasks } from '../activate/execute-tasks.js';
import { tasksOf } from '../activate/execution-tasks.js';
import { watchLeftovers } from '../activate/leftovers.js';
import { createProcessWatch, tellOf } from '../activate/process-watch.js';
import { noJournal } from '../activate/journal.js';
import { prepareAccounts } from '../activate/prepare-accounts.js';
import { readCurrentProfile } from '../activate/current-profile.js';
import { describeUnfinished, readUnfinishedSwitch } from '../activate/unfinished-switch.js';
import { readBuiltProfile } from '../generations/built-profile.js';
import type { ProfileLocation } from '../generations/profile-location.js';
import { planActivation } from '../plan/plan-activation.js';
import { createStateDirectories } from '../state/state-directories.js';
import { ActivationError, UsageError } from '../system/errors.js';
import type { CommandContext } from './command.js';
import { countOf } from './terminal.js';
import { connectTo, observe, requireDeployment, type CurrentDeployment } from './current-deployment.js';
import { watchSettings } from './settings.js';
import { sparedByTerminal, withStopSignals } from './stop-signals.js';
import { buildFromArguments, type BuildArguments } from './build-from-arguments.js';
import { deploy, deploymentOrigin, type DeployArguments } from './deployment.js';
import { withLock } from './with-lock.js';

/** What runs in the foreground, and what has to be done when it has ended. */
interface ForegroundDeployment {
  readonly deployment: CurrentDeployment;
  readonly end: () => Promise<void>;
}

/**
 * Puts right what a switch has left that did not finish: what the current generation has runs again, by its definition, and
 * nothing else does.
 *
 * @throws UsageError when there is no such generation, or when another model is to run beside what was left
 */
const putRight = async (
  args: DeployArguments & BuildArguments,
  location: ProfileLocation,
  context: CommandContext,
): Promise<void> => {
  const unfinished = await readUnfinishedSwitch(location, context);
  if (unfinished === null) return;
  const current = await readBuiltProfile(location.link);
  if (args.model !== undefined || current === null || current.manifest.units.length === 0) {
    throw new UsageError({
      what: `A switch of the profile ${location.link} was interrupted`,
      why: describeUnfinished(unfinished),
      fix: 'Finish it with resume, or undo it with abort; then run again',
    });
  }
  await deploy(
    { location, next: current, origin: deploymentOrigin('run', args, null, context), profileUpdate: null },
    args,
    context,
  );
};

/**
 * Builds a model that is to run without becoming a generation; its users and groups live as long as it runs.
 *
 * @throws UsageError when the profile has a deployment, whose sockets and records it would share
 */
const buildForNow = async (
  args: DeployArguments & BuildArguments,
  location: ProfileLocation,
  caller: CommandContext,
): Promise<ForegroundDeployment> => {
  const context = sparedByTerminal(caller);
  const { built: deployed, damage } = await readCurrentProfile(location);
  if (damage !== null || (deployed !== null && deployed.manifest.units.length > 0)) {
    throw new UsageError({
      what: `The profile ${location.link} has a deployment of its own`,
      why: 'A model that runs beside it under the same name would be taken for it',
      fix: 'Choose another name with -p, or leave out the model to run the current generation',
    });
  }
  const built = await buildFromArguments(args, location, null, caller);
  try {
    await (await prepareAccounts(location, built.manifest, context)).prepare();
    return {
      deployment: await connectTo(built, location, args, context),
      end: async () => {
        await (await prepareAccounts(location, { ...built.manifest, units: [] }, context)).clean();
        await built.release();
      },
    };
  } catch (error) {
    await built.release();
    throw error;
  }
};

/**
 * Starts the current generation, or a model that does not become one, waits for SIGTERM or SIGINT, and stops it:
 * supervision for machines that start nothing of ours by themselves after a reboot.
 *
 * What a switch has left that did not finish is put right before.
 *
 * @throws ActivationError when a process does not start (the others are stopped again) or stop
 */
export const runInForeground = (args: DeployArguments & BuildArguments, context: CommandContext): Promise<void> =>
  withStopSignals(({ first, second }) => {
    // The first one is how it ends, in its own time.
    second.addEventListener('abort', () => {
      context.stopSignals.ask();
      context.stopSignals.ask();
    });
    return runUntil(first, args, context);
  });

const runUntil = async (
  signal: AbortSignal,
  args: DeployArguments & BuildArguments,
  caller: CommandContext,
): Promise<void> => {
  const context = sparedByTerminal(caller);
  const settings = watchSettings(args, context.env);
  const { deployment, end, started } = await withLock('run', args, context, async (location) => {
    await putRight(args, location, context);
    const { deployment: current, end } =
      args.model === undefined
        ? { deployment: await requireDeployment(args, context), end: async () => undefined }
        : await buildForNow(args, location, caller);
    const { deployed, sessions, built } = current;
    const { directories, forceDisableUserChange } = built.manifest;
    await createStateDirectories(directories, {
      userChanges: !forceDisableUserChange && process.getuid?.() === 0,
    });
    // Whatever does not run is started, also what was stopped: that is what running a generation means.
    const running = (await observe(current)).filter(({ observation: { state } }) => state === 'running');
    const session = sessions.of(deployed.manager);
    const plan = planActivation(running, {
      manager: deployed.manager,
      units: deployed.profile.units,
      isWanted: (unit) => session.isWanted?.(unit) ?? true,
    });
    const { waitForPorts } = settings;
    const execution = await executeTasks(tasksOf(plan, [deployed.manager], deployed, sessions, { waitForPorts }), {
      sessions,
      watch: createProcessWatch(sessions, settings, context.run, tellOf(context)),
      leftovers: watchLeftovers([deployed], sessions, context),
      signal,
      journal: noJournal,
      log: context.log,
    });
    return { deployment: current, end, started: execution };
  });

  const { deployed, sessions } = deployment;
  const session = sessions.of(deployed.manager);
  const failed = started.error !== null || started.failures.length > 0;
  if (!failed && !signal.aborted) {
    context.log.info(
      `running ${countOf(deployed.profile.units.length, 'process', 'processes')} under ${deployed.manager}`,
    );
    if (session.supervise === null) {
      // A pending promise alone does not keep Node alive.
      const alive = setInterval(() => undefined, 2 ** 30);
      await once(signal, 'abort');
      clearInterval(alive);
    } else {
      await session.supervise(deployed.profile, signal);
    }
  }

  const present = await observe(deployment);
  const stops = tasksOf(planActivation(present, null), [deployed.manager], null, sessions, { waitForPorts: false });
  const stopped = await executeTasks(stops, {
    sessions,
    watch: createProcessWatch(sessions, { settle: 0, waitForPorts: false }, context.run),
    leftovers: watchLeftovers([deployed], sessions, context),
    signal: new AbortController().signal,
    journal: noJournal,
    log: context.log,
  });
  await end();
  const failures = [...started.failures, ...stopped.failures];
  const error = started.error ?? stopped.error;
  if (error !== null) throw error;
  if (failures.length > 0) {
    throw new ActivationError({
      what: 'Not every process could be started and stopped',
      why: describeFailures(failures),
      fix: 'Look at the logs with: nix-processmgmt-ts logs NAME',
    });
  }
};
