import { ActivationError, ExplainedError, unreachable } from '../system/errors.js';
import type { Log } from '../system/ports.js';
import type { AccountTools } from './account-tools.js';
import type { User } from './accounts.js';
import { createHomeDirectory } from './home-directory.js';
import { readLedger, withAccount, withoutAccount, writeLedger, type AccountLedger } from './ledger.js';
import { subjectOf, type CredentialStep } from './plan-credentials.js';

export interface CredentialEffects {
  /** Called only when accounts have to be changed. */
  readonly tools: () => Promise<AccountTools>;
  /** See ledgerFile. */
  readonly ledgerFile: string;
  readonly log: Log;
}

const doing = {
  'create-group': 'creating',
  'create-user': 'creating',
  'create-home': 'creating',
  'modify-user': 'changing',
  'remove-user': 'removing',
  'remove-group': 'removing',
  forget: 'no longer ours:',
} as const satisfies Record<CredentialStep['kind'], string>;

const findUser = async (tools: AccountTools, name: string): Promise<User | undefined> =>
  (await tools.read({ users: [name], groups: [] })).users.find((user) => user.name === name);

const findGid = async (tools: AccountTools, name: string): Promise<number | undefined> =>
  (await tools.read({ users: [], groups: [name] })).groups.find((group) => group.name === name)?.gid;

const record = async (
  { ledgerFile }: CredentialEffects,
  change: (ledger: AccountLedger) => AccountLedger,
): Promise<void> => {
  await writeLedger(ledgerFile, change(await readLedger(ledgerFile)));
};

/** How an account is made, and found once it is there. */
interface Creation {
  readonly kind: keyof AccountLedger;
  readonly name: string;
  readonly make: () => Promise<void>;
  readonly findId: () => Promise<number | undefined>;
}

/** The ledger knows of the account before it is there: otherwise an interruption would leave it to nobody. */
const create = async ({ kind, name, make, findId }: Creation, effects: CredentialEffects): Promise<void> => {
  await record(effects, (ledger) => withAccount(ledger, kind, name, null));
  try {
    await make();
  } catch (error) {
    if ((await findId()) === undefined) await record(effects, (ledger) => withoutAccount(ledger, kind, name));
    throw error;
  }
  const id = (await findId()) ?? null;
  await record(effects, (ledger) => withAccount(ledger, kind, name, id));
};

const createHome = async (path: string, ownerName: string | null, effects: CredentialEffects): Promise<void> => {
  if (ownerName === null) {
    await createHomeDirectory(path, null);
    return;
  }
  const owner = await findUser(await effects.tools(), ownerName);
  if (owner === undefined) {
    throw new ActivationError({
      what: `The home directory ${path} cannot be made`,
      why: `Its owner, the user "${ownerName}", does not exist`,
      fix: 'Repeat the command; if it fails again, create the user by hand',
    });
  }
  await createHomeDirectory(path, owner);
};

const perform = async (step: CredentialStep, effects: CredentialEffects): Promise<void> => {
  switch (step.kind) {
    case 'create-group': {
      const { group } = step;
      const tools = await effects.tools();
      const { name } = group;
      const findId = () => findGid(tools, name);
      await create({ kind: 'groups', name, make: () => tools.createGroup(group), findId }, effects);
      return;
    }
    case 'create-user': {
      const { user } = step;
      const tools = await effects.tools();
      const { name } = user;
      const findId = async () => (await findUser(tools, name))?.uid;
      await create({ kind: 'users', name, make: () => tools.createUser(user), findId }, effects);
      return;
    }
    case 'modify-user':
      await (await effects.tools()).modifyUser(step.name, step.changes);
      return;
    case 'create-home':
      await createHome(step.path, step.owner, effects);
      return;
    case 'remove-user': {
      const { name, keepGroup } = step;
      const tools = await effects.tools();
      await tools.removeUser(name);
      await record(effects, (ledger) => withoutAccount(ledger, 'users', name));
      if (keepGroup !== null && (await findGid(tools, keepGroup.name)) === undefined)
        await tools.createGroup(keepGroup);
      return;
    }
    case 'remove-group': {
      const { name } = step;
      const tools = await effects.tools();
      // Most platforms remove a user's group of the same name together with the user.
      if ((await findGid(tools, name)) !== undefined) await tools.removeGroup(name);
      await record(effects, (ledger) => withoutAccount(ledger, 'groups', name));
      return;
    }
    case 'forget':
      await record(effects, (ledger) => withoutAccount(ledger, step.account, step.name));
      return;
    default:
      unreachable(step);
  }
};

const announce = (step: CredentialStep, { log }: CredentialEffects): void => {
  log.info({ step: step.kind }, `${doing[step.kind]} ${subjectOf(step)}: ${step.reason}`);
};

/**
 * Executes the preparations of a plan in order, keeping the ledger up to date after each.
 *
 * @throws ActivationError at the first that fails; what was done before it stays, and the ledger knows of it
 */
export const prepareCredentials = async (
  steps: readonly CredentialStep[],
  effects: CredentialEffects,
): Promise<void> => {
  for (const step of steps) {
    announce(step, effects);
    await perform(step, effects);
  }
};

/**
 * Executes the removals of a plan. One that fails (a process of the user still runs …) does not keep the others from being
 * done: it stays in the ledger, and the next plan has it again.
 *
 * @returns what failed, to be shown as warnings
 */
export const removeCredentials = async (
  steps: readonly CredentialStep[],
  effects: CredentialEffects,
): Promise<readonly ExplainedError[]> => {
  const failures: ExplainedError[] = [];
  for (const step of steps) {
    announce(step, effects);
    try {
      await perform(step, effects);
    } catch (error) {
      if (!(error instanceof ExplainedError)) throw error;
      failures.push(error);
    }
  }
  return failures;
};
