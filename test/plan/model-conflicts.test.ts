import { expect, test } from '@jest/globals';
import { modelConflicts } from '../../src/plan/model-conflicts.js';
import type { DeployedUnit } from '../../src/profile/manifest.js';
import type { JsonObject } from '../../src/system/json.js';
import { unitCalled } from '../support/instances.js';

const directories = {
  stateDir: '/var',
  runtimeDir: '/run',
  logDir: '/var/log',
  tmpDir: '/tmp',
  cacheDir: '/var/cache',
  spoolDir: '/var/spool',
  lockDir: '/var/lock',
  libDir: '/var/lib',
};

const unit = (name: string, rest: Partial<DeployedUnit> = {}): DeployedUnit => ({ ...unitCalled(name), ...rest });

/** One line per conflict: "error port: a b". */
const conflictsOf = (...units: readonly DeployedUnit[]): readonly string[] =>
  modelConflicts({ units, directories }).map(
    ({ severity, kind, instances }) => `${severity} ${kind}: ${instances.join(' ')}`,
  );

const userWith = (name: string, homeDir: string, createHomeDir = true): Partial<DeployedUnit> => ({
  credentials: {
    groups: [],
    users: [{ name, uid: null, group: null, description: null, homeDir, createHomeDir, shell: null, attributes: {} }],
  },
});

const running = (...command: readonly string[]): JsonObject => ({ process: command[0] ?? '', args: command.slice(1) });
const mysqld = `/nix/store/${'a'.repeat(32)}-mariadb/bin/mysqld`;
const nginx = `/nix/store/${'b'.repeat(32)}-nginx/bin/nginx`;

test('instances that have nothing in common do not conflict', () => {
  expect(conflictsOf(unit('a', { port: 5000 }), unit('b', { port: 5001 }), unit('c'), unit('d'))).toEqual([]);
});

test('two instances on one port are an error that names both, a third one is named with the first', () => {
  const [a, b, c] = [unit('a', { port: 5000 }), unit('b', { port: 5000 }), unit('c', { port: 5000 })];
  expect(conflictsOf(a, b, c)).toEqual(['error port: a b', 'error port: a c']);
  const [conflict] = modelConflicts({ units: [a, b], directories });
  expect(conflict?.what).toBe('Process instances "a" and "b" have the same port 5000');
});

test('a process with a network of its own may have any port', () => {
  expect(conflictsOf(unit('a', { port: 80, ownNetwork: true }), unit('b', { port: 80 }))).toEqual([]);
});

test('two instances with one PID file are an error', () => {
  const activation = { pidFile: '/run/webapp.pid' };
  expect(conflictsOf(unit('a', { activation }), unit('b', { activation }))).toEqual(['error pid-file: a b']);
  expect(conflictsOf(unit('a', { activation: { pidFile: null } }), unit('b', { activation: {} }))).toEqual([]);
});

test.each([
  ['an argument', running(nginx, '--socket=/%.sock')],
  ['an option in front of it', running(nginx, '-s', '/%.socket')],
  ['a text in quotes', { command: `${nginx} --socket "/%.sock" --fast` }],
  ['an environment variable', { environment: { DATABASE_URL: 'unix:/%.sock' } }],
])('a socket whose path has more than 107 bytes is found in %s', (_, properties: JsonObject) => {
  const ofLength = (bytes: number): JsonObject =>
    JSON.parse(
      JSON.stringify(properties).replace(
        /%(\.sock(et)?)/,
        (__, end: string) => `${'x'.repeat(bytes - 1 - end.length)}${end}`,
      ),
    ) as JsonObject;
  expect(conflictsOf(unit('a', { properties: ofLength(107) }))).toEqual([]);
  expect(conflictsOf(unit('a', { properties: ofLength(108) }))).toEqual(['error socket: a']);
});

test('two users whose home directory is made in one place are warned of', () => {
  expect(conflictsOf(unit('a', userWith('one', '/home/x')), unit('b', userWith('two', '/home/x')))).toEqual([
    'warning directory: a b',
  ]);
  expect(conflictsOf(unit('a', userWith('one', '/home/x')), unit('b', userWith('one', '/home/x')))).toEqual([]);
  expect(conflictsOf(unit('a', userWith('one', '/x', false)), unit('b', userWith('two', '/x', false)))).toEqual([]);
});

test('two processes of one program with one directory of persistent state are warned of', () => {
  const data = (...args: readonly string[]) => ({ properties: running(...args) });
  const own = data(mysqld, '--datadir=/var/lib/mysql');
  expect(conflictsOf(unit('a', own), unit('b', data(mysqld, '--datadir', '/var/lib/mysql/')))).toEqual([
    'warning directory: a b',
  ]);
  expect(conflictsOf(unit('a', own), unit('b', data(mysqld, '--datadir=/var/lib/mysql2')))).toEqual([]);
  // A program of another kind may well look at it, and the state directories themselves are everybody's.
  expect(conflictsOf(unit('a', own), unit('b', data(nginx, '-p', '/var/lib/mysql')))).toEqual([]);
  expect(conflictsOf(unit('a', data(nginx, '-p', '/var/lib')), unit('b', data(nginx, '-p', '/var/lib')))).toEqual([]);
});

test('programs by which s6 prepares any process are no sign of one program', () => {
  const supervised = (command: string) => ({
    properties: {
      ...running(command, '/var/lib/shared'),
      log: {
        run: `/nix/store/${'c'.repeat(32)}-execline-2.9/bin/export A b\n/nix/store/${'d'.repeat(32)}-s6-host/bin/s6-log -- 1`,
      },
    },
  });
  expect(conflictsOf(unit('a', supervised(mysqld)), unit('b', supervised(nginx)))).toEqual([]);
  expect(conflictsOf(unit('a', supervised(mysqld)), unit('b', supervised(mysqld)))).toEqual(['warning directory: a b']);
});
