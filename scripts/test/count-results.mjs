// Prints the closing line of .ci/run from jest's JSON results: `N passed, N failed, N skipped`.
import { existsSync, readFileSync } from 'node:fs';

/** A test file that could not even be loaded counts as one failure. */
const countResults = (results) => ({
  passed: results.numPassedTests,
  failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
  skipped: results.numPendingTests + results.numTodoTests,
});

// A file is missing where nothing could run.
const all = process.argv
  .slice(2)
  .filter((file) => existsSync(file))
  .map((file) => countResults(JSON.parse(readFileSync(file, 'utf8'))));
const total = (count) => all.reduce((sum, counts) => sum + counts[count], 0);
console.log(`${total('passed')} passed, ${total('failed')} failed, ${total('skipped')} skipped`);
