/**
 * The tests that passed, but not at once (test/support/second-attempt.ts).
 *
 * @param {{ testResults: { assertionResults: { fullName: string, status: string, invocations?: number }[] }[] }} results jest's JSON
 * @returns {string[]} full names of tests
 */
export const secondAttempts = (results) =>
  results.testResults
    .flatMap((file) => file.assertionResults)
    .filter(({ status, invocations = 1 }) => status === 'passed' && invocations > 1)
    .map(({ fullName }) => fullName);
