import { decideCredentialChanges } from '../credentials/credential-changes.js';
import type { Conflict } from '../plan/conflict.js';
import type { CredentialsOwner } from '../credentials/merge-credentials.js';
import type { CredentialPlan } from '../credentials/plan-credentials.js';
import { readBuiltProfile } from '../generations/built-profile.js';
import { listGenerations } from '../generations/generations.js';
import type { ProfileLocation } from '../generations/profile-location.js';
import type { Credentials } from '../model/process-model.js';
import type { Manifest } from '../profile/manifest.js';
import { ExplainedError } from '../system/errors.js';
import type { Ports } from '../system/ports.js';

/** What is to be done to users and groups, and the means to do it. */
export interface PreparedAccounts {
  readonly plan: CredentialPlan;
  /** Before the first process starts. @throws ActivationError */
  readonly prepare: () => Promise<void>;
  /** After the last process has stopped: what cannot be removed is tried again the next time, with a warning. */
  readonly clean: () => Promise<void>;
  /** After a failed activation, before what ran before starts again: gives users that were changed what they had. */
  readonly putBack: () => Promise<void>;
  /** After a failed activation: removes what only it would have needed. */
  readonly withdraw: () => Promise<void>;
}

/** What every generation of a profile asks for; one that cannot be read asks for nothing. */
const credentialsOfGenerations = async (location: ProfileLocation): Promise<readonly Credentials[]> => {
  const generations = await listGenerations(location);
  const profiles = await Promise.all(generations.map(({ link }) => readBuiltProfile(link).catch(() => null)));
  return profiles.flatMap((profile) => profile?.manifest.units.map(({ credentials }) => credentials) ?? []);
};

/** What of a manifest is about accounts. */
interface AccountsOwner extends Pick<Manifest, 'forceDisableUserChange'> {
  readonly units: readonly CredentialsOwner[];
}

const nouns = { users: 'user', groups: 'group' } as const;

/** Accounts of the machine that are not as a model wants them, as warnings. */
export const accountConflicts = ({ retained }: CredentialPlan, units: AccountsOwner['units']): readonly Conflict[] =>
  retained.map(({ account, name, differences }) => ({
    severity: 'warning',
    kind: 'account',
    instances: units
      .filter(({ credentials }) => credentials[account].some((spec) => spec.name === name))
      .map(({ instance }) => instance),
    what: `The ${nouns[account]} "${name}" was not made by nix-processmgmt-ts, and stays as it is`,
    why: `It has ${differences.join(', ')}`,
    fix: `Let the model describe the ${nouns[account]} as it is, or change it by hand`,
  }));

/**
 * Decides which users and groups have to be made, changed and removed; changes nothing. An account that any generation
 * names stays, so that a rollback finds it.
 *
 * @param before what ran until now, which runs again after a failure. Default: nothing
 * @throws ModelError when what the model wants cannot be
 * @throws UsageError when an ordinary user would have to do it
 */
export const prepareAccounts = async (
  location: ProfileLocation,
  { units, forceDisableUserChange }: AccountsOwner,
  ports: Ports,
  before: AccountsOwner | null = null,
): Promise<PreparedAccounts> => {
  const decide = (
    next: typeof units,
    userChanges = !forceDisableUserChange,
  ): ReturnType<typeof decideCredentialChanges> =>
    decideCredentialChanges(
      {
        next,
        otherGenerations: () => credentialsOfGenerations(location),
        userChanges,
        stateDirectory: location.stateDirectory,
      },
      process.platform,
      ports,
    );
  const warnOf = (failures: readonly ExplainedError[]): void => {
    for (const { message, why } of failures) ports.log.warn(why === undefined ? message : `${message}: ${why}`);
  };
  const changes = await decide(units);
  return {
    plan: changes.plan,
    prepare: changes.prepare,
    clean: async () => {
      warnOf(await changes.remove());
    },
    putBack: async () => {
      const isChanged = changes.plan.preparations.some(({ kind }) => kind === 'modify-user');
      if (!isChanged || before === null || before.forceDisableUserChange) return;
      try {
        await (await decide(before.units, true)).prepare();
      } catch (error) {
        if (!(error instanceof ExplainedError)) throw error;
        warnOf([error]);
      }
    },
    withdraw: async () => {
      if (changes.plan.preparations.length > 0) warnOf(await (await decide([])).remove());
    },
  };
};
