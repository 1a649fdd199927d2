/**
 * The tests that did not run, and for which nobody has written down why.
 *
 * @param {{ testResults: { assertionResults: { fullName: string, status: string }[] }[] }} results jest's JSON
 * @param {Record<string, string>} explained reasons by full name of a test
 * @returns {string[]} full names of tests
 */
export const unexplainedSkips = (results, explained) =>
  results.testResults
    .flatMap((file) => file.assertionResults)
    .filter(({ status }) => status !== 'passed' && status !== 'failed')
    .map(({ fullName }) => fullName)
    .filter((name) => !Object.hasOwn(explained, name));
