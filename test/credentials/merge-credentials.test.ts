import { expect, test } from '@jest/globals';
import { mergeCredentials } from '../../src/credentials/merge-credentials.js';
import { ModelError } from '../../src/system/errors.js';
import { group, unit, user } from './credentials-of.js';

test('what several instances ask for is asked once, sorted by name', () => {
  const shared = user('www', { group: 'www', homeDir: '/var/www' });
  expect(
    mergeCredentials([
      unit('b', [group('www'), group('beta')], [shared]),
      unit('a', [group('www')], [shared, user('alpha')]),
    ]),
  ).toEqual({ groups: [group('beta'), group('www')], users: [user('alpha'), shared] });
});

test('what one instance leaves open another may set', () => {
  const merged = mergeCredentials([
    unit('a', [group('www')], [user('www', { description: 'Web', attributes: { description: 'Web' } })]),
    unit(
      'b',
      [group('www', 80)],
      [user('www', { createHomeDir: true, homeDir: '/www', attributes: { homeDir: '/www' } })],
    ),
  ]);
  expect(merged).toEqual({
    groups: [group('www', 80)],
    users: [
      user('www', {
        description: 'Web',
        homeDir: '/www',
        createHomeDir: true,
        attributes: { description: 'Web', homeDir: '/www' },
      }),
    ],
  });
});

test('instances that disagree about a user or a group are both named', () => {
  const attempt = (): unknown =>
    mergeCredentials([
      unit('first', [], [user('www', { homeDir: '/a' })]),
      unit('second', [], [user('www', { homeDir: '/b' })]),
    ]);
  expect(attempt).toThrow(ModelError);
  expect(attempt).toThrow(
    expect.objectContaining({
      message: 'Process instances "first" and "second" disagree about the user "www"',
      why: 'Its homeDir is "/a" for "first" and "/b" for "second"',
      fix: 'Give both the same homeDir, or each its own user',
    }),
  );
  expect(() => mergeCredentials([unit('first', [group('www', 80)]), unit('second', [group('www', 81)])])).toThrow(
    expect.objectContaining({ why: 'Its gid is 80 for "first" and 81 for "second"' }),
  );
});
