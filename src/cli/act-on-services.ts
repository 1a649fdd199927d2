import { bringBack } from '../activate/bring-back.js';
import { describeFailures } from '../activate/describe-failures.js';
import { executeTasks } from '../activate/execute-tasks.js';
import { tasksOf } from '../activate/execution-tasks.js';
import { watchLeftovers } from '../activate/leftovers.js';
import { createProcessWatch, tellOf } from '../activate/process-watch.js';
import { journalOfUnfinished } from '../activate/unfinished-switch.js';
import { stagesOf, unitOf, type StepAction } from '../plan/activation-plan.js';
import { ActivationError } from '../system/errors.js';
import type { StopSignals } from '../system/ports.js';
import type { ActivationArguments } from './arguments.js';
import { askedSteps } from './asked-steps.js';
import type { CommandContext } from './command.js';
import { requireDeployment, unitsCalled } from './current-deployment.js';
import { interruptionOf } from './interrupted-services.js';
import { makeRoomFor } from './make-room.js';
import { refuseOwnEnd } from './refuse-own-end.js';
import { requirePrograms } from './require-programs.js';
import { withLockAndSignals } from './with-lock.js';

/** What yargs parsed. */
export interface ServiceArguments extends ActivationArguments {
  readonly profile: string;
  readonly waitLock?: number | undefined;
  /** Of instances, or what the manager calls them. */
  readonly names: readonly (string | number)[];
}

/**
 * Does to the named instances what a command says.
 *
 * @throws ActivationError when that fails for one of them
 * @throws ExplainedError with exit code 10 when a signal ends it
 */
const act = async (
  action: StepAction,
  args: ServiceArguments,
  context: CommandContext,
  { first, second }: StopSignals,
): Promise<void> => {
  const waitForPorts = args.waitForPorts === true;
  const deployment = await requireDeployment(args, context);
  const { manager } = deployment.deployed;
  const downwards = action === 'stop' ? -1 : 1;
  const named = unitsCalled(deployment, args.names.map(String));
  const steps = askedSteps(
    action,
    manager,
    named.toSorted((a, b) => downwards * (a.level - b.level)),
  );
  // Before anything is done: the command could not go on after its own end.
  await refuseOwnEnd(steps, deployment.sessions, context);
  if (action === 'start' || action === 'restart') {
    await requirePrograms(named, deployment, context);
    await makeRoomFor(named, deployment, context);
  }
  const journal = await journalOfUnfinished(deployment.location, context);
  const execution = {
    leftovers: watchLeftovers([deployment.deployed], deployment.sessions, context),
    sessions: deployment.sessions,
    // Whoever asks for one process looks at it; what cannot run at all mostly ends sooner.
    watch: createProcessWatch(deployment.sessions, { settle: 0.25, waitForPorts }, context.run, tellOf(context)),
    signal: first,
    journal,
    log: context.log,
  };
  const back = await bringBack(deployment, action === 'stop' ? named : [], execution);
  const stages = stagesOf(steps.filter((step) => !back.started.has(unitOf(step).instance)));
  // Whoever stops a process need not tell its manager what there is, which may fail for reasons of its own.
  const to = action === 'stop' ? null : deployment.deployed;
  const tasks = tasksOf({ stages, stagesBeforeInstall: 0 }, to === null ? [] : [manager], to, deployment.sessions, {
    waitForPorts,
  });
  const { attempted, failures, error, interrupted } = await executeTasks(tasks, execution);
  await journal.close();
  if (error !== null) throw error;
  const failed = [...back.failures, ...failures];
  // What a second signal has ended has failed, for that reason.
  if (interrupted || second.aborted) throw interruptionOf(action, steps, attempted, failed);
  if (failed.length > 0) {
    throw new ActivationError({
      what: `Not every process could be told to ${action}`,
      why: describeFailures(failed),
      fix: 'Look at the logs with: nix-processmgmt-ts logs NAME',
    });
  }
};

/** Starts, stops, restarts or reloads instances of the current generation; see act. */
export const actOnServices = (action: StepAction, args: ServiceArguments, context: CommandContext): Promise<void> =>
  withLockAndSignals(action, args, context, (inner, signals) => act(action, args, inner, signals), {
    goesOnUnlocked: true,
  });
