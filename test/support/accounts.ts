import { userInfo } from 'node:os';

/** Who runs the tool in a test. */
export interface Account {
  /** For the names of tests. */
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** Put before a command to run it as this user. */
  readonly prefix: readonly string[];
}

const caller = userInfo();

const root: Account = { name: 'root', uid: 0, gid: 0, prefix: [] };

// No account in /etc/passwd is needed for an ID that has its own Nix store; it is Debian's "nobody" for a name alone.
const nobody: Account = {
  name: 'an ordinary user',
  uid: 65534,
  gid: 65534,
  prefix: ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'],
};

/** The accounts that the tests can work as: as root these two, else the caller's own. */
export const accounts: readonly Account[] =
  caller.uid === 0 ? [root, nobody] : [{ name: 'an ordinary user', uid: caller.uid, gid: caller.gid, prefix: [] }];

/** argv of a command as an account runs it. */
export const asAccount = (
  { prefix: [changeUser, ...options] }: Account,
  file: string,
  args: readonly string[],
): { readonly file: string; readonly args: readonly string[] } =>
  changeUser === undefined ? { file, args } : { file: changeUser, args: [...options, file, ...args] };
