import { defineCommand, type Command, type CommandContext } from '../command.js';
import { activationOptions, profileOption } from '../options.js';
import type { StepAction } from '../../plan/activation-plan.js';
import type { StopSignals } from '../../system/ports.js';

const {
  jobs,
  'answer-timeout': answerTimeout,
  'start-timeout': startTimeout,
  'stop-timeout': stopTimeout,
  'wait-lock': waitLock,
  'wait-for-ports': waitForPorts,
  user,
} = activationOptions;

const serviceCommand = (action: StepAction, describe: string, example: string): Command =>
  defineCommand({
    command: `${action} <names..>`,
    describe,
    builder: (yargs) =>
      yargs
        .positional('names', {
          type: 'string',
          array: true,
          demandOption: true,
          describe: 'Instances or process names',
        })
        .options({
          ...profileOption,
          jobs,
          'start-timeout': startTimeout,
          'stop-timeout': stopTimeout,
          'wait-lock': waitLock,
          'answer-timeout': answerTimeout,
          user,
          ...(action === 'stop' ? {} : { 'wait-for-ports': waitForPorts }),
        })
        .example(`$0 ${action} webapp1`, example),
    run: async (args, caller) => {
      const { withLockAndSignals } = await import('../with-lock.js');
      const { requireDeployment, unitsCalled } = await import('../current-deployment.js');
      const { askedSteps } = await import('../asked-steps.js');
      const { refuseOwnEnd } = await import('../refuse-own-end.js');
      const { bringBack } = await import('../../activate/bring-back.js');
      const { makeRoomFor } = await import('../make-room.js');
      const { executeTasks } = await import('../../activate/execute-tasks.js');
      const { tasksOf } = await import('../../activate/execution-tasks.js');
      const { journalOfUnfinished } = await import('../../activate/unfinished-switch.js');
      const { stagesOf, unitOf } = await import('../../plan/activation-plan.js');
      const { watchLeftovers } = await import('../../activate/leftovers.js');
      const { createProcessWatch } = await import('../../activate/process-watch.js');
      const { describeFailures } = await import('../../activate/describe-failures.js');
      const { ActivationError } = await import('../../system/errors.js');
      const { interruptionOf } = await import('../interrupted-services.js');
      const { requirePrograms } = await import('../require-programs.js');
      const work = async (context: CommandContext, { first, second }: StopSignals): Promise<void> => {
        const waits = args.waitForPorts === true;
        const deployment = await requireDeployment({ ...args, waitForPorts: waits }, context);
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
          // Whoever asks for one process looks at it.
          watch: createProcessWatch(deployment.sessions, { settle: 0, waitForPorts: waits }, context.run),
          signal: first,
          journal,
          log: context.log,
        };
        const back = await bringBack(deployment, action === 'stop' ? named : [], execution);
        const stages = stagesOf(steps.filter((step) => !back.started.has(unitOf(step).instance)));
        // Whoever stops a process need not tell its manager what there is, which may fail for reasons of its own.
        const to = action === 'stop' ? null : deployment.deployed;
        const tasks = tasksOf(
          { stages, stagesBeforeInstall: 0 },
          to === null ? [] : [manager],
          to,
          deployment.sessions,
          {
            waitForPorts: waits,
          },
        );
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
      await withLockAndSignals(action, args, caller, work, { goesOnUnlocked: true });
      return undefined;
    },
  });

export const start = serviceCommand('start', 'Start process instances', 'Start one instance');
export const stop = serviceCommand('stop', 'Stop process instances; a switch leaves them stopped', 'Stop one instance');
export const restart = serviceCommand('restart', 'Restart process instances', 'Restart one instance');
export const reload = serviceCommand(
  'reload',
  'Make process instances read their configuration again',
  'Reload one instance',
);
