import { appendFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { accounts } from '../support/accounts.js';
import { install, type Installation } from '../support/installation.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.js';
import { describeFailure, runCases } from './run-cases.js';

/** CI tries the same cases each time; `npm run fuzz` others, and more of them. */
const number = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise);
const seed = number('FUZZ_SEED', 1);
const count = number('FUZZ_CASES', 1500);
const from = number('FUZZ_FROM', 0);
const only = process.env['FUZZ_ONLY'];
const reportFile = process.env['FUZZ_REPORT'];
/** A busy machine tries fewer of them. */
const limit = process.env['FUZZ_CASES'] === undefined ? 45_000 : Infinity;

jest.setTimeout(reportFile === undefined ? 240_000 : 24 * 3_600_000);

// Nothing but what is in its own directory can be hurt by an ordinary user.
const account = accounts.at(-1);
let installation: Installation;
let directory: TemporaryDirectory;
beforeAll(async () => {
  if (account === undefined) throw new Error('there is no account to run as');
  installation = await install(account);
  directory = await makeTemporaryDirectory();
});
afterAll(async () => {
  await installation.remove();
  await directory.remove();
});

test(`odd command lines, files and answers end with a message and a documented exit code (seed ${seed})`, async () => {
  if (account === undefined) return;
  const cases = await runCases({
    ...{ installation, account, directory: directory.path, seed, from, count, limit },
    ...(only === undefined ? {} : { only }),
  });
  if (reportFile !== undefined) appendFileSync(reportFile, `${JSON.stringify({ ...cases, failures: undefined })}\n`);
  expect(cases.count).toBeGreaterThan(0);
  expect(cases.failures.map((failure) => describeFailure(seed, failure)).join('\n\n')).toBe('');
});
