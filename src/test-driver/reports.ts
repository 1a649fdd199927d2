import { visibleText } from '../system/visible-text.js';
import { countResults } from './matrix.js';
import { describeFailure } from './describe-failure.js';
import type { Result } from './outcome.js';

const escapeXml = (text: string): string =>
  // What XML cannot hold at all is shown as everywhere.
  visibleText(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replace(/[\ud800-\udfff\ufffe\uffff]/g, '?');

const secondsOf = ({ outcome }: Result): number => (outcome.kind === 'not tried' ? 0 : outcome.seconds);

const totalSeconds = (results: readonly Result[]): string =>
  results.reduce((sum, result) => sum + secondsOf(result), 0).toFixed(3);

const testCase = (result: Result): string => {
  const { variant, outcome } = result;
  const { suite, profile, manager } = variant;
  const name = profile === '' ? suite : `${profile}.${manager}`;
  const head = `    <testcase classname="${escapeXml(suite)}" name="${escapeXml(name)}" time="${secondsOf(result).toFixed(3)}"`;
  switch (outcome.kind) {
    case 'passed':
      return `${head}/>\n`;
    case 'failed': {
      const text = describeFailure(outcome, null);
      return `${head}>\n      <failure message="${escapeXml(outcome.reason)}">${escapeXml(text)}</failure>\n    </testcase>\n`;
    }
    case 'not tried':
      return `${head}>\n      <skipped message="${escapeXml(outcome.reason)}"/>\n    </testcase>\n`;
  }
};

/** JUnit's XML: a test suite for each suite; what was not tried is "skipped". Pure. */
export const junitReport = (results: readonly Result[]): string => {
  const suites = [...new Set(results.map(({ variant }) => variant.suite))];
  const counts = (some: readonly Result[]): string => {
    const { failed, notTried } = countResults(some);
    return `tests="${String(some.length)}" failures="${String(failed)}" skipped="${String(notTried)}" errors="0" time="${totalSeconds(some)}"`;
  };
  const texts = suites.map((suite) => {
    const own = results.filter(({ variant }) => variant.suite === suite);
    return `  <testsuite name="${escapeXml(suite)}" ${counts(own)}>\n${own.map(testCase).join('')}  </testsuite>\n`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ${counts(results)}>\n${texts.join('')}</testsuites>\n`;
};

/** In a line of TAP "#" begins a directive, and a backslash takes that from it. */
const escapeTap = (text: string): string => visibleText(text).replaceAll('\n', ' ').replace(/[\\#]/g, '\\$&');

/** TAP of version 13; what was not tried is "SKIP". Pure. */
export const tapReport = (results: readonly Result[]): string => {
  const lines = results.flatMap(({ variant, outcome }, index) => {
    const number = String(index + 1);
    const name = escapeTap(variant.name);
    switch (outcome.kind) {
      case 'passed':
        return [`ok ${number} - ${name}`];
      case 'failed':
        return [
          `not ok ${number} - ${name}`,
          ...visibleText(describeFailure(outcome, null))
            .trimEnd()
            .split('\n')
            .map((line) => `# ${line}`),
        ];
      case 'not tried':
        return [`ok ${number} - ${name} # SKIP ${escapeTap(outcome.reason)}`];
    }
  });
  return ['TAP version 13', `1..${String(results.length)}`, ...lines, ''].join('\n');
};

/** All that is known, as JSON. Pure. */
export const jsonReport = (results: readonly Result[]): string => {
  const { passed, failed, notTried } = countResults(results);
  const tests = results.map(({ variant: { name, suite, profile, manager }, outcome, logFile }) => ({
    name,
    suite,
    profile,
    manager,
    result: outcome.kind,
    ...(outcome.kind === 'not tried' ? { reason: outcome.reason } : { seconds: outcome.seconds, parts: outcome.parts }),
    ...(outcome.kind === 'failed' ? { reason: outcome.reason, failure: outcome.failure } : {}),
    ...(logFile === null ? {} : { log: logFile }),
  }));
  return `${JSON.stringify({ formatVersion: 1, passed, failed, notTried, tests }, null, 2)}\n`;
};
