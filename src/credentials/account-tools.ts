import { ActivationError } from '../system/errors.js';
import type { Ports } from '../system/ports.js';
import type { AccountCommand, AccountDialect } from './account-dialect.js';
import type { Accounts, NewGroup, NewUser, UserChanges } from './accounts.js';
import type { AccountQuery } from './plan-credentials.js';

/** Reads and changes the accounts of this machine. Every function throws ActivationError with the platform's words. */
export interface AccountTools {
  /** For messages: "shadow-utils". */
  readonly name: string;
  /** What the platform knows of these names and IDs, perhaps with others. */
  read(query: AccountQuery): Promise<Accounts>;
  createGroup(group: NewGroup): Promise<void>;
  createUser(user: NewUser): Promise<void>;
  modifyUser(name: string, changes: UserChanges): Promise<void>;
  removeUser(name: string): Promise<void>;
  removeGroup(name: string): Promise<void>;
}

/** PATH with the directories of administration programs, which cron and ordinary users' shells leave out. */
export const administrationPath = (path: string | undefined): string =>
  [
    ...new Set([
      ...(path ?? '').split(':').filter((directory) => directory !== ''),
      '/usr/sbin',
      '/sbin',
      '/usr/bin',
      '/bin',
    ]),
  ].join(':');

/** The tools of one platform, run by `run`. */
export const accountTools = (dialect: AccountDialect, { run, log, env }: Ports): AccountTools => {
  const execute = ({ file, args }: AccountCommand) =>
    // Messages are matched nowhere, but they are shown: in the language of our own.
    run({ file, args, env: { PATH: administrationPath(env['PATH']), LC_ALL: 'C' } });

  const perform = async (what: string, commands: readonly AccountCommand[]): Promise<void> => {
    for (const command of commands) {
      log.debug({ file: command.file, args: command.args }, 'changing accounts');
      const { exitCode, stdout, stderr } = await execute(command);
      if (exitCode === 0) continue;
      throw new ActivationError({
        what,
        why: (stderr || stdout).trim() || `${command.file} ended with exit code ${exitCode}`,
        fix: 'Correct what it complains about, then repeat the command',
      });
    }
  };

  const readWith = async (command: AccountCommand): Promise<string> => {
    const { exitCode, stdout, stderr } = await execute(command);
    if (exitCode === 0 || exitCode === dialect.notFound) return stdout;
    throw new ActivationError({
      what: 'The users and groups of this machine cannot be read',
      why: stderr.trim() || `${command.file} ended with exit code ${exitCode}`,
      fix: `Make sure that "${[command.file, ...command.args].join(' ')}" works`,
    });
  };

  const read = async ({ users, groups }: AccountQuery): Promise<Accounts> => ({
    // Without keys getent would list everything.
    users: users.length === 0 ? [] : dialect.parseUsers(await readWith(dialect.readUsers(users))),
    groups: groups.length === 0 ? [] : dialect.parseGroups(await readWith(dialect.readGroups(groups))),
  });

  return {
    name: dialect.name,
    read,
    createGroup: async (group) => {
      const known = await read({ users: [], groups: [group.name] });
      await perform(`The group "${group.name}" cannot be created`, dialect.createGroup(group, known));
    },
    createUser: async (user) => {
      const known = await read({ users: [user.name], groups: [user.group] });
      await perform(`The user "${user.name}" cannot be created`, dialect.createUser(user, known));
    },
    modifyUser: async (name, changes) => {
      const known = await read({ users: [name], groups: changes.group === undefined ? [] : [changes.group] });
      const commands = dialect.modifyUser(name, changes, known);
      const what = `The user "${name}" cannot be changed`;
      if (commands === null) {
        throw new ActivationError({
          what,
          why: `${dialect.name} has no command for it`,
          fix: `Install shadow-utils (the package "shadow" of Alpine), or change "${name}" in /etc/passwd by hand`,
        });
      }
      await perform(what, commands);
    },
    removeUser: (name) => perform(`The user "${name}" cannot be removed`, dialect.removeUser(name)),
    removeGroup: (name) => perform(`The group "${name}" cannot be removed`, dialect.removeGroup(name)),
  };
};
