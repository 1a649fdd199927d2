import { expect, test } from '@jest/globals';
import { showProgress } from '../../src/cli/test-progress.js';
import type { Outcome } from '../../src/test-driver/outcome.js';

const variant = {
  attrPath: ['nginx', 'privileged', 'sysvinit'],
  name: 'nginx.privileged.sysvinit',
  suite: 'nginx',
  profile: 'privileged',
  manager: 'sysvinit',
};

/** What a screen without colours gets while one variant runs and ends. */
const written = (outcome: Outcome, { columns = 80, isLive = false, isQuiet = false } = {}): string => {
  let text = '';
  const screen = {
    columns,
    write: (some: string) => {
      text += some;
    },
  };
  const { listener, stop } = showProgress(screen, false, { isLive, isQuiet, keepsLogs: false });
  listener.onBegin(variant);
  listener.onPhase(variant, 'tests', 'webapp1');
  // What is written about others makes the line of this one appear.
  listener.onKept({ ...variant, name: 'other' }, 'nsenter 1', 'kill 1');
  listener.onEnd({ variant, outcome, logFile: '/tmp/log' });
  stop();
  return text;
};

const failed = (reason: string): Outcome => ({ kind: 'failed', seconds: 1, parts: {}, reason, failure: null });

test('a failure is told once: in its line, and below that what the line does not have', () => {
  const kept = 'the machine of other is kept\n  enter it:     nsenter 1\n  take it away: kill 1\n';
  expect(written(failed('it took too long'))).toBe(`${kept}✗ nginx.privileged.sysvinit  1.0 s  it took too long\n`);
  expect(written(failed('no page\nnowhere'))).toBe(
    `${kept}✗ nginx.privileged.sysvinit  1.0 s  no page\n  why:\n    no page\n    nowhere\n`,
  );
});

test.each([0, 80])('a line of what runs is whole on a terminal that says it has %d columns', (columns) => {
  const text = written({ kind: 'passed', seconds: 1, parts: {} }, { columns, isLive: true });
  expect(text).toContain('  tests of webapp1\n');
});

test('a line of what runs is cut where the terminal ends, so that it can be taken back', () => {
  const text = written({ kind: 'passed', seconds: 1, parts: {} }, { columns: 20, isLive: true });
  expect(text).toContain('… nginx.privileged.\n');
});

test('told to be quiet, only failures are shown', () => {
  expect(written({ kind: 'passed', seconds: 1, parts: {} }, { isQuiet: true })).not.toContain('✓');
  expect(written(failed('no page'), { isQuiet: true })).toContain('✗');
});
