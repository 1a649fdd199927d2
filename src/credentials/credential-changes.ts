import type { Credentials } from '../model/process-model.js';
import type { ExplainedError } from '../system/errors.js';
import type { Ports } from '../system/ports.js';
import { prepareCredentials, removeCredentials } from './apply-credentials.js';
import { chooseAccountTools } from './choose-account-tools.js';
import { readCredentialSituation } from './credential-situation.js';
import { ledgerFile } from './ledger.js';
import type { CredentialsOwner } from './merge-credentials.js';
import { planCredentials, requireAccountRights, type CredentialPlan } from './plan-credentials.js';

export interface CredentialChangesRequest {
  /** The units of the generation that is to run; none when nothing is. */
  readonly next: readonly CredentialsOwner[];
  /** What the other generations that remain ask for: their accounts stay. Called only when there are some of ours. */
  readonly otherGenerations: () => Promise<readonly Credentials[]>;
  /** False with --force-disable-user-change: only home directories are made. */
  readonly userChanges: boolean;
  /** Of the profile (ProfileLocation.stateDirectory); the ledger of accounts is in it. */
  readonly stateDirectory: string;
}

/** What has been decided about users and groups, and how to do it. The caller holds the profile's lock. */
export interface CredentialChanges {
  readonly plan: CredentialPlan;
  /** To be called before the first process starts. @throws ActivationError at the first step that fails */
  readonly prepare: () => Promise<void>;
  /** To be called after the last process has stopped. What fails is returned, and tried again the next time. */
  readonly remove: () => Promise<readonly ExplainedError[]>;
}

/**
 * Compares the users and groups that a generation asks for with those of the machine; changes nothing.
 *
 * @param platform process.platform
 * @throws ModelError when instances disagree about an account, or it cannot be as asked (see planCredentials)
 * @throws UsageError when an ordinary user would have to change accounts
 * @throws ActivationError when the machine's accounts or the ledger cannot be read
 */
export const decideCredentialChanges = async (
  { next, otherGenerations, userChanges, stateDirectory }: CredentialChangesRequest,
  platform: NodeJS.Platform,
  ports: Ports,
): Promise<CredentialChanges> => {
  let chosen: ReturnType<typeof chooseAccountTools> | undefined;
  const tools = (): ReturnType<typeof chooseAccountTools> => (chosen ??= chooseAccountTools(platform, ports));
  const file = ledgerFile(stateDirectory);
  const plan = planCredentials(
    await readCredentialSituation({ next, otherGenerations, userChanges, ledgerFile: file, tools }),
  );
  requireAccountRights(plan, process.getuid?.() ?? 0);
  const effects = { tools, ledgerFile: file, log: ports.log };
  return {
    plan,
    prepare: () => prepareCredentials(plan.preparations, effects),
    remove: () => removeCredentials(plan.removals, effects),
  };
};
