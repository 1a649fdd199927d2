import { getent, option, type AccountCommand, type AccountDialect } from '../account-dialect.js';

const pw = (...args: readonly string[]): AccountCommand => ({ file: 'pw', args });

/** FreeBSD: pw(8). */
export const freebsd: AccountDialect = {
  name: 'pw',
  ...getent,
  createGroup: ({ name, gid }) => [pw('groupadd', '-n', name, ...option('-g', gid))],
  createUser: ({ name, uid, group, description, homeDir, shell }) => [
    pw(
      ...['useradd', '-n', name],
      ...option('-u', uid),
      ...['-g', group],
      ...option('-c', description),
      ...['-d', homeDir ?? '/var/empty'],
      ...option('-s', shell),
      // No password, so that nobody can log in with one.
      ...['-w', 'no'],
    ),
  ],
  modifyUser: (name, { group, description, homeDir, shell }) => [
    pw(
      ...['usermod', '-n', name],
      ...option('-g', group),
      ...option('-c', description),
      ...option('-d', homeDir),
      ...option('-s', shell),
    ),
  ],
  removeUser: (name) => [pw('userdel', '-n', name)],
  removeGroup: (name) => [pw('groupdel', '-n', name)],
};
