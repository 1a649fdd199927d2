import { expect, test } from '@jest/globals';
import { compareGenerations } from '../../src/generations/compare-generations.js';
import type { ManagerName } from '../../src/model/process-model.js';
import type { Manifest, ManifestUnit } from '../../src/profile/manifest.js';
import { unitCalled } from '../support/instances.js';

const manifest = (units: readonly ManifestUnit[], manager = 'sysvinit', stateDir = '/var'): Manifest => ({
  formatVersion: 1,
  manager: manager as ManagerName,
  directories: {
    stateDir,
    runtimeDir: '/run',
    logDir: '/var/log',
    tmpDir: '/tmp',
    cacheDir: '/var/cache',
    spoolDir: '/var/spool',
    lockDir: '/var/lock',
    libDir: '/var/lib',
  },
  forceDisableUserChange: false,
  builder: { shell: '/bin/sh', coreutils: '/usr' },
  hostPackages: false,
  data: {},
  units,
});

test('instances are added, removed, changed down to the value, or the same', () => {
  expect(
    compareGenerations(
      manifest([unitCalled('db'), unitCalled('gone'), unitCalled('web', { environment: { PORT: '5000', HOST: 'a' } })]),
      manifest([unitCalled('db'), unitCalled('new'), unitCalled('web', { environment: { PORT: '5001', HOST: 'a' } })]),
    ),
  ).toEqual({
    settings: [],
    added: ['new'],
    removed: ['gone'],
    changed: [{ instance: 'web', properties: ['environment.PORT: 5000 → 5001'] }],
    unchanged: ['db'],
    moved: [],
  });
});

test('what only makes a process read its configuration again is a change, too', () => {
  const unit = unitCalled('web');
  const { changed } = compareGenerations(
    manifest([{ ...unit, reloadProperties: { config: '/a' }, port: 80 }]),
    manifest([{ ...unit, reloadProperties: { config: '/b' }, port: 81 }]),
  );
  expect(changed).toEqual([{ instance: 'web', properties: ['config: /a → /b', 'port: 80 → 81'] }]);
});

test('what a model says besides the process is compared, too', () => {
  const unit = unitCalled('web');
  const { changed } = compareGenerations(
    manifest([{ ...unit, startTimeout: 60 }]),
    manifest([{ ...unit, critical: false, startTimeout: 120, stopTimeout: 5 }]),
  );
  expect(changed).toEqual([
    {
      instance: 'web',
      properties: ['critical: true → false', 'startTimeout: 60 → 120', 'stopTimeout: null → 5'],
    },
  ]);
});

test('under two managers a process is neither changed nor unchanged, but for what no manager has words of its own for', () => {
  expect(
    compareGenerations(
      manifest([unitCalled('web', { script: 'x' }), { ...unitCalled('db'), port: 80 }]),
      manifest(
        [unitCalled('web', { Service: { ExecStart: 'y' } }), { ...unitCalled('db'), port: 81 }],
        'systemd',
        '/srv',
      ),
    ),
  ).toEqual({
    settings: ['manager: sysvinit → systemd', 'stateDir: /var → /srv'],
    added: [],
    removed: [],
    changed: [{ instance: 'db', properties: ['port: 80 → 81'] }],
    unchanged: [],
    moved: ['web'],
  });
});
