import type { Credentials, GroupSpec, UserSpec } from '../model/process-model.js';
import { ModelError, UsageError, unreachable } from '../system/errors.js';
import {
  namesIn,
  primaryGroupOf,
  type AccountNames,
  type Accounts,
  type Group,
  type NewGroup,
  type NewUser,
  type UserChanges,
} from './accounts.js';
import type { AccountLedger } from './ledger.js';
import {
  changesOf,
  comparedProperties,
  isOurs,
  retainedGroup,
  retainedUser,
  type RetainedAccount,
} from './retained-accounts.js';

/** One thing to do to the accounts of the machine, and why. */
export type CredentialStep = { readonly reason: string } & (
  | { readonly kind: 'create-group'; readonly group: NewGroup }
  | { readonly kind: 'create-user'; readonly user: NewUser }
  | { readonly kind: 'modify-user'; readonly name: string; readonly changes: UserChanges }
  /** Without an owner it is the caller's. */
  | { readonly kind: 'create-home'; readonly path: string; readonly owner: string | null }
  /** `keepGroup`: a group that the platform may remove together with the user although it is still needed. */
  | { readonly kind: 'remove-user'; readonly name: string; readonly keepGroup: Group | null }
  | { readonly kind: 'remove-group'; readonly name: string }
  /** The account is not, or no longer, the one that we made: it is only taken off the ledger. */
  | { readonly kind: 'forget'; readonly account: keyof AccountLedger; readonly name: string }
);

export interface CredentialPlan {
  /** Before the first process starts. */
  readonly preparations: readonly CredentialStep[];
  /** After the last process has stopped. */
  readonly removals: readonly CredentialStep[];
  /** What the user should know although nothing is done about it, a sentence each. */
  readonly notes: readonly string[];
  /** Accounts of others that are not as the model wants them, and stay so. */
  readonly retained: readonly RetainedAccount[];
}

export interface CredentialSituation {
  /** Of all units of the next generation; see mergeCredentials. */
  readonly wanted: Credentials;
  /** What the platform says about the wanted names and IDs and those of the ledger; see accountQuery. */
  readonly existing: Accounts;
  /** Those wanted home directories that exist. */
  readonly existingHomes: ReadonlySet<string>;
  readonly ledger: AccountLedger;
  /** What the other generations that remain name. */
  readonly stillNamed: AccountNames;
  /** False with --force-disable-user-change: home directories are made, accounts are not touched. */
  readonly userChanges: boolean;
}

/** What has to be known of the platform to plan: names, and IDs that must be free. */
export interface AccountQuery {
  readonly users: readonly (string | number)[];
  readonly groups: readonly (string | number)[];
}

export const accountQuery = (wanted: Credentials, ledger: AccountLedger): AccountQuery => {
  const names = namesIn([wanted]);
  const unique = (keys: readonly (string | number | null)[]): readonly (string | number)[] =>
    [...new Set(keys)].filter((key) => key !== null);
  return {
    users: unique([...names.users, ...Object.keys(ledger.users), ...wanted.users.map(({ uid }) => uid)]),
    groups: unique([
      ...names.groups,
      ...Object.keys(ledger.groups),
      // A group of a user's name may go together with the user.
      ...Object.keys(ledger.users),
      ...wanted.groups.map(({ gid }) => gid),
    ]),
  };
};

const knownAttributes = {
  group: new Set(['gid']),
  user: new Set(['uid', 'group', 'description', 'homeDir', 'createHomeDir', 'shell']),
} as const;

/** What every platform takes as a name of a user or group: useradd(8), pw(8). */
const namePattern = /^[A-Za-z_][A-Za-z0-9_.-]{0,30}[A-Za-z0-9_.$-]?$/;

const checkName = (noun: string, name: string): void => {
  if (namePattern.test(name)) return;
  throw new ModelError({
    what: `"${name}" cannot be the name of a ${noun}`,
    why: 'Such a name begins with a letter or _, goes on with letters, digits and _ . -, and has 32 characters at most',
    fix: `Give the ${noun} another name in credentials`,
  });
};

/** @throws ModelError */
const checkUser = ({ name, description, homeDir, shell }: UserSpec): void => {
  checkName('user', name);
  for (const [property, value] of Object.entries({ description, homeDir, shell })) {
    // The separators of passwd(5): one in a value would make another account of it.
    if (value === null || !/[:\p{Cc}]/u.test(value)) continue;
    throw new ModelError({
      what: `The ${property} of the user "${name}" contains a colon or a control character`,
      why: 'The file of users, passwd(5), separates its fields by them',
      fix: `Write the ${property} without it`,
    });
  }
  for (const [property, value] of Object.entries({ homeDir, shell })) {
    if (value === null || value.startsWith('/')) continue;
    throw new ModelError({
      what: `The ${property} of the user "${name}" is not an absolute path: "${value}"`,
      fix: 'Write it from the root on, beginning with a slash',
    });
  }
};

const notesOn = (noun: keyof typeof knownAttributes, specs: readonly (GroupSpec | UserSpec)[]): readonly string[] =>
  specs.flatMap(({ name, attributes }) =>
    Object.keys(attributes)
      .filter((attribute) => !knownAttributes[noun].has(attribute))
      .sort()
      .map((attribute) =>
        attribute === 'password'
          ? `The password of ${noun} "${name}" is not set: accounts are made without one, so that nobody can log in`
          : `The attribute "${attribute}" of ${noun} "${name}" is not known, and has no effect`,
      ),
  );

type Numbered = Readonly<{ noun: 'user'; idName: 'uid' } | { noun: 'group'; idName: 'gid' }>;
const asUser: Numbered = { noun: 'user', idName: 'uid' };
const asGroup: Numbered = { noun: 'group', idName: 'gid' };

const otherId = ({ noun, idName }: Numbered, name: string, actual: number, wanted: number): ModelError =>
  new ModelError({
    what: `The ${noun} "${name}" has the ${idName} ${actual}, but the model wants ${wanted}`,
    why: `Files that belong to ${idName} ${actual} would change hands: that is never done silently`,
    fix: `Set its ${idName} to ${actual} in the model; or change the ${noun} and the owner of its files by hand, then repeat`,
  });

const takenId = ({ noun, idName }: Numbered, name: string, id: number, owner: string): ModelError =>
  new ModelError({
    what: `The ${noun} "${name}" cannot have the ${idName} ${id}: it belongs to the ${noun} "${owner}"`,
    fix: `Give "${name}" another ${idName}, or remove the ${noun} "${owner}" if nothing needs it any more`,
  });

interface Planned<Step extends CredentialStep> {
  readonly steps: readonly Step[];
  readonly retained: readonly RetainedAccount[];
}

const joined = <Step extends CredentialStep>(parts: readonly Planned<Step>[]): Planned<Step> => ({
  steps: parts.flatMap(({ steps }) => steps),
  retained: parts.flatMap(({ retained }) => retained),
});
const steps = <Step extends CredentialStep>(...some: readonly Step[]): Planned<Step> => ({ steps: some, retained: [] });
const retaining = (account: RetainedAccount | null): Planned<never> => ({
  steps: [],
  retained: account === null ? [] : [account],
});

type GroupStep = CredentialStep & { readonly kind: 'create-group' };

/** Groups to make, those that users need as their primary group included. */
const planGroups = ({ wanted, existing, ledger }: CredentialSituation): Planned<GroupStep> => {
  const implied = wanted.users
    .filter(({ name, group }) => group === null && !existing.users.some((user) => user.name === name))
    .filter(({ name }) => !wanted.groups.some((group) => group.name === name))
    .map((user) => ({ name: primaryGroupOf(user), gid: null, attributes: {} }));

  const gids = new Map(existing.groups.map(({ gid, name }) => [gid, name]));
  return joined(
    [...wanted.groups, ...implied].map((spec): Planned<GroupStep> => {
      const { name, gid } = spec;
      checkName('group', name);
      const actual = existing.groups.find((group) => group.name === name);
      if (actual !== undefined) {
        if (!isOurs(ledger, 'groups', name, actual.gid)) return retaining(retainedGroup(spec, actual));
        if (gid !== null && actual.gid !== gid) throw otherId(asGroup, name, actual.gid, gid);
        return steps();
      }
      if (gid !== null) {
        const owner = gids.get(gid);
        if (owner !== undefined) throw takenId(asGroup, name, gid, owner);
        gids.set(gid, name);
      }
      return steps({ kind: 'create-group', group: { name, gid }, reason: 'it does not exist' });
    }),
  );
};

const planUsers = (
  { wanted, existing, ledger }: CredentialSituation,
  newGroups: readonly string[],
): Planned<CredentialStep> => {
  const uids = new Map(existing.users.map(({ uid, name }) => [uid, name]));
  return joined(
    wanted.users.map((spec): Planned<CredentialStep> => {
      checkUser(spec);
      const { name, uid, description, homeDir, shell } = spec;
      const group = primaryGroupOf(spec);
      const actual = existing.users.find((user) => user.name === name);
      if (actual !== undefined && !isOurs(ledger, 'users', name, actual.uid))
        return retaining(retainedUser(spec, actual, existing.groups));
      if (spec.group !== null && !newGroups.includes(group) && !existing.groups.some((one) => one.name === group)) {
        throw new ModelError({
          what: `The user "${name}" wants the group "${group}", which does not exist`,
          why: 'Neither the credentials of the model nor this machine have such a group',
          fix: `Add "${group}" to the groups of the credentials, or name another group`,
        });
      }
      if (actual === undefined) {
        if (uid !== null) {
          const owner = uids.get(uid);
          if (owner !== undefined) throw takenId(asUser, name, uid, owner);
          uids.set(uid, name);
        }
        const user = { name, uid, group, description, homeDir, shell };
        return steps({ kind: 'create-user', user, reason: 'it does not exist' });
      }
      if (uid !== null && actual.uid !== uid) throw otherId(asUser, name, actual.uid, uid);
      const changes = changesOf(spec, actual, existing.groups);
      const reason = comparedProperties(changes, actual, existing.groups)
        .map(([property, now, then]) => `${property}: ${now} → ${then}`)
        .join(', ');
      return reason === '' ? steps() : steps({ kind: 'modify-user', name, changes, reason });
    }),
  );
};

const planHomes = ({ wanted, existingHomes, userChanges }: CredentialSituation): readonly CredentialStep[] => {
  const planned = new Set<string>();
  return wanted.users.flatMap(({ name, homeDir, createHomeDir }): readonly CredentialStep[] => {
    if (!createHomeDir || homeDir === null || existingHomes.has(homeDir) || planned.has(homeDir)) return [];
    planned.add(homeDir);
    return [{ kind: 'create-home', path: homeDir, owner: userChanges ? name : null, reason: 'it does not exist' }];
  });
};

/** What happens to one account of the ledger that nothing names any more. */
const planRemoval = (
  account: keyof AccountLedger,
  name: string,
  recorded: number | null,
  actual: number | undefined,
  remove: CredentialStep,
): CredentialStep => {
  if (actual === undefined) return { kind: 'forget', account, name, reason: 'it does not exist any more' };
  if (recorded === null || recorded === actual) return remove;
  return { kind: 'forget', account, name, reason: `it is another one: its ID is ${actual}, ours was ${recorded}` };
};

const planRemovals = ({ wanted, existing, ledger, stillNamed }: CredentialSituation): readonly CredentialStep[] => {
  const named = namesIn([wanted]);
  const obsolete = (account: keyof AccountLedger): readonly (readonly [string, number | null])[] =>
    Object.entries(ledger[account])
      .filter(([name]) => !named[account].has(name) && !stillNamed[account].has(name))
      .sort(([a], [b]) => (a < b ? -1 : 1));
  const reason = 'we made it, and no remaining generation names it';

  const groups = obsolete('groups').map(([name, recorded]) => {
    const actual = existing.groups.find((group) => group.name === name)?.gid;
    return planRemoval('groups', name, recorded, actual, { kind: 'remove-group', name, reason });
  });
  const removedGroups = new Set(groups.flatMap((step) => (step.kind === 'remove-group' ? [step.name] : [])));
  const users = obsolete('users').map(([name, recorded]) => {
    const actual = existing.users.find((user) => user.name === name)?.uid;
    const keepGroup = removedGroups.has(name) ? null : (existing.groups.find((group) => group.name === name) ?? null);
    return planRemoval('users', name, recorded, actual, { kind: 'remove-user', name, keepGroup, reason });
  });
  // A group cannot go while it is somebody's primary group.
  return [...users, ...groups];
};

/**
 * Decides what to do so that the wanted users and groups exist, and those that only we needed are gone. Pure.
 *
 * An account that has what is asked is left alone, whoever made it; what is not asked is not looked at. A home directory
 * that exists is left alone too. A group or user is changed or removed only when the ledger says that we made it.
 *
 * @throws ModelError when an account of ours has, or a new one would need, an ID other than the one asked, when the group of
 *   such a user does not exist, or when a value cannot stand in passwd(5)
 */
export const planCredentials = (situation: CredentialSituation): CredentialPlan => {
  const { wanted, userChanges } = situation;
  if (!userChanges) return { preparations: planHomes(situation), removals: [], notes: [], retained: [] };
  const groups = planGroups(situation);
  const users = planUsers(
    situation,
    groups.steps.map(({ group: { name } }) => name),
  );
  return {
    preparations: [...groups.steps, ...users.steps, ...planHomes(situation)],
    removals: planRemovals(situation),
    notes: [
      ...notesOn('group', wanted.groups),
      ...notesOn('user', wanted.users),
      ...wanted.users
        .filter(({ createHomeDir, homeDir }) => createHomeDir && homeDir === null)
        .map(({ name }) => `The user "${name}" gets no home directory: createHomeDir is set, but homeDir is not`),
    ],
    retained: [...groups.retained, ...users.retained],
  };
};

/** What a step is about, for people: `user "webapp"`. */
export const subjectOf = (step: CredentialStep): string => {
  switch (step.kind) {
    case 'create-group':
      return `group "${step.group.name}"`;
    case 'create-user':
      return `user "${step.user.name}"`;
    case 'modify-user':
    case 'remove-user':
      return `user "${step.name}"`;
    case 'remove-group':
      return `group "${step.name}"`;
    case 'create-home':
      return `home directory ${step.path}`;
    case 'forget':
      return `${step.account === 'users' ? 'user' : 'group'} "${step.name}"`;
    default:
      return unreachable(step);
  }
};

/**
 * Refuses, before anything is done, what an ordinary user may not do.
 *
 * @param uid who we are; 0 may do everything
 * @throws UsageError that names the accounts
 */
export const requireAccountRights = ({ preparations, removals }: CredentialPlan, uid: number): void => {
  const privileged = [...preparations, ...removals].filter(
    (step) => step.kind !== 'forget' && (step.kind !== 'create-home' || step.owner !== null),
  );
  if (uid === 0 || privileged.length === 0) return;
  throw new UsageError({
    what: `Only root may create, change or remove users and groups: ${[...new Set(privileged.map(subjectOf))].join(', ')}`,
    why: `The model asks for them, and the command runs as an ordinary user (uid ${uid})`,
    fix: 'Pass --force-disable-user-change to run every process as yourself, or run the command as root',
  });
};
