import { getent, option, type AccountDialect } from '../account-dialect.js';

/**
 * Most Linux distributions: groupadd(8), useradd(8), usermod(8), userdel(8), groupdel(8).
 *
 * Home directories are made by us (useradd would copy /etc/skel into them), and without --no-log-init a large uid makes
 * useradd write a huge sparse /var/log/lastlog.
 */
export const shadowUtils: AccountDialect = {
  name: 'shadow-utils',
  ...getent,
  createGroup: ({ name, gid }) => [{ file: 'groupadd', args: ['--system', ...option('--gid', gid), '--', name] }],
  createUser: ({ name, uid, group, description, homeDir, shell }) => [
    {
      file: 'useradd',
      args: [
        ...['--system', '--no-create-home', '--no-log-init'],
        ...option('--uid', uid),
        ...['--gid', group],
        ...option('--comment', description),
        ...['--home-dir', homeDir ?? '/dev/null'],
        ...option('--shell', shell),
        ...['--', name],
      ],
    },
  ],
  modifyUser: (name, { group, description, homeDir, shell }) => [
    {
      file: 'usermod',
      args: [
        ...option('--gid', group),
        ...option('--comment', description),
        ...option('--home', homeDir),
        ...option('--shell', shell),
        ...['--', name],
      ],
    },
  ],
  removeUser: (name) => [{ file: 'userdel', args: ['--', name] }],
  removeGroup: (name) => [{ file: 'groupdel', args: ['--', name] }],
};
