import { expect, test } from '@jest/globals';
import { parseModelDocument } from '../../src/model/model-document.js';
import type { Json, JsonObject } from '../../src/system/json.js';

const scope = {
  directories: { stateDir: '/var', runtimeDir: '/run', logDir: '/var/log', tmpDir: '/tmp' },
  forceDisableUserChange: false,
  tools: {},
};

const model = {
  formatVersion: 2,
  storeDir: '/nix/store',
  hostPackages: false,
  ignoredParams: [],
  scopes: { scope, second: scope },
  fallbackTools: null,
  outline: null,
  instances: { name: ['webapp'] },
  conflicts: [],
};

const database = { arguments: { name: 'database' } };

const parse = (process: Json, changes: JsonObject = {}) =>
  parseModelDocument(JSON.stringify({ ...model, processes: [process, database], dependents: ['webapp'], ...changes }));

const managed = { arguments: { instanceName: 'webapp' } };
const direct = { ...managed, manager: 'sysvinit' };
const foreign = { name: 'webapp', path: '/nix/store/webapp' };

const nothing = { name: 'webapp', scope: 'scope', ...managed, tools: {}, dependencies: [], files: null };
/** What those of createManagedProcess have besides. */
const more = { endsAlone: false };
const told = { tools: { shell: '/bin/sh' }, dependencies: ['database'], files: '/nix/store/files' };

test.each<{ process: JsonObject; read: JsonObject }>([
  { process: managed, read: { kind: 'managed', ...more, ...nothing, overrides: null } },
  { process: { ...managed, ...told }, read: { kind: 'managed', ...more, ...nothing, ...told, overrides: null } },
  {
    process: { ...managed, scope: 'second' },
    read: { kind: 'managed', ...more, ...nothing, scope: 'second', overrides: null },
  },
  {
    process: { ...managed, overrides: 'function' },
    read: { kind: 'managed', ...more, ...nothing, overrides: 'function' },
  },
  {
    process: { ...managed, overrides: { Unit: {} } },
    read: { kind: 'managed', ...more, ...nothing, overrides: { Unit: {} } },
  },
  { process: { ...managed, endsAlone: true }, read: { kind: 'managed', ...nothing, overrides: null, endsAlone: true } },
  { process: { ...direct, ...told }, read: { kind: 'direct', ...nothing, ...told, manager: 'sysvinit' } },
  { process: foreign, read: { kind: 'package', ...foreign } },
])('what is not told of a process, it does not have: $process', ({ process, read }) => {
  expect(parse(process).instances.map((instance) => instance.process)).toEqual([read]);
});

test('the name of a process goes before the name of its instance', () => {
  expect(parse({ arguments: { name: 'a', instanceName: 'b' } }).instances[0]?.process.name).toBe('a');
});

test('instances are the rows of a table, whose processes come first', () => {
  const instances = {
    name: ['a', 'b'],
    port: [null, 80],
    critical: [false, true],
    position: { file: [null, '/x.nix'], line: [null, 1], column: [null, 2] },
  };
  const [one, two, three] = [{ arguments: { name: 'a' } }, { arguments: { name: 'b' } }, foreign];
  const read = parse(null, { instances, processes: [one, two, three], dependents: ['b'] });
  const untold = {
    readiness: null,
    startTimeout: null,
    stopTimeout: null,
    leftovers: null,
    process: expect.anything(),
  };
  expect(read.instances).toEqual([
    { name: 'a', port: null, critical: false, position: null, ...untold },
    { name: 'b', port: 80, critical: true, position: { file: '/x.nix', line: 1, column: 2 }, ...untold },
  ]);
  expect(read.dependencies).toEqual([{ dependent: 'b', process: { kind: 'package', ...foreign } }]);
});

test.each<{ wrong: Json }>([
  { wrong: 'webapp' },
  { wrong: { arguments: {} } },
  { wrong: { arguments: { name: 1 } } },
  { wrong: { arguments: [] } },
  { wrong: { ...managed, scope: 1 } },
  { wrong: { ...managed, tools: { shell: null } } },
  { wrong: { ...managed, dependencies: 'database' } },
  { wrong: { ...managed, dependencies: [1] } },
  { wrong: { ...managed, overrides: 'text' } },
  { wrong: { ...managed, files: false } },
  { wrong: { ...direct, manager: null } },
  { wrong: { ...direct, tools: null } },
  { wrong: { ...foreign, path: 1 } },
  { wrong: { ...foreign, name: null } },
])('what tells of no process is refused: $wrong', ({ wrong }) => {
  expect(() => parse(wrong)).toThrow('the evaluation says nothing of a process');
});

test.each<{ wrong: Json }>([
  { wrong: 'webapp' },
  { wrong: { name: [1] } },
  { wrong: { port: [80] } },
  { wrong: { name: ['webapp'], port: ['80'] } },
  { wrong: { name: ['webapp'], port: [1.5] } },
  { wrong: { name: ['webapp'], critical: [null] } },
  { wrong: { name: ['webapp'], readiness: {} } },
  { wrong: { name: ['webapp'], position: { file: ['/x.nix'], line: ['1'], column: [2] } } },
])('what is no table of instances is refused: $wrong', ({ wrong }) => {
  expect(() => parse(managed, { instances: wrong })).toThrow('expected instances');
});

// A garbled answer of Nix; found by the fuzz run with the seed 20261201.
test.each<{ what: string; process: JsonObject }>([
  { what: 'process', process: { ...managed, dependencies: ['cache'] } },
  { what: 'scope', process: { ...managed, scope: 'third' } },
])('a $what that is named has to be there', ({ process }) => {
  expect(() => parse(process)).toThrow(/^the evaluation lacks (cache|the scope third)/);
});

test('a process for each instance is required', () => {
  expect(() => parse(managed, { instances: { name: ['webapp', 'one', 'two'] } })).toThrow('fewer processes');
});
