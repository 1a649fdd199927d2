import type { Accounts, Group, NewGroup, NewUser, User, UserChanges } from './accounts.js';

/** One command, as argv. */
export interface AccountCommand {
  readonly file: string;
  readonly args: readonly string[];
}

/**
 * How one family of platforms manages accounts: pure functions from what is wanted to commands, and from what a command
 * printed to facts. Names have been checked; they cannot be taken for options.
 */
export interface AccountDialect {
  /** For messages: "shadow-utils". */
  readonly name: string;
  /** A command that prints at least the users of these names and uids; it may end in `notFound`. */
  readUsers(keys: readonly (string | number)[]): AccountCommand;
  parseUsers(stdout: string): readonly User[];
  /** The same for groups. */
  readGroups(keys: readonly (string | number)[]): AccountCommand;
  parseGroups(stdout: string): readonly Group[];
  /** The exit code of a reading command that found some of the keys only; null when there is none. */
  readonly notFound: number | null;
  /** @param known accounts as they are now, for platforms where we have to choose free IDs */
  createGroup(group: NewGroup, known: Accounts): readonly AccountCommand[];
  createUser(user: NewUser, known: Accounts): readonly AccountCommand[];
  /** @returns null when the platform's tools cannot change an account */
  modifyUser(name: string, changes: UserChanges, known: Accounts): readonly AccountCommand[] | null;
  removeUser(name: string): readonly AccountCommand[];
  removeGroup(name: string): readonly AccountCommand[];
}

/** An option with its value; nothing when there is no value. */
export const option = (flag: string, value: string | number | null | undefined): readonly string[] =>
  value === null || value === undefined ? [] : [flag, String(value)];

const fieldsOf = (stdout: string): readonly (readonly string[])[] =>
  stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(':'));

/** Lines of passwd(5): name:password:uid:gid:description:home:shell */
export const parsePasswd = (stdout: string): readonly User[] =>
  fieldsOf(stdout).flatMap(([name, , uid, gid, description, homeDir, shell]) =>
    name === undefined || uid === undefined || gid === undefined
      ? []
      : [
          {
            name,
            uid: Number(uid),
            gid: Number(gid),
            description: description ?? '',
            homeDir: homeDir ?? '',
            shell: shell ?? '',
          },
        ],
  );

/** Lines of group(5): name:password:gid:members */
export const parseGroup = (stdout: string): readonly Group[] =>
  fieldsOf(stdout).flatMap(([name, , gid]) =>
    name === undefined || gid === undefined ? [] : [{ name, gid: Number(gid) }],
  );

/** Reading by getent(1), which asks every source of accounts (files, LDAP …) for certain names and IDs. */
export const getent = {
  readUsers: (keys: readonly (string | number)[]): AccountCommand => ({
    file: 'getent',
    args: ['passwd', ...keys.map(String)],
  }),
  parseUsers: parsePasswd,
  readGroups: (keys: readonly (string | number)[]): AccountCommand => ({
    file: 'getent',
    args: ['group', ...keys.map(String)],
  }),
  parseGroups: parseGroup,
  notFound: 2,
} as const;
