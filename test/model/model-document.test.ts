import { expect, test } from '@jest/globals';
import { parseModelDocument } from '../../src/model/model-document.js';
import type { Json, JsonObject } from '../../src/system/json.js';

const header = {
  formatVersion: 1,
  storeDir: '/nix/store',
  hostPackages: false,
  ignoredParams: [],
  scopes: {},
  fallbackTools: null,
  outline: null,
  instances: [{ name: 'webapp' }],
  dependents: [],
  conflicts: [],
};

const managed = {
  kind: 'managed',
  name: 'webapp',
  scope: 'scope',
  arguments: {},
  tools: { shell: '/bin/sh' },
  dependencies: ['database'],
  overrides: null,
  files: null,
};
const direct = { ...managed, kind: 'direct', manager: 'sysvinit' };
const foreign = { kind: 'package', name: 'webapp', path: '/nix/store/webapp' };

const parse = (process: Json, changes: JsonObject = {}) =>
  parseModelDocument([{ ...header, ...changes }, process].map((line) => JSON.stringify(line)).join('\n'));

test.each<JsonObject>([
  managed,
  { ...managed, overrides: 'function', files: '/nix/store/files' },
  { ...managed, overrides: { Service: {} } },
  direct,
  foreign,
])('a process stands beside its instance: $kind', (process) => {
  const told = { name: 'webapp', port: 80, critical: false, position: { file: '/x.nix', line: 1, column: 2 } };
  expect(parse(process, { instances: [told] }).instances).toEqual([{ ...told, process }]);
  expect(parse(process).instances).toEqual([{ name: 'webapp', process }]);
});

test.each<{ wrong: Json }>([
  { wrong: 'webapp' },
  { wrong: { ...managed, kind: 'other' } },
  { wrong: { ...managed, name: null } },
  { wrong: { ...managed, scope: 1 } },
  { wrong: { ...managed, arguments: [] } },
  { wrong: { ...managed, tools: { shell: null } } },
  { wrong: { ...managed, dependencies: 'database' } },
  { wrong: { ...managed, dependencies: [1] } },
  { wrong: { ...managed, overrides: 'text' } },
  { wrong: { ...managed, files: false } },
  { wrong: { ...direct, manager: null } },
  { wrong: { ...direct, tools: null } },
  { wrong: { ...foreign, path: 1 } },
])('a line that tells of no process is refused: $wrong', ({ wrong }) => {
  expect(() => parse(wrong)).toThrow('the evaluation says nothing of a process');
});

test.each<{ wrong: Json }>([
  { wrong: 'webapp' },
  { wrong: { port: 80 } },
  { wrong: { name: 'webapp', port: '80' } },
  { wrong: { name: 'webapp', port: 1.5 } },
  { wrong: { name: 'webapp', critical: null } },
  { wrong: { name: 'webapp', position: { file: '/x.nix', line: '1', column: 2 } } },
])('what is told of no instance is refused: $wrong', ({ wrong }) => {
  expect(() => parse(managed, { instances: [wrong] })).toThrow('expected instances');
});

test('a process for each instance is required', () => {
  expect(() => parse(managed, { instances: [{ name: 'webapp' }, { name: 'other' }] })).toThrow('fewer processes');
});
