import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { findCallingUser } from '../../src/evaluate/calling-user.js';
import { createRun } from '../../src/system/run.js';

const id = (option: string): string => execFileSync('id', [option], { encoding: 'utf8' }).trim();

test('the names of user and group are those that id prints, also when id has to be asked', async () => {
  const names = { callingUser: id('-un'), callingGroup: id('-gn') };
  expect(await findCallingUser(createRun(process.env))).toEqual(names);
});
