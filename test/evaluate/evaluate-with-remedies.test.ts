import { expect, test } from '@jest/globals';
import { evaluateWithRemedies } from '../../src/evaluate/evaluate-with-remedies.js';
import type { Attempt, AttemptResult } from '../../src/evaluate/nix-evaluation.js';

const first: Attempt = { only: null, readExtras: true, provideFramework: false, root: '/', sandbox: true };
const success: AttemptResult = { ok: true, stdout: '', stderr: '' };
const failure = (message: string): AttemptResult => ({
  ok: false,
  failure: { message, positions: [], explanation: null, text: message },
});

/** Evaluates a model that only succeeds in the way that `works` tells. */
const evaluateWhere = async (message: string, works: (attempt: Attempt) => boolean, hasNixpkgs = false) => {
  const attempts: Attempt[] = [];
  const { result, notes } = await evaluateWithRemedies(
    async (attempt) => {
      attempts.push(attempt);
      return works(attempt) ? success : failure(message);
    },
    first,
    { hasNixpkgs: async () => hasNixpkgs },
  );
  return { ok: result.ok, attempts, notes };
};

test('what evaluates is evaluated once', async () => {
  expect(await evaluateWhere('', () => true)).toEqual({ ok: true, attempts: [first], notes: [] });
});

test('without a directory that can be listed nothing is remembered, silently', async () => {
  const message = "opening directory '/srv': Permission denied";
  expect(await evaluateWhere(message, ({ root }) => root === null)).toEqual({
    ok: true,
    attempts: [first, { ...first, root: null }],
    notes: [],
  });
});

test.each([
  "getting status of '/nowhere': No such file or directory",
  "unable to download 'https://example.org/x.tar.gz': Couldn't resolve host name (6)",
  "program 'git' failed with exit code 128",
  "program 'hg' failed with exit code 1",
  // Nix 2.3
  "getting attributes of path '/nowhere/nix-processmgmt': No such file or directory",
  // Nix 2.26
  'hg failed with exit code 1',
  "path '/nowhere/nix-processmgmt/x.nix' does not exist",
  "resolving Git reference 'master': revspec 'master' not found",
  "Cannot find Git revision '0123' in ref 'master' of repository 'ssh://git@127.0.0.1:9/x'! Please make sure that the rev exists",
  "Failed to open archive (Source threw exception: error: unable to download 'http://127.0.0.1:9/x.tar.gz': Could not connect to server (7))",
  // Nix 2.34
  "Failed to fetch git repository 'https://127.0.0.1:9/x.git'",
  'Git repository "/nowhere/nix-processmgmt.git" does not exist.',
  'tarball "/nowhere/nix-processmgmt/archive/master.tar.gz" does not exist.',
])('our own directory stands for a framework that is not to be had: %s', async (message) => {
  expect(await evaluateWhere(message, ({ provideFramework }) => provideFramework)).toEqual({
    ok: true,
    attempts: [first, { ...first, provideFramework: true }],
    notes: [`the model's path to nix-processmgmt leads nowhere (${message}): using our own functions`],
  });
});

test('a failure of fetching in words that are not known is told by the trace of Nix', async () => {
  const text = "error:\n       … while calling the 'fetchTree' builtin\n\n       error: no luck";
  const { result } = await evaluateWithRemedies(
    async ({ provideFramework }) =>
      provideFramework
        ? success
        : { ok: false, failure: { message: 'no luck', positions: [], explanation: null, text } },
    first,
    { hasNixpkgs: async () => false },
  );
  expect(result.ok).toBe(true);
});

test('a build that fails is tried without a sandbox where programs of this machine are used', async () => {
  const message = "builder for '/nix/store/x.drv' failed with exit code 1";
  const { ok, attempts } = await evaluateWhere(message, ({ sandbox }) => !sandbox);
  expect({ ok, attempts }).toEqual({ ok: true, attempts: [first, { ...first, sandbox: false }] });
  expect(await evaluateWhere(message, ({ sandbox }) => !sandbox, true)).toMatchObject({ ok: false });
});

test('what we explain ourselves is not tried again', async () => {
  const attempts: Attempt[] = [];
  const explained: AttemptResult = {
    ok: false,
    failure: { message: 'No such file', positions: [], explanation: { what: 'It is wrong' }, text: '' },
  };
  await evaluateWithRemedies(
    async (attempt) => {
      attempts.push(attempt);
      return explained;
    },
    first,
    { hasNixpkgs: async () => true },
  );
  expect(attempts).toEqual([first]);
});

test('a remedy that makes no difference is not mentioned', async () => {
  const { ok, notes, attempts } = await evaluateWhere("getting status of '/x': No such file", () => false);
  expect({ ok, notes }).toEqual({ ok: false, notes: [] });
  expect(attempts).toHaveLength(3);
});
