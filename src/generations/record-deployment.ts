import { hostname, userInfo } from 'node:os';
import { realpath } from 'node:fs/promises';
import { unitOf, type ProcessPlan, type StepAction } from '../plan/activation-plan.js';
import { ExplainedError, exitCodes } from '../system/errors.js';
import type { Ports } from '../system/ports.js';
import type { BuiltProfile } from './built-profile.js';
import { prunedLog, readDeploymentLog, writeDeploymentLog, type NumberedProfile } from './deployment-log.js';
import type { DeploymentRecord, DeploymentResult, DeploymentSteps, ModelSource } from './deployment-record.js';
import { currentGeneration, listGenerations, type Generation } from './generations.js';
import type { ProfileLocation } from './profile-location.js';

/** What only the caller knows of a deployment. */
export interface DeploymentOrigin {
  /** "switch", "rollback" … */
  readonly command: string;
  readonly message: string | null;
  /** Null where an existing generation is activated. */
  readonly model: ModelSource | null;
  /** The version of nix-processmgmt-ts. */
  readonly tool: string;
}

/** What is remembered of an activation. */
export interface RecordedActivation {
  readonly location: ProfileLocation;
  readonly next: BuiltProfile;
  readonly plan: ProcessPlan;
  readonly ports: Pick<Ports, 'env' | 'log'>;
}

const stepsOf = ({ stages, unchanged }: ProcessPlan): DeploymentSteps => {
  const instances = (action: StepAction): readonly string[] => [
    ...new Set(
      stages.flatMap(({ steps }) =>
        steps.filter((step) => step.action === action).map((step) => unitOf(step).instance),
      ),
    ),
  ];
  return {
    start: instances('start'),
    stop: instances('stop'),
    restart: instances('restart'),
    reload: instances('reload'),
    untouched: unchanged.length,
  };
};

/** How a deployment ended that threw `error`. */
export const resultOf = (error: unknown): DeploymentResult => {
  if (!(error instanceof ExplainedError)) return 'failed';
  switch (error.exitCode) {
    case exitCodes.rolledBack:
      return 'rolled back';
    case exitCodes.interrupted:
      return 'interrupted';
    default:
      return 'failed';
  }
};

/** A user without a name has a number (a container may have no /etc/passwd). */
const callingUser = (): string => {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
};

/** Generations with the profiles that they lead to; those whose profile is gone are left out. */
export const numberedProfiles = async (generations: readonly Generation[]): Promise<readonly NumberedProfile[]> =>
  (
    await Promise.all(
      generations.map(async ({ number, link }) => {
        const profile = await realpath(link).catch(() => null);
        return profile === null ? [] : [{ number, profile }];
      }),
    )
  ).flat();

/** Takes what the log says of deleted generations out of it. The caller holds the lock. @throws ActivationError */
export const pruneDeploymentLog = async (location: ProfileLocation): Promise<void> => {
  const log = await readDeploymentLog(location);
  const pruned = prunedLog(log, await numberedProfiles(await listGenerations(location)));
  if (pruned.length < log.length) await writeDeploymentLog(location, pruned);
};

/**
 * Carries out a deployment and remembers it: before, as one that was interrupted, which is what it is when the machine
 * stops here; and after, with its result. The caller holds the lock.
 *
 * @param activate what is remembered; whatever it throws is thrown again
 * @throws ActivationError when the record cannot be written beforehand. Afterwards that is only a warning: what runs
 *   does not depend on it
 */
export const recordDeployment = async (
  { location, next, plan, ports }: RecordedActivation,
  { command, message, model, tool }: DeploymentOrigin,
  activate: () => Promise<void>,
): Promise<void> => {
  const { env, log } = ports;
  const before = await readDeploymentLog(location);
  const generations = await listGenerations(location);
  const sudoUser = env['SUDO_USER'];
  const beginning: DeploymentRecord = {
    command,
    started: new Date().toISOString(),
    ended: null,
    result: 'interrupted',
    from: generations.find(({ isCurrent }) => isCurrent)?.number ?? null,
    generation: null,
    made: false,
    profile: next.path,
    manager: next.manifest.manager,
    message,
    by: {
      user: callingUser(),
      sudoUser: sudoUser === undefined || sudoUser === '' ? null : sudoUser,
      host: hostname(),
    },
    model,
    tool,
    steps: stepsOf(plan),
  };
  await writeDeploymentLog(location, [...before, beginning]);

  const finish = async (result: DeploymentResult): Promise<void> => {
    try {
      const existing = await listGenerations(location);
      const reached = result === 'good' ? await currentGeneration(location) : null;
      const made = reached !== null && !generations.some(({ number }) => number === reached);
      const record = { ...beginning, ended: new Date().toISOString(), result, generation: reached, made };
      await writeDeploymentLog(location, prunedLog([...before, record], await numberedProfiles(existing)));
    } catch (error) {
      log.warn(`what was done is not remembered: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  try {
    await activate();
  } catch (error) {
    await finish(resultOf(error));
    throw error;
  }
  await finish('good');
};
