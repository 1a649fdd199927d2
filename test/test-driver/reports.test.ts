import { expect, test } from '@jest/globals';
import { describeFailure } from '../../src/test-driver/describe-failure.js';
import { countResults, matrixOf, reasonsNotTried } from '../../src/test-driver/matrix.js';
import type { Outcome, Result, TestFailure } from '../../src/test-driver/outcome.js';
import { jsonReport, junitReport, tapReport } from '../../src/test-driver/reports.js';

const result = (suite: string, profile: string, manager: string, outcome: Outcome): Result => ({
  variant: { attrPath: [suite, profile, manager], name: `${suite}.${profile}.${manager}`, suite, profile, manager },
  outcome,
  logFile: null,
});

const failure: TestFailure = {
  phase: 'tests',
  instance: 'webapp1',
  message: 'command "curl <x>" failed (exit code 22)',
  command: 'curl <x>',
  status: 22,
  output: 'the "page"\nis not there\n',
  line: 3,
  text: 'machine.succeed("curl <x>")',
  logs: [{ name: 'webapp1', lines: ['gave up & left'] }],
};
const passed: Outcome = { kind: 'passed', seconds: 1.25, parts: { boot: 0.05 } };
const failed: Outcome = { kind: 'failed', seconds: 2, parts: {}, reason: 'tests of webapp1: no page', failure };
const missing: Outcome = { kind: 'not tried', reason: 's6-rc is not on PATH' };

const broken = result('nginx', 'unprivileged', 'systemd', failed);
const results = [
  result('nginx', 'privileged', 'systemd', passed),
  broken,
  result('nginx', 'privileged', 's6-rc', missing),
  result('sshd', 'privileged', 's6-rc', missing),
];

test('the matrix has a row for each suite, a column for each profile and manager, and nothing where there is no variant', () => {
  expect(matrixOf(results)).toEqual([
    ['', 'privileged', '', 'unprivileged'],
    ['SUITE', 's6-rc', 'systemd', 'systemd'],
    ['nginx', '–', '✓', '✗'],
    ['sshd', '–', '', ''],
  ]);
});

test('a suite that cannot be evaluated at all has its mark in every column', () => {
  const hydra = result('hydra', '', '', { kind: 'failed', seconds: 0, parts: {}, reason: 'no', failure: null });
  expect(matrixOf([...results, hydra]).at(-1)).toEqual(['hydra', '✗', '✗', '✗']);
});

test('what was not tried is neither passed nor failed, and each reason is told once', () => {
  expect(countResults(results)).toEqual({ passed: 1, failed: 1, notTried: 2 });
  expect(reasonsNotTried(results)).toEqual([
    { reason: 's6-rc is not on PATH', variants: ['nginx.privileged.s6-rc', 'sshd.privileged.s6-rc'] },
  ]);
});

test('a failure is told with the line of the script, the command, its output and what the service printed last', () => {
  expect(describeFailure(failed, '/tmp/nginx.log')).toBe(`\
  in: tests of webapp1 line 3
  script:
    machine.succeed("curl <x>")
  command:
    curl <x>
  why:
    command "curl <x>" failed (exit code 22)
  output:
    the "page"
    is not there
  last lines of webapp1:
    gave up & left
  log: /tmp/nginx.log
`);
});

test("JUnit's XML holds what failed and why, escaped, and counts what was not tried as skipped", () => {
  const xml = junitReport(results);
  expect(xml).toContain('<testsuites tests="4" failures="1" skipped="2" errors="0" time="3.250">');
  expect(xml).toContain('<testsuite name="sshd" tests="1" failures="0" skipped="1" errors="0" time="0.000">');
  expect(xml).toContain('<testcase classname="nginx" name="privileged.systemd" time="1.250"/>');
  expect(xml).toContain('<failure message="tests of webapp1: no page">');
  expect(xml).toContain('machine.succeed(&quot;curl &lt;x&gt;&quot;)');
  expect(xml).toContain('gave up &amp; left');
  expect(xml).toContain('<skipped message="s6-rc is not on PATH"/>');
});

test('TAP counts the variants, and skips what was not tried', () => {
  const lines = tapReport(results).split('\n');
  expect(lines.slice(0, 4)).toEqual([
    'TAP version 13',
    '1..4',
    'ok 1 - nginx.privileged.systemd',
    'not ok 2 - nginx.unprivileged.systemd',
  ]);
  expect(lines).toContain('#     the "page"');
  expect(lines).toContain('ok 4 - sshd.privileged.s6-rc # SKIP s6-rc is not on PATH');
});

test('JSON has each variant with its result, its reason and its times', () => {
  expect(JSON.parse(jsonReport(results))).toMatchObject({
    passed: 1,
    failed: 1,
    notTried: 2,
    tests: [
      { name: 'nginx.privileged.systemd', result: 'passed', seconds: 1.25, parts: { boot: 0.05 } },
      { result: 'failed', reason: 'tests of webapp1: no page', failure: { status: 22, line: 3 } },
      { result: 'not tried', reason: 's6-rc is not on PATH' },
      { suite: 'sshd' },
    ],
  });
});
