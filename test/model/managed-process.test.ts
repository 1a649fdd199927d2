import { expect, test } from '@jest/globals';
import { WrongArgumentsError } from '../../src/model/argument-reader.js';
import { managedProcess } from '../../src/model/managed-process.js';
import type { ProcessName } from '../../src/model/process-model.js';
import type { Json, JsonObject } from '../../src/system/json.js';

const directories = { stateDir: '/var', runtimeDir: '/run', logDir: '/var/log', tmpDir: '/tmp' };

const parse = (args: JsonObject, forceDisableUserChange = false) =>
  managedProcess(args, { name: 'webapp' as ProcessName, directories, forceDisableUserChange, overrides: null });

test('what is not given has a default', () => {
  expect(parse({ process: '/bin/webapp' })).toEqual({
    kind: 'managed',
    name: 'webapp',
    instanceName: null,
    description: 'webapp',
    initialize: '',
    daemon: { executable: '/bin/webapp', args: [] },
    foreground: { executable: '/bin/webapp', args: [] },
    pidFile: '/run/webapp.pid',
    namesPidFile: false,
    path: [],
    environment: {},
    directory: null,
    umask: null,
    nice: null,
    user: null,
    credentials: { groups: [], users: [] },
    overrides: null,
  });
});

test('null is the same as nothing', () => {
  const nothing = Object.fromEntries(
    ['instanceName', 'args', 'daemon', 'daemonArgs', 'pidFile', 'path', 'environment', 'umask', 'credentials'].map(
      (name) => [name, null],
    ),
  );
  expect(parse({ process: '/bin/webapp', ...nothing })).toEqual(parse({ process: '/bin/webapp' }));
});

test('both forms share process and args, and have further arguments of their own', () => {
  const shared = {
    process: '/bin/webapp',
    args: ['-p', '80'],
    daemonExtraArgs: ['-D'],
    foregroundProcessExtraArgs: ['-F'],
  };
  expect(parse(shared)).toMatchObject({
    daemon: { executable: '/bin/webapp', args: ['-p', '80', '-D'] },
    foreground: { executable: '/bin/webapp', args: ['-p', '80', '-F'] },
  });
  expect(parse({ ...shared, daemon: '/bin/webappd', daemonArgs: ['-x'], foregroundProcessArgs: [] })).toMatchObject({
    daemon: { executable: '/bin/webappd', args: ['-x'] },
    foreground: { executable: '/bin/webapp', args: [] },
  });
});

test('a process may have one form only', () => {
  expect(parse({ daemon: '/bin/webappd' })).toMatchObject({ daemon: { executable: '/bin/webappd' }, foreground: null });
  expect(parse({ foregroundProcess: '/bin/webapp' })).toMatchObject({ daemon: null });
});

test.each([
  { args: { process: '/bin/server' }, pidFile: '/run/server.pid' },
  { args: { daemon: '/bin/serverd', foregroundProcess: '/bin/server' }, pidFile: '/run/serverd.pid' },
  { args: { process: '/bin/server', instanceName: 'one' }, pidFile: '/run/one.pid' },
  { args: { process: '/bin/server', instanceName: 'one', user: 'one' }, pidFile: '/tmp/one.pid' },
  { args: { process: '/bin/server', instanceName: 'one', user: 'one' }, force: true, pidFile: '/tmp/one.pid' },
  { args: { process: '/bin/server', user: 'one', pidFile: '/srv/x.pid' }, pidFile: '/srv/x.pid' },
])('the PID file of $args is $pidFile', ({ args, force, pidFile }) => {
  expect(parse(args, force)).toMatchObject({ pidFile, namesPidFile: 'pidFile' in args });
});

test.each([
  { nice: 5, parsed: 5 },
  { nice: '-5', parsed: -5 },
  { nice: '+3', parsed: 3 },
])('nice may be a number or a text: $nice', ({ nice, parsed }) => {
  expect(parse({ process: '/bin/webapp', nice }).nice).toBe(parsed);
});

test.each([
  { umask: 22, parsed: '22' },
  { umask: '0027', parsed: '0027' },
])('umask may be a number or a text: $umask', ({ umask, parsed }) => {
  expect(parse({ process: '/bin/webapp', umask }).umask).toBe(parsed);
});

test.each<{ property: string; value: Json; problem: string }>([
  { property: 'nice', value: 'high', problem: 'nice: expected an integer' },
  { property: 'nice', value: 1.5, problem: 'nice: expected an integer' },
  { property: 'umask', value: '9', problem: 'umask: expected octal digits' },
  { property: 'umask', value: -1, problem: 'umask: expected octal digits' },
  { property: 'umask', value: ['022'], problem: 'umask: expected octal digits' },
  { property: 'args', value: 'one', problem: 'args: Invalid input: expected array, received string' },
  { property: 'args', value: ['a', null], problem: 'args.1: Invalid input: expected string, received null' },
  { property: 'path', value: [null, 1], problem: 'path.1: Invalid input: expected string, received number' },
  { property: 'environment', value: ['A=B'], problem: 'environment: Invalid input: expected record, received array' },
  {
    property: 'environment',
    value: { A: 1 },
    problem: 'environment.A: Invalid input: expected string, received number',
  },
  { property: 'directory', value: true, problem: 'directory: Invalid input: expected string, received boolean' },
  { property: 'credentials', value: 'web', problem: 'credentials: Invalid input: expected object, received string' },
  {
    property: 'credentials',
    value: { groups: {}, users: { web: null } },
    problem: 'credentials.users.web: expected an attribute set',
  },
  { property: 'unheardOf', value: 1, problem: 'unheardOf: there is no such argument' },
])('$property = $value is refused', ({ property, value, problem }) => {
  expect(() => parse({ process: '/bin/webapp', [property]: value })).toThrow(new WrongArgumentsError(problem));
});

test('all that is wrong is said', () => {
  expect(() => parse({ process: 1, nice: 'high' })).toThrow(
    new WrongArgumentsError('process: Invalid input: expected string, received number\nnice: expected an integer'),
  );
});

test('users and groups are sorted, with every attribute as text', () => {
  const credentials = {
    groups: { web: { gid: 7 }, admin: {} },
    users: {
      web: { group: 'web', uid: '8', createHomeDir: true, homeDir: '/srv', extra: ['a', 1] },
      a: { shell: '/bin/sh' },
    },
  };
  const parsed = parse({ process: '/bin/webapp', credentials }).credentials;
  expect(parsed.groups).toEqual([
    { name: 'admin', gid: null, attributes: {} },
    { name: 'web', gid: 7, attributes: { gid: '7' } },
  ]);
  expect(parsed.users.map(({ name }) => name)).toEqual(['a', 'web']);
  expect(parsed.users[1]).toMatchObject({
    uid: 8,
    group: 'web',
    createHomeDir: true,
    attributes: { extra: 'a 1', createHomeDir: '1', uid: '8' },
  });
});
