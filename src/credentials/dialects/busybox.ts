import { option, parseGroup, parsePasswd, type AccountCommand, type AccountDialect } from '../account-dialect.js';

// Through the multi-call binary: a program named adduser may be Debian's script, which has other options.
const busyboxCommand = (...args: readonly string[]): AccountCommand => ({ file: 'busybox', args });

/**
 * BusyBox without shadow-utils (Alpine, embedded systems): its adduser, addgroup, deluser and delgroup. It has nothing
 * that changes a user. Its systems know accounts from files alone, so these are read.
 */
export const busybox: AccountDialect = {
  name: 'BusyBox',
  readUsers: () => busyboxCommand('cat', '/etc/passwd'),
  parseUsers: parsePasswd,
  readGroups: () => busyboxCommand('cat', '/etc/group'),
  parseGroups: parseGroup,
  notFound: null,
  createGroup: ({ name, gid }) => [busyboxCommand('addgroup', '-S', ...option('-g', gid), name)],
  createUser: ({ name, uid, group, description, homeDir, shell }) => [
    busyboxCommand(
      'adduser',
      // A system account, without a password, without making its home directory.
      ...['-S', '-D', '-H'],
      ...option('-u', uid),
      ...['-G', group],
      ...['-g', description ?? ''],
      ...['-h', homeDir ?? '/dev/null'],
      // Its own default for system accounts is /bin/false, unlike useradd's.
      ...['-s', shell ?? '/bin/sh'],
      name,
    ),
  ],
  modifyUser: () => null,
  removeUser: (name) => [busyboxCommand('deluser', name)],
  removeGroup: (name) => [busyboxCommand('delgroup', name)],
};
