import { expect, test } from '@jest/globals';
import { parseManifest } from '../../src/profile/parse-manifest.js';
import type { JsonObject } from '../../src/system/json.js';

const directories = Object.fromEntries(
  ['stateDir', 'runtimeDir', 'logDir', 'tmpDir', 'cacheDir', 'spoolDir', 'lockDir', 'libDir'].map((name) => [
    name,
    '/',
  ]),
);

const unit: JsonObject = {
  instance: 'web',
  name: 'web',
  level: 0,
  dependencies: ['database'],
  fingerprint: 'abc',
  properties: { path: '/' },
  activation: { unit: 'web.service' },
  credentials: { groups: [], users: [] },
  port: 80,
  readiness: null,
};

const manifestOf = (...units: readonly JsonObject[]): string =>
  JSON.stringify({
    formatVersion: 1,
    manager: 'systemd',
    directories,
    forceDisableUserChange: false,
    builder: { shell: '/bin/sh', coreutils: '/usr' },
    hostPackages: true,
    data: {},
    units,
  });

const readiness = { probe: { kind: 'port', host: 'localhost', port: 80 }, timeout: 60, interval: 1 };
const user = {
  name: 'web',
  uid: null,
  group: 'web',
  description: null,
  homeDir: '/',
  createHomeDir: true,
  shell: null,
};

test.each<[string, JsonObject]>([
  ['with what all have', {}],
  ['that nobody connects to', { port: null }],
  ['with accounts', { credentials: { groups: [{ name: 'web', gid: 5, attributes: {} }], users: [] } }],
  ['with a readiness', { readiness }],
  ['with a change policy', { changePolicy: { onChange: 'reload', onRemoval: 'stop' } }],
  ['with time-outs', { startTimeout: 1.5, stopTimeout: 30 }],
  ['with a network of its own, not critical', { ownNetwork: true, critical: false }],
])('a unit %s is read as it was written', (_, more) => {
  const written = { ...unit, ...more };
  expect(parseManifest(manifestOf(unit, written), 'FILE').units).toEqual([unit, written]);
});

test('a readiness from before it meant anything is none', () => {
  const { units } = parseManifest(manifestOf({ ...unit, readiness: 'soon' }, unit), 'FILE');
  expect(units).toEqual([unit, unit]);
});

test.each<[string, JsonObject]>([
  ['instance', { instance: 1 }],
  ['name', { name: null }],
  ['level', { level: -1 }],
  ['level', { level: 0.5 }],
  ['level', { level: 2 ** 60 }],
  ['dependencies', { dependencies: 'database' }],
  ['dependencies', { dependencies: [1] }],
  ['fingerprint', { fingerprint: {} }],
  ['properties', { properties: [] }],
  ['activation', { activation: null }],
  ['credentials', { credentials: [] }],
  ['credentials', { credentials: { groups: [] } }],
  ['credentials', { credentials: { groups: [], users: [{ ...user, attributes: { key: 1 } }] } }],
  ['credentials', { credentials: { groups: [], users: [], more: [] } }],
  ['port', { port: '80' }],
  ['changePolicy', { changePolicy: { onChange: 'explode', onRemoval: 'stop' } }],
  ['ownNetwork', { ownNetwork: false }],
  ['critical', { critical: true }],
  ['startTimeout', { startTimeout: 0 }],
  ['leftovers', { leftovers: 'bury' }],
  ['endsAlone', { endsAlone: false }],
  ['unheard', { unheard: 1 }],
])('a unit with a wrong %s is refused, and the message says where it is', (name, wrong) => {
  expect(() => parseManifest(manifestOf(unit, { ...unit, ...wrong }), 'FILE')).toThrow(
    expect.objectContaining({
      message: 'The manifest FILE is damaged',
      why: expect.stringMatching(name === 'unheard' ? /"unheard"[^]*units\[1\]/ : RegExp(`units\\[1\\]\\.${name}`)),
    }),
  );
});

test.each(Object.keys(unit).filter((name) => name !== 'readiness'))('a unit without %s is refused', (name) => {
  const rest = Object.entries(unit).filter(([other]) => other !== name);
  expect(() => parseManifest(manifestOf(Object.fromEntries(rest)), 'FILE')).toThrow('is damaged');
});

test.each(['1', 'null', '{}', '{"units": 1}', '{"units": []}', 'nothing'])('%s is no manifest', (text) => {
  expect(() => parseManifest(text, 'FILE')).toThrow('The manifest FILE is damaged');
});
