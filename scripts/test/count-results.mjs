// Prints the closing line of .ci/run from jest's JSON results: `N passed, N failed, N skipped`.
import { existsSync, readFileSync } from 'node:fs';

/** A test file that could not even be loaded counts as one failure. */
const countResults = (results) => ({
  passed: results.numPassedTests,
  failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
  skipped: results.numPendingTests + results.numTodoTests,
});

const file = process.argv[2];
const { passed, failed, skipped } = existsSync(file)
  ? countResults(JSON.parse(readFileSync(file, 'utf8')))
  : { passed: 0, failed: 0, skipped: 0 };
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
