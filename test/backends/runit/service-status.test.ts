import { expect, test } from '@jest/globals';
import { observationOf, readStatuses } from '../../../src/backends/runit/service-status.js';

// What sv of runit 2.1.2 prints.
test.each([
  ['run: /sv/a: (pid 12) 3s; run: log: (pid 11) 3s', 'running', 12, null],
  ['run: /sv/a: (pid 12) 3s, normally down', 'running', 12, null],
  ['run: /sv/a: (pid 12) 2s, normally down, want down, got TERM', 'failed', 12, 'normally down, want down, got TERM'],
  ['down: /sv/a: 1s, normally up, want up', 'failed', null, 'it ended; runsv starts it again'],
  ['down: /sv/a: 0s, want up; run: log: (pid 11) 3s', 'failed', null, 'it ended; runsv starts it again'],
  ['down: /sv/a: 5s, normally up', 'stopped', null, null],
  ['down: /sv/a: 5s', 'stopped', null, null],
  ['finish: /sv/a: (pid 13) 1s', 'starting', null, 'its script finish runs'],
  ['fail: /sv/a: runsv not running', 'failed', null, 'no runsv supervises it'],
  ['warning: /sv/a: unable to open supervise/ok: file does not exist', 'failed', null, 'no runsv supervises it'],
])('%s', (line, state, pid, detail) => {
  const status = readStatuses(`run: /sv/ab: (pid 1) 1s\n${line}\n`, ['/sv/a']).get('/sv/a');
  expect(status === undefined ? null : observationOf(status)).toEqual({ state, pid, since: null, detail });
});

test('the logger of a service is told apart from the service', () => {
  const statuses = readStatuses('run: /sv/a: (pid 12) 3s; run: log: (pid 11) 3s\ndown: /sv/b: 1s\n', [
    '/sv/a',
    '/sv/b',
  ]);
  expect([...statuses.values()].map(({ pid, loggerPid }) => ({ pid, loggerPid }))).toEqual([
    { pid: 12, loggerPid: 11 },
    { pid: null, loggerPid: null },
  ]);
});
