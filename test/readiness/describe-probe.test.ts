import { expect, test } from '@jest/globals';
import type { Probe } from '../../src/model/readiness.js';
import { describeProbe } from '../../src/readiness/probe.js';

test.each<[Probe, string]>([
  [{ kind: 'port', host: 'localhost', port: 5432 }, 'port 5432'],
  [{ kind: 'path', path: '/run/ready' }, '/run/ready'],
  [{ kind: 'http', host: '127.0.0.1', port: 80, path: '/health' }, 'http://127.0.0.1:80/health'],
  [{ kind: 'http', host: '::1', port: 80, path: '/' }, 'http://[::1]:80/'],
  [{ kind: 'command', command: ['pg_isready', '-q'] }, 'pg_isready -q'],
  [{ kind: 'notify', descriptor: 3 }, 'its own word'],
])('%j is told as %s', (probe, words) => {
  expect(describeProbe(probe)).toBe(words);
});
