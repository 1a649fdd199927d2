import { expect, test } from '@jest/globals';
import { takePasswordMarks } from '../../src/model/password-marks.js';

test('marks are taken out, and tell who had a password', () => {
  const args = {
    process: '/bin/webapp',
    credentials: { groups: {}, users: { a: { uid: 1, hasPassword: true }, b: { uid: 2 } } },
  };
  expect(takePasswordMarks(args)).toEqual({
    arguments: { process: '/bin/webapp', credentials: { groups: {}, users: { a: { uid: 1 }, b: { uid: 2 } } } },
    users: ['a'],
  });
});

test('arguments without marks stay as they are', () => {
  for (const args of [{}, { credentials: null }, { credentials: { users: { a: {} } } }]) {
    expect(takePasswordMarks(args)).toEqual({ arguments: args, users: [] });
  }
});
