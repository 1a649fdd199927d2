import type { GroupSpec, UserSpec } from '../model/process-model.js';
import { primaryGroupOf, type Group, type User, type UserChanges } from './accounts.js';
import type { AccountLedger } from './ledger.js';

/** An account that is not as the model describes it and stays as it is, since we did not make it. */
export interface RetainedAccount {
  readonly account: keyof AccountLedger;
  readonly name: string;
  /** What it has and what the model asks for, property by property: "uid 105 (the model: 600)". */
  readonly differences: readonly string[];
}

/** Whether the account of this name is the one that we made; the ID is the account's on this machine. */
export const isOurs = (ledger: AccountLedger, account: keyof AccountLedger, name: string, id: number): boolean => {
  const recorded = Object.hasOwn(ledger[account], name) ? ledger[account][name] : undefined;
  // Null: its making was interrupted.
  return recorded !== undefined && (recorded === null || recorded === id);
};

const difference = (property: string, actual: string | number, wanted: string | number): string =>
  `${property} ${actual === '' ? '""' : actual} (the model: ${wanted === '' ? '""' : wanted})`;

/** The group of a user, by name where it is known. */
const groupOf = ({ gid }: User, groups: readonly Group[]): string =>
  groups.find((group) => group.gid === gid)?.name ?? `gid ${gid}`;

/** What of an existing user differs from what is asked, but for its uid. */
export const changesOf = (spec: UserSpec, actual: User, groups: readonly Group[]): UserChanges => {
  const { group, description, homeDir, shell } = spec;
  const hasGroup = group === null || groups.some(({ name, gid }) => name === group && gid === actual.gid);
  return {
    ...(hasGroup ? {} : { group: primaryGroupOf(spec) }),
    ...(description === null || description === actual.description ? {} : { description }),
    ...(homeDir === null || homeDir === actual.homeDir ? {} : { homeDir }),
    ...(shell === null || shell === actual.shell ? {} : { shell }),
  };
};

/** The same with what it has now: [property, now, then]. */
export const comparedProperties = (
  changes: UserChanges,
  actual: User,
  groups: readonly Group[],
): readonly (readonly [string, string, string])[] => {
  const before = { ...actual, group: groupOf(actual, groups) };
  return (Object.keys(changes) as (keyof UserChanges)[]).map((property) => [
    property,
    before[property],
    changes[property] ?? '',
  ]);
};

/** @returns null when the group has what is asked */
export const retainedGroup = ({ name, gid }: GroupSpec, actual: Group): RetainedAccount | null =>
  gid === null || gid === actual.gid
    ? null
    : { account: 'groups', name, differences: [difference('gid', actual.gid, gid)] };

/** @returns null when the user has what is asked */
export const retainedUser = (spec: UserSpec, actual: User, groups: readonly Group[]): RetainedAccount | null => {
  const { name, uid } = spec;
  const differences = [
    ...(uid === null || uid === actual.uid ? [] : [difference('uid', actual.uid, uid)]),
    ...comparedProperties(changesOf(spec, actual, groups), actual, groups).map(([property, now, then]) =>
      difference(property, now, then),
    ),
  ];
  return differences.length === 0 ? null : { account: 'users', name, differences };
};
