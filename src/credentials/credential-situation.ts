import type { Credentials } from '../model/process-model.js';
import type { AccountTools } from './account-tools.js';
import { namesIn } from './accounts.js';
import { pathExists } from './home-directory.js';
import { emptyLedger, readLedger } from './ledger.js';
import { mergeCredentials, type CredentialsOwner } from './merge-credentials.js';
import { accountQuery, type CredentialSituation } from './plan-credentials.js';

export interface CredentialRequest {
  /** The units of the next generation; none when nothing is to run any more. */
  readonly next: readonly CredentialsOwner[];
  /** What the other generations that remain ask for; called only when there are accounts that may have to go. */
  readonly otherGenerations: () => Promise<readonly Credentials[]>;
  /** False with --force-disable-user-change. */
  readonly userChanges: boolean;
  /** See ledgerFile. */
  readonly ledgerFile: string;
  /** Called only when something has to be known of the machine's accounts; see chooseAccountTools. */
  readonly tools: () => Promise<AccountTools>;
}

const existingHomesOf = async ({ users }: Credentials): Promise<ReadonlySet<string>> => {
  const homes = users.flatMap(({ createHomeDir, homeDir }) => (createHomeDir && homeDir !== null ? [homeDir] : []));
  const found = await Promise.all(homes.map(async (home) => ((await pathExists(home)) ? [home] : [])));
  return new Set(found.flat());
};

/**
 * Gathers what planCredentials has to know. Changes nothing.
 *
 * @throws ModelError when two units disagree about an account
 * @throws ActivationError when the ledger or the accounts of the machine cannot be read
 */
export const readCredentialSituation = async ({
  next,
  otherGenerations,
  userChanges,
  ledgerFile,
  tools,
}: CredentialRequest): Promise<CredentialSituation> => {
  const wanted = mergeCredentials(next);
  const ledger = userChanges ? await readLedger(ledgerFile) : emptyLedger;
  const query = accountQuery(wanted, ledger);
  const isEmpty = Object.keys(ledger.users).length === 0 && Object.keys(ledger.groups).length === 0;
  const isNeeded = userChanges && (query.users.length > 0 || query.groups.length > 0);
  return {
    wanted,
    existing: isNeeded ? await (await tools()).read(query) : { users: [], groups: [] },
    existingHomes: await existingHomesOf(wanted),
    ledger,
    stillNamed: namesIn(isEmpty ? [] : await otherGenerations()),
    userChanges,
  };
};
