import { expect, test } from '@jest/globals';
import type { AccountCommand, AccountDialect } from '../../src/credentials/account-dialect.js';
import type { Accounts } from '../../src/credentials/accounts.js';
import { busybox } from '../../src/credentials/dialects/busybox.js';
import { freebsd } from '../../src/credentials/dialects/freebsd.js';
import { macos } from '../../src/credentials/dialects/macos.js';
import { shadowUtils } from '../../src/credentials/dialects/shadow-utils.js';

const known: Accounts = {
  users: [{ name: '_taken', uid: 401, gid: 401, description: '', homeDir: '', shell: '' }],
  groups: [
    { name: '_taken', gid: 401 },
    { name: 'web', gid: 402 },
  ],
};

const full = {
  name: 'webapp',
  uid: 600,
  group: 'web',
  description: 'Web application, 1st',
  homeDir: '/srv/my web',
  shell: '/bin/bash',
};
const bare = { name: 'webapp', uid: null, group: 'web', description: null, homeDir: null, shell: null };

/** One string for each command, the arguments in brackets so that their borders are seen. */
const lines = (commands: readonly AccountCommand[] | null): readonly string[] | null =>
  commands?.map(({ file, args }) =>
    [file, ...args.map((argument) => (/[ *]|^$/.test(argument) ? `[${argument}]` : argument))].join(' '),
  ) ?? null;

const commandsOf = (dialect: AccountDialect) => ({
  createGroup: lines(dialect.createGroup({ name: 'web', gid: 500 }, known)),
  createGroupAnyId: lines(dialect.createGroup({ name: 'web', gid: null }, known)),
  createUser: lines(dialect.createUser(full, known)),
  createUserBare: lines(dialect.createUser(bare, known)),
  modifyUser: lines(
    dialect.modifyUser('webapp', { group: 'web', description: 'D', homeDir: '/h', shell: '/s' }, known),
  ),
  modifyShell: lines(dialect.modifyUser('webapp', { shell: '/s' }, known)),
  removeUser: lines(dialect.removeUser('webapp')),
  removeGroup: lines(dialect.removeGroup('web')),
});

test('shadow-utils', () => {
  expect(commandsOf(shadowUtils)).toEqual({
    createGroup: ['groupadd --system --gid 500 -- web'],
    createGroupAnyId: ['groupadd --system -- web'],
    createUser: [
      'useradd --system --no-create-home --no-log-init --uid 600 --gid web --comment [Web application, 1st] --home-dir [/srv/my web] --shell /bin/bash -- webapp',
    ],
    createUserBare: ['useradd --system --no-create-home --no-log-init --gid web --home-dir /dev/null -- webapp'],
    modifyUser: ['usermod --gid web --comment D --home /h --shell /s -- webapp'],
    modifyShell: ['usermod --shell /s -- webapp'],
    removeUser: ['userdel -- webapp'],
    removeGroup: ['groupdel -- web'],
  });
});

test('BusyBox', () => {
  expect(commandsOf(busybox)).toEqual({
    createGroup: ['busybox addgroup -S -g 500 web'],
    createGroupAnyId: ['busybox addgroup -S web'],
    createUser: [
      'busybox adduser -S -D -H -u 600 -G web -g [Web application, 1st] -h [/srv/my web] -s /bin/bash webapp',
    ],
    createUserBare: ['busybox adduser -S -D -H -G web -g [] -h /dev/null -s /bin/sh webapp'],
    modifyUser: null,
    modifyShell: null,
    removeUser: ['busybox deluser webapp'],
    removeGroup: ['busybox delgroup web'],
  });
});

test('FreeBSD', () => {
  expect(commandsOf(freebsd)).toEqual({
    createGroup: ['pw groupadd -n web -g 500'],
    createGroupAnyId: ['pw groupadd -n web'],
    createUser: ['pw useradd -n webapp -u 600 -g web -c [Web application, 1st] -d [/srv/my web] -s /bin/bash -w no'],
    createUserBare: ['pw useradd -n webapp -g web -d /var/empty -w no'],
    modifyUser: ['pw usermod -n webapp -g web -c D -d /h -s /s'],
    modifyShell: ['pw usermod -n webapp -s /s'],
    removeUser: ['pw userdel -n webapp'],
    removeGroup: ['pw groupdel -n web'],
  });
});

test('macOS, where free IDs are ours to choose', () => {
  const create = (attribute: string): string => `dscl . -create /Users/webapp ${attribute}`;
  expect(commandsOf(macos)).toEqual({
    createGroup: ['dseditgroup -o create -i 500 -r web web'],
    createGroupAnyId: ['dseditgroup -o create -i 403 -r web web'],
    createUser: [
      'dscl . -create /Users/webapp',
      create('UniqueID 600'),
      create('PrimaryGroupID 402'),
      create('RealName [Web application, 1st]'),
      create('NFSHomeDirectory [/srv/my web]'),
      create('UserShell /bin/bash'),
      create('IsHidden 1'),
      create('Password [*]'),
    ],
    createUserBare: [
      'dscl . -create /Users/webapp',
      create('UniqueID 402'),
      create('PrimaryGroupID 402'),
      create('RealName webapp'),
      create('NFSHomeDirectory /var/empty'),
      create('UserShell /bin/sh'),
      create('IsHidden 1'),
      create('Password [*]'),
    ],
    modifyUser: [
      create('PrimaryGroupID 402'),
      create('RealName D'),
      create('NFSHomeDirectory /h'),
      create('UserShell /s'),
    ],
    modifyShell: [create('UserShell /s')],
    removeUser: ['dscl . -delete /Users/webapp'],
    removeGroup: ['dseditgroup -o delete web'],
  });
});

test('files in the format of passwd(5) and group(5) are understood, empty fields and members included', () => {
  expect(shadowUtils.parseUsers('web:x:600:500:Web, 1st:/srv/web:\n')).toEqual([
    { name: 'web', uid: 600, gid: 500, description: 'Web, 1st', homeDir: '/srv/web', shell: '' },
  ]);
  expect(busybox.parseGroups('web:x:500:a,b\nempty:x:501:\n')).toEqual([
    { name: 'web', gid: 500 },
    { name: 'empty', gid: 501 },
  ]);
});

test('the records that dscl prints are understood, values with blanks included', () => {
  const users = [
    'NFSHomeDirectory: /var/empty',
    'PrimaryGroupID: 402',
    'RealName:',
    ' Web application: 1st',
    'RecordName: _web web',
    'UniqueID: 600',
    'UserShell: /bin/sh',
    '-',
    'NFSHomeDirectory: /var/root',
    'PrimaryGroupID: 0',
    'RealName:',
    ' System Administrator',
    'RecordName: root',
    'UniqueID: 0',
    'UserShell: /bin/sh',
    '',
  ].join('\n');
  expect(macos.parseUsers(users)).toEqual([
    { name: '_web', uid: 600, gid: 402, description: 'Web application: 1st', homeDir: '/var/empty', shell: '/bin/sh' },
    { name: 'root', uid: 0, gid: 0, description: 'System Administrator', homeDir: '/var/root', shell: '/bin/sh' },
  ]);
  expect(
    macos.parseGroups('PrimaryGroupID: -2\nRecordName: nobody\n-\nPrimaryGroupID: 20\nRecordName: staff\n'),
  ).toEqual([
    { name: 'nobody', gid: -2 },
    { name: 'staff', gid: 20 },
  ]);
});
