import { decideCredentialChanges } from '../credentials/credential-changes.js';
import type { CredentialPlan } from '../credentials/plan-credentials.js';
import { readBuiltProfile } from '../generations/built-profile.js';
import { listGenerations } from '../generations/generations.js';
import type { ProfileLocation } from '../generations/profile-location.js';
import type { Credentials } from '../model/process-model.js';
import type { Manifest } from '../profile/manifest.js';
import type { Ports } from '../system/ports.js';

/** What is to be done to users and groups, and the means to do it. */
export interface PreparedAccounts {
  readonly plan: CredentialPlan;
  /** Before the first process starts. @throws ActivationError */
  readonly prepare: () => Promise<void>;
  /** After the last process has stopped: what cannot be removed is tried again the next time, with a warning. */
  readonly clean: () => Promise<void>;
  /** After a failed activation: removes what only it would have needed. */
  readonly withdraw: () => Promise<void>;
}

/** What every generation of a profile asks for; one that cannot be read asks for nothing. */
const credentialsOfGenerations = async (location: ProfileLocation): Promise<readonly Credentials[]> => {
  const generations = await listGenerations(location);
  const profiles = await Promise.all(generations.map(({ link }) => readBuiltProfile(link).catch(() => null)));
  return profiles.flatMap((profile) => profile?.manifest.units.map(({ credentials }) => credentials) ?? []);
};

/**
 * Decides which users and groups have to be made, changed and removed; changes nothing. An account that any generation
 * names stays, so that a rollback finds it.
 *
 * @throws ModelError when what the model wants cannot be
 * @throws UsageError when an ordinary user would have to do it
 */
export const prepareAccounts = async (
  location: ProfileLocation,
  { units, forceDisableUserChange }: Pick<Manifest, 'units' | 'forceDisableUserChange'>,
  ports: Ports,
): Promise<PreparedAccounts> => {
  const decide = (next: typeof units): ReturnType<typeof decideCredentialChanges> =>
    decideCredentialChanges(
      {
        next,
        otherGenerations: () => credentialsOfGenerations(location),
        userChanges: !forceDisableUserChange,
        stateDirectory: location.stateDirectory,
      },
      process.platform,
      ports,
    );
  const warnOf = (failures: Awaited<ReturnType<(typeof changes)['remove']>>): void => {
    for (const { message, why } of failures) ports.log.warn(why === undefined ? message : `${message}: ${why}`);
  };
  const changes = await decide(units);
  return {
    plan: changes.plan,
    prepare: changes.prepare,
    clean: async () => {
      warnOf(await changes.remove());
    },
    withdraw: async () => {
      if (changes.plan.preparations.length > 0) warnOf(await (await decide([])).remove());
    },
  };
};
