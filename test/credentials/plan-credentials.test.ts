import { expect, test } from '@jest/globals';
import { namesIn, type User } from '../../src/credentials/accounts.js';
import { emptyLedger } from '../../src/credentials/ledger.js';
import {
  accountQuery,
  planCredentials,
  requireAccountRights,
  type CredentialPlan,
  type CredentialSituation,
} from '../../src/credentials/plan-credentials.js';
import { ModelError, UsageError } from '../../src/system/errors.js';
import { credentials, group, user } from './credentials-of.js';

const plan = (situation: Partial<CredentialSituation>): CredentialPlan =>
  planCredentials({
    wanted: credentials([]),
    existing: { users: [], groups: [] },
    existingHomes: new Set(),
    ledger: emptyLedger,
    stillNamed: namesIn([]),
    userChanges: true,
    ...situation,
  });

const account = (name: string, uid: number, properties: Partial<User> = {}): User => ({
  name,
  uid,
  gid: uid,
  description: '',
  homeDir: '/dev/null',
  shell: '/bin/sh',
  ...properties,
});

const absent = 'it does not exist';

test('missing groups come first, then users, then their home directories', () => {
  const wanted = credentials(
    [group('web', 500)],
    [
      user('web', {
        uid: 600,
        group: 'web',
        description: 'Web',
        homeDir: '/srv/web',
        createHomeDir: true,
        shell: '/bin/sh',
      }),
    ],
  );
  expect(plan({ wanted })).toEqual({
    preparations: [
      { kind: 'create-group', group: { name: 'web', gid: 500 }, reason: absent },
      {
        kind: 'create-user',
        user: { name: 'web', uid: 600, group: 'web', description: 'Web', homeDir: '/srv/web', shell: '/bin/sh' },
        reason: absent,
      },
      { kind: 'create-home', path: '/srv/web', owner: 'web', reason: absent },
    ],
    removals: [],
    notes: [],
    retained: [],
  });
});

test('accounts that have what is asked are left alone, whoever made them', () => {
  const wanted = credentials([group('web')], [user('web', { group: 'web', shell: '/bin/sh' })]);
  const existing = {
    groups: [{ name: 'web', gid: 7 }],
    users: [account('web', 5, { gid: 7, description: 'not asked', homeDir: '/not/asked' })],
  };
  expect(plan({ wanted, existing })).toEqual({ preparations: [], removals: [], notes: [], retained: [] });
});

test('a user without a group gets one of its own name, which stays as long as the user does', () => {
  const wanted = credentials([], [user('web')]);
  expect(plan({ wanted }).preparations).toEqual([
    { kind: 'create-group', group: { name: 'web', gid: null }, reason: absent },
    expect.objectContaining({ kind: 'create-user', user: expect.objectContaining({ name: 'web', group: 'web' }) }),
  ]);
  const existing = { groups: [{ name: 'web', gid: 900 }], users: [account('web', 900)] };
  const ledger = { users: { web: 900 }, groups: { web: 900 } };
  expect(plan({ wanted, existing, ledger })).toEqual({ preparations: [], removals: [], notes: [], retained: [] });
});

const changed = credentials(
  [group('new', 8)],
  [user('web', { uid: 5, group: 'new', description: 'New', homeDir: '/new', shell: '/bin/new' })],
);
const old = {
  groups: [
    { name: 'old', gid: 7 },
    { name: 'new', gid: 8 },
  ],
  users: [account('web', 5, { gid: 7, description: 'Old', homeDir: '/old', shell: '/bin/old' })],
};

test.each([5, null])(
  'attributes of a user that we made are changed, with the reason (in the ledger: %s)',
  (recorded) => {
    const ledger = { users: { web: recorded }, groups: {} };
    expect(plan({ wanted: changed, existing: old, ledger })).toMatchObject({
      preparations: [
        {
          kind: 'modify-user',
          name: 'web',
          changes: { group: 'new', description: 'New', homeDir: '/new', shell: '/bin/new' },
          reason: 'group: old → new, description: Old → New, homeDir: /old → /new, shell: /bin/old → /bin/new',
        },
      ],
      retained: [],
    });
  },
);

test.each([
  ['that we did not make', emptyLedger],
  ['of the name of one that we made', { users: { web: 777 }, groups: { new: 777 } }],
])('an account %s stays as it is, with a warning of every difference', (_, ledger) => {
  const wanted = credentials(
    [group('new', 9)],
    [
      user('web', { uid: 6, group: 'nobodys', description: 'New', homeDir: '/new', shell: '/bin/new' }),
      user('root', { uid: 1 }),
    ],
  );
  const existing = { ...old, users: [...old.users, account('root', 0)] };
  expect(plan({ wanted, existing, ledger })).toMatchObject({
    preparations: [],
    retained: [
      { account: 'groups', name: 'new', differences: ['gid 8 (the model: 9)'] },
      {
        account: 'users',
        name: 'web',
        differences: [
          'uid 5 (the model: 6)',
          'group old (the model: nobodys)',
          'description Old (the model: New)',
          'homeDir /old (the model: /new)',
          'shell /bin/old (the model: /bin/new)',
        ],
      },
      { account: 'users', name: 'root', differences: ['uid 0 (the model: 1)'] },
    ],
  });
});

const made = { users: { web: 5 }, groups: { web: 5 } };

test.each([
  [
    'another uid of a user that we made',
    credentials([], [user('web', { uid: 600 })]),
    { groups: [], users: [account('web', 5)] },
    'The user "web" has the uid 5, but the model wants 600',
  ],
  [
    'another gid of a group that we made',
    credentials([group('web', 600)]),
    { groups: [{ name: 'web', gid: 5 }], users: [] },
    'The group "web" has the gid 5, but the model wants 600',
  ],
  [
    'a uid that belongs to another user',
    credentials([], [user('web', { uid: 5 })]),
    { groups: [], users: [account('games', 5)] },
    'The user "web" cannot have the uid 5: it belongs to the user "games"',
  ],
  [
    'a gid that belongs to another group',
    credentials([group('web', 5)]),
    { groups: [{ name: 'games', gid: 5 }], users: [] },
    'The group "web" cannot have the gid 5: it belongs to the group "games"',
  ],
  [
    'a uid that another user of the model wants too',
    credentials([], [user('a', { uid: 5 }), user('b', { uid: 5 })]),
    { groups: [], users: [] },
    'The user "b" cannot have the uid 5: it belongs to the user "a"',
  ],
  [
    'a group that does not exist',
    credentials([], [user('web', { group: 'nobodys' })]),
    { groups: [], users: [] },
    'The user "web" wants the group "nobodys", which does not exist',
  ],
  [
    'a name that looks like an option',
    credentials([group('-f')]),
    { groups: [], users: [] },
    '"-f" cannot be the name of a group',
  ],
  [
    'a description with the separator of passwd(5)',
    credentials([], [user('web', { description: 'x:0:0' })]),
    { groups: [], users: [] },
    'The description of the user "web" contains a colon or a control character',
  ],
  [
    'a relative home directory',
    credentials([], [user('web', { homeDir: 'srv/web' })]),
    { groups: [], users: [] },
    'The homeDir of the user "web" is not an absolute path: "srv/web"',
  ],
])('%s is an error that names the values', (_, wanted, existing, message) => {
  const attempt = (): unknown => plan({ wanted, existing, ledger: made });
  expect(attempt).toThrow(ModelError);
  expect(attempt).toThrow(message);
});

const deployed = {
  existing: { groups: [{ name: 'web', gid: 900 }], users: [account('web', 901, { gid: 900 })] },
  ledger: { users: { web: 901 }, groups: { web: 900 } },
};
const unneeded = 'we made it, and no remaining generation names it';

test('what we made is removed when no remaining generation names it, users before groups', () => {
  expect(plan(deployed).removals).toEqual([
    { kind: 'remove-user', name: 'web', keepGroup: null, reason: unneeded },
    { kind: 'remove-group', name: 'web', reason: unneeded },
  ]);
});

test('what another generation names stays', () => {
  const stillNamed = namesIn([credentials([], [user('web')])]);
  expect(plan({ ...deployed, stillNamed }).removals).toEqual([]);
});

test('what we did not make stays', () => {
  expect(plan({ ...deployed, ledger: emptyLedger }).removals).toEqual([]);
});

test('a group that is still needed is kept when the user of its name goes', () => {
  const stillNamed = namesIn([credentials([group('web')])]);
  expect(plan({ ...deployed, stillNamed }).removals).toEqual([
    { kind: 'remove-user', name: 'web', keepGroup: { name: 'web', gid: 900 }, reason: unneeded },
  ]);
});

test('an account whose making was interrupted is ours', () => {
  const ledger = { users: { web: null }, groups: {} };
  expect(plan({ ...deployed, ledger }).removals).toEqual([
    { kind: 'remove-user', name: 'web', keepGroup: { name: 'web', gid: 900 }, reason: unneeded },
  ]);
});

test('an account that somebody removed, or made anew, is forgotten and not removed', () => {
  const ledger = { users: { web: 777, gone: 5 }, groups: {} };
  expect(plan({ ...deployed, ledger }).removals).toEqual([
    { kind: 'forget', account: 'users', name: 'gone', reason: 'it does not exist any more' },
    { kind: 'forget', account: 'users', name: 'web', reason: 'it is another one: its ID is 901, ours was 777' },
  ]);
});

test('without user changes only home directories are made, as the caller', () => {
  const wanted = credentials([group('web')], [user('web', { homeDir: '/srv/web', createHomeDir: true })]);
  expect(plan({ ...deployed, wanted, userChanges: false })).toEqual({
    preparations: [{ kind: 'create-home', path: '/srv/web', owner: null, reason: absent }],
    removals: [],
    notes: [],
    retained: [],
  });
});

test('a home directory that exists is left alone', () => {
  const wanted = credentials([], [user('web', { homeDir: '/srv/web', createHomeDir: true })]);
  expect(plan({ wanted, existingHomes: new Set(['/srv/web']) }).preparations.map(({ kind }) => kind)).not.toContain(
    'create-home',
  );
});

test('what has no effect is said, and a password is not repeated', () => {
  const attributes = { password: 'geheim', extraGroups: 'a b', shell: '/bin/sh' };
  const wanted = credentials([], [user('web', { createHomeDir: true, shell: '/bin/sh', attributes })]);
  const { notes } = plan({ wanted });
  expect(notes).toEqual([
    'The attribute "extraGroups" of user "web" is not known, and has no effect',
    'The password of user "web" is not set: accounts are made without one, so that nobody can log in',
    'The user "web" gets no home directory: createHomeDir is set, but homeDir is not',
  ]);
  expect(JSON.stringify(plan({ wanted }))).not.toContain('geheim');
});

test('an ordinary user is refused with the way out, unless nothing needs root', () => {
  const wanted = credentials([group('web')], [user('web', { homeDir: '/srv/web', createHomeDir: true })]);
  const attempt = (): void => {
    requireAccountRights(plan({ wanted }), 1000);
  };
  expect(attempt).toThrow(UsageError);
  expect(attempt).toThrow(
    expect.objectContaining({
      message:
        'Only root may create, change or remove users and groups: group "web", user "web", home directory /srv/web',
      fix: 'Pass --force-disable-user-change to run every process as yourself, or run the command as root',
    }),
  );
  expect(() => {
    requireAccountRights(plan({ wanted }), 0);
    requireAccountRights(plan({ wanted, userChanges: false }), 1000);
    requireAccountRights(plan({}), 1000);
  }).not.toThrow();
});

test('the platform is asked about every name and ID that the plan may depend on', () => {
  const wanted = credentials([group('g', 7)], [user('u', { uid: 5, group: 'other' })]);
  expect(accountQuery(wanted, { users: { old: 1 }, groups: { older: 2 } })).toEqual({
    users: ['u', 'old', 5],
    groups: ['g', 'other', 'older', 'old', 7],
  });
});
