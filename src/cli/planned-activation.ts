import type { PlannedActivation } from '../activate/activation.js';
import type { ModelSource } from '../generations/deployment-record.js';
import { currentGeneration } from '../generations/generations.js';
import { closureDifference } from '../plan/closure-difference.js';
import { documentPlan } from '../plan/document-plan.js';
import type { PlanDocument } from '../plan/plan-document.js';
import { differencesFrom } from '../plan/stale-plan.js';
import { readStoreInfos } from '../profile/store-infos.js';
import { ExplainedError, exitCodes, StalePlanError } from '../system/errors.js';
import { managerOptions, type ActivationArguments } from './arguments.js';
import type { CommandContext } from './command.js';
import { formatPlan } from './format-plan.js';
import { wantsColour } from './terminal.js';

/**
 * The plan of an activation as data, with what Nix tells about the two profiles' packages.
 *
 * @throws ActivationError when Nix does not
 */
export const documentActivation = async (
  planned: PlannedActivation,
  model: ModelSource | null,
  args: ActivationArguments,
): Promise<PlanDocument> => {
  const { location, next, running, unfinished, ports } = planned;
  const paths = [...(running === null ? [] : [running.path]), next.path];
  return documentPlan({
    ...planned,
    link: location.link,
    manager: next.manifest.manager,
    model,
    options: {
      oldProfile: args.oldProfile ?? null,
      manager: managerOptions(args),
      repair: args.repair === true,
      waitForPorts: args.waitForPorts === true,
      keepGoing: args.keepGoing === true,
    },
    current: running === null ? null : { path: running.path, manager: running.manifest.manager },
    generation: await currentGeneration(location),
    unfinished: unfinished?.journal?.header.to ?? unfinished?.reached.at(-1)?.path ?? null,
    closure: closureDifference(running?.path ?? null, next.path, await readStoreInfos(paths, ports)),
  });
};

/** @throws StalePlanError that says what is different by now */
export const requireSamePlan = (made: PlanDocument, now: PlanDocument, file: string): void => {
  const differences = differencesFrom(made, now);
  if (differences.length === 0) return;
  throw new StalePlanError({
    what: `The plan ${file} is no longer right`,
    why: differences.join('\n'),
    fix: 'Make the plan again, and look at it',
  });
};

/**
 * Shows a plan and asks whether to go on.
 *
 * @param yes go on without asking
 * @throws ExplainedError with exit code 10 when the answer is not yes, or there is nobody to give one
 */
export const confirmPlan = async (document: PlanDocument, yes: boolean, context: CommandContext): Promise<void> => {
  const { ask, env, log } = context;
  if (yes) {
    log.info(formatPlan(document, false).trimEnd());
    return;
  }
  const answer = await ask?.(`${formatPlan(document, wantsColour(process.stderr, env))}Go on? [y/N] `);
  if (/^y(es)?$/i.test(answer?.trim() ?? '')) return;
  throw new ExplainedError(exitCodes.interrupted, { what: 'The plan was not confirmed: nothing has been done' });
};
