import { expect, test } from '@jest/globals';
import { parseReadiness, readinessSchema, type Probe } from '../../src/model/readiness.js';
import { ModelError } from '../../src/system/errors.js';
import type { Json } from '../../src/system/json.js';

const surroundings = { instance: 'webapp', port: 5000, shell: '/bin/sh' };

const valid: readonly (readonly [Json, Probe])[] = [
  [{ port: 80 }, { kind: 'port', host: 'localhost', port: 80 }],
  [
    { port: 80, host: '::1' },
    { kind: 'port', host: '::1', port: 80 },
  ],
  [{ path: '/run/x.sock' }, { kind: 'path', path: '/run/x.sock' }],
  [{ command: 'test -e x' }, { kind: 'command', command: ['/bin/sh', '-c', 'test -e x'] }],
  [{ command: ['/bin/check', ''] }, { kind: 'command', command: ['/bin/check', ''] }],
  [{ http: '/health?all' }, { kind: 'http', host: 'localhost', port: 5000, path: '/health?all' }],
  [{ http: 'http://[::1]:81/x' }, { kind: 'http', host: '::1', port: 81, path: '/x' }],
  [{ http: 'http://a.example' }, { kind: 'http', host: 'a.example', port: 80, path: '/' }],
  [{ http: {} }, { kind: 'http', host: 'localhost', port: 5000, path: '/' }],
  [{ http: { port: 1, path: '/p', host: 'h' } }, { kind: 'http', host: 'h', port: 1, path: '/p' }],
  ['notify', { kind: 'notify', descriptor: 3 }],
  [{ notify: true }, { kind: 'notify', descriptor: 3 }],
  [{ notify: { descriptor: 5 } }, { kind: 'notify', descriptor: 5 }],
  // What could not be evaluated is null.
  [
    { port: 80, path: null, timeout: null },
    { kind: 'port', host: 'localhost', port: 80 },
  ],
];

test.each(valid)('%j is understood, and a manifest keeps it', (value, probe) => {
  const readiness = parseReadiness(value, surroundings);
  expect(readiness).toEqual({ probe, timeout: 60, interval: 0.25 });
  expect(readinessSchema.parse(JSON.parse(JSON.stringify(readiness)))).toEqual(readiness);
});

test('times are taken as they are', () => {
  expect(parseReadiness({ port: 1, timeout: 0.5, interval: 3 }, surroundings)).toMatchObject({
    timeout: 0.5,
    interval: 3,
  });
});

test('an instance that says nothing is ready when its manager says that it runs', () => {
  expect(parseReadiness(null, surroundings)).toBeNull();
});

const malformed: readonly (readonly [Json, string])[] = [
  ['soon', 'expected an attribute set'],
  [true, 'expected an attribute set'],
  [{}, 'It says nothing of what to wait for'],
  [{ notify: false }, 'It says nothing of what to wait for'],
  [{ port: 0 }, 'port: '],
  [{ port: 65_536 }, 'port: '],
  [{ port: '80' }, 'port: '],
  [{ port: 80, path: '/x' }, 'It says port and path at once'],
  [{ path: 'x' }, 'path: expected an absolute path'],
  [{ path: '/x', host: 'a' }, 'host: it belongs to port'],
  [{ port: 80, host: 'a b' }, 'host: expected the name or the address of a host'],
  [{ command: [] }, 'command: '],
  [{ http: 'https://a.example' }, 'http: expected an http:// URL'],
  [{ http: 'ftp' }, 'http: expected an http:// URL'],
  [{ http: '/a b' }, 'expected a path that begins with "/"'],
  [{ port: 80, timeout: 0 }, 'timeout: '],
  [{ port: 80, interval: -1 }, 'interval: '],
  [{ port: 80, timout: 5 }, 'timout'],
];

test.each(malformed)('%j is an error of the model that names the instance and what is allowed', (value, why) => {
  let caught: unknown;
  try {
    parseReadiness(value, surroundings);
  } catch (error) {
    caught = error;
  }
  expect(caught).toBeInstanceOf(ModelError);
  expect(caught).toMatchObject({
    message: expect.stringContaining('"webapp"'),
    why: expect.stringContaining(why),
    fix: expect.stringContaining('{ port = 5000; }'),
  });
});

test('a page needs a port', () => {
  expect(() => parseReadiness({ http: '/' }, { ...surroundings, port: null })).toThrow(ModelError);
});
