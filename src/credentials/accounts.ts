import type { Credentials } from '../model/process-model.js';

/** A user account as the platform describes it. */
export interface User {
  readonly name: string;
  readonly uid: number;
  /** Of its primary group. */
  readonly gid: number;
  readonly description: string;
  readonly homeDir: string;
  readonly shell: string;
}

/** A group as the platform describes it. */
export interface Group {
  readonly name: string;
  readonly gid: number;
}

/** What the platform knows of the names and IDs that it was asked for. */
export interface Accounts {
  readonly users: readonly User[];
  readonly groups: readonly Group[];
}

/** A group to be made; without a gid the platform chooses one for a system group. */
export interface NewGroup {
  readonly name: string;
  readonly gid: number | null;
}

/** A user to be made: a system account without a password. Null leaves the choice to the platform. */
export interface NewUser {
  readonly name: string;
  readonly uid: number | null;
  /** Name of its primary group, which exists. */
  readonly group: string;
  readonly description: string | null;
  readonly homeDir: string | null;
  readonly shell: string | null;
}

/** Attributes of a user that are to change. */
export type UserChanges = Partial<Readonly<Record<'group' | 'description' | 'homeDir' | 'shell', string>>>;

/** Names of users and groups. */
export interface AccountNames {
  readonly users: ReadonlySet<string>;
  readonly groups: ReadonlySet<string>;
}

/** The primary group of a user who names none is that of its own name. */
export const primaryGroupOf = ({ name, group }: { readonly name: string; readonly group: string | null }): string =>
  group ?? name;

/** Every user and group that some credentials name, directly or as a user's primary group. */
export const namesIn = (credentials: readonly Credentials[]): AccountNames => ({
  users: new Set(credentials.flatMap(({ users }) => users.map(({ name }) => name))),
  groups: new Set(
    credentials.flatMap(({ users, groups }) => [...groups.map(({ name }) => name), ...users.map(primaryGroupOf)]),
  ),
});
