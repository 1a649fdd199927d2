// `npm test`: prepares the machine, compiles, and runs jest, which gets the arguments (`npm test -- test/order`).
// NIXPROC_TEST_RESULTS names a file that is to receive jest's results as JSON; with NIXPROC_TEST_PREPARED, the machine is taken
// to have all that it needs, and nothing is installed.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runToEnd } from './run-to-end.mjs';
import { repository, setUp } from './setup.mjs';
import { makeScratch } from './test/scratch.mjs';
import { secondAttempts } from './test/second-attempts.mjs';
import { unexplainedSkips } from './test/unexplained-skips.mjs';

const runJest = (resultsFile, temporaryDirectory) =>
  runToEnd(
    process.execPath,
    [
      join(repository, 'node_modules', 'jest', 'bin', 'jest.js'),
      '--json',
      `--outputFile=${resultsFile}`,
      ...process.argv.slice(2),
    ],
    {
      cwd: repository,
      // With --json, what people read is on stderr.
      stdio: ['inherit', 'ignore', 'inherit'],
      env: {
        ...process.env,
        NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --no-warnings`,
        TMPDIR: temporaryDirectory,
      },
    },
  );

/** Processes of the tests that do not end; some have only just been told to. */
const leftovers = async (scratch) => {
  for (const end = Date.now() + 10_000; Date.now() < end; await sleep(200)) {
    if (scratch.leftovers().length === 0) return [];
  }
  return scratch.leftovers();
};

/** What makes a run fail although every test passed. */
const complaints = async (resultsFile, scratch) => [
  ...(await leftovers(scratch)).map((line) => `the tests left a process behind: ${line}`),
  // Nothing is skipped in silence where the results count.
  ...(process.env.CI
    ? unexplainedSkips(
        JSON.parse(readFileSync(resultsFile, 'utf8')),
        JSON.parse(readFileSync(join(repository, 'test', 'cannot-run-here.json'), 'utf8')),
      ).map((name) => `skipped, but not in test/cannot-run-here.json: ${name}`)
    : []),
];

/** What to look into, though it makes no run fail. */
const warnings = (resultsFile) =>
  secondAttempts(JSON.parse(readFileSync(resultsFile, 'utf8'))).map(
    (name) => `passed only at the second attempt: ${name}`,
  );

setUp({ install: process.env.NIXPROC_TEST_PREPARED === undefined });
const scratch = makeScratch();
try {
  const resultsFile = process.env.NIXPROC_TEST_RESULTS ?? join(scratch.path, 'results.json');
  process.exitCode = await runJest(resultsFile, scratch.path);
  if (existsSync(resultsFile)) for (const warning of warnings(resultsFile)) console.error(warning);
  if (process.exitCode === 0) {
    const found = await complaints(resultsFile, scratch);
    for (const complaint of found) console.error(complaint);
    if (found.length > 0) process.exitCode = 1;
  }
} finally {
  await scratch.remove();
}
