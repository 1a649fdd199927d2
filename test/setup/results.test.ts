import { expect, test } from '@jest/globals';
import { createRun } from '../../src/system/run.js';
import { makeTemporaryDirectory } from '../support/temporary-directory.js';
import { repository } from '../support/repository.js';
import { writeFile } from 'node:fs/promises';

const run = createRun(process.env);

/** Evaluates an expression over the exports of a module below scripts/, which are no TypeScript; returns its value. */
const evaluate = async (module: string, expression: string): Promise<unknown> => {
  const program = `const exports = await import(process.argv[1]); console.log(JSON.stringify(${expression}))`;
  const { stdout } = await run({
    file: process.execPath,
    args: ['--input-type=module', '-e', program, `${repository}/scripts/${module}`],
  });
  return JSON.parse(stdout);
};

const results = {
  numPassedTests: 5,
  numFailedTests: 2,
  numRuntimeErrorTestSuites: 1,
  numPendingTests: 3,
  numTodoTests: 1,
  testResults: [
    {
      assertionResults: [
        { fullName: 'runs', status: 'passed' },
        { fullName: 'breaks', status: 'failed' },
        { fullName: 'needs a Mac', status: 'pending' },
        { fullName: 'forgotten', status: 'pending' },
      ],
    },
  ],
};

test('a skipped test that nobody has explained is found', async () => {
  const found = await evaluate(
    'test/unexplained-skips.mjs',
    `exports.unexplainedSkips(${JSON.stringify(results)}, { 'needs a Mac': 'launchd' })`,
  );
  expect(found).toEqual(['forgotten']);
});

test('a test that passed only at the second attempt is named, one that failed twice is not', async () => {
  const tests = [
    { fullName: 'steady', status: 'passed', invocations: 1 },
    { fullName: 'shaky', status: 'passed', invocations: 2 },
    { fullName: 'broken', status: 'failed', invocations: 2 },
  ];
  const given = JSON.stringify({ testResults: [{ assertionResults: tests }] });
  expect(await evaluate('test/second-attempts.mjs', `exports.secondAttempts(${given})`)).toEqual(['shaky']);
});

test('the closing line counts passed, failed and skipped of all runs, and a file that cannot be loaded as a failure', async () => {
  const directory = await makeTemporaryDirectory();
  try {
    const file = `${directory.path}/results.json`;
    await writeFile(file, JSON.stringify(results));
    const { stdout } = await run({
      file: process.execPath,
      args: [`${repository}/scripts/test/count-results.mjs`, file],
    });
    expect(stdout).toBe('5 passed, 3 failed, 4 skipped\n');
    const both = await run({
      file: process.execPath,
      args: [`${repository}/scripts/test/count-results.mjs`, file, `${directory.path}/no-such-file`, file],
    });
    expect(both.stdout).toBe('10 passed, 6 failed, 8 skipped\n');
  } finally {
    await directory.remove();
  }
});

test('a process that a test has left is found, and is gone with the directory of the tests', async () => {
  const found = await evaluate(
    'test/scratch.mjs',
    `await (async () => {
      const { spawn } = await import('node:child_process');
      const { existsSync } = await import('node:fs');
      const scratch = exports.makeScratch();
      const left = spawn('sleep', ['600'], { detached: true, stdio: 'ignore', env: { STATE: scratch.path + '/state' } });
      await new Promise((resolve) => left.on('spawn', resolve));
      const before = scratch.leftovers();
      await scratch.remove();
      return [before[0] === left.pid + ' sleep 600', before.length, scratch.leftovers(), existsSync(scratch.path)];
    })()`,
  );
  expect(found).toEqual([true, 1, [], false]);
});
