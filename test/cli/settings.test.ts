import { resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { modelPath, saidSettings, stateSettings, wholeNumber } from '../../src/cli/settings.js';

test('a flag wins over its variable, and a variable that is empty counts as not set', () => {
  expect(
    stateSettings(
      { stateDir: '/from/flag' },
      { NIXPROC_STATE_DIR: '/from/variable', NIXPROC_LOG_DIR: '/logs', NIXPROC_TMP_DIR: '' },
    ),
  ).toEqual({ stateDir: '/from/flag', logDir: '/logs' });
});

test('every state directory has its own variable', () => {
  const names = ['STATE', 'RUNTIME', 'LOG', 'TMP', 'CACHE', 'SPOOL', 'LOCK', 'LIB'];
  const env = Object.fromEntries(names.map((name) => [`NIXPROC_${name}_DIR`, `/${name}`]));
  expect(stateSettings({}, env)).toEqual({
    stateDir: '/STATE',
    runtimeDir: '/RUNTIME',
    logDir: '/LOG',
    tmpDir: '/TMP',
    cacheDir: '/CACHE',
    spoolDir: '/SPOOL',
    lockDir: '/LOCK',
    libDir: '/LIB',
  });
});

test('user changes are disabled by the flag or by NIXPROC_FORCE_DISABLE_USER_CHANGE=1', () => {
  expect(stateSettings({ forceDisableUserChange: true }, {})).toEqual({ forceDisableUserChange: true });
  expect(stateSettings({}, { NIXPROC_FORCE_DISABLE_USER_CHANGE: '1' })).toEqual({ forceDisableUserChange: true });
  expect(stateSettings({}, { NIXPROC_FORCE_DISABLE_USER_CHANGE: '0' })).toEqual({});
});

test('"default" and --no-force-disable-user-change say something, but no value', () => {
  const said = saidSettings(
    { stateDir: 'default', noForceDisableUserChange: true, tmpDir: './default' },
    { NIXPROC_STATE_DIR: '/s', NIXPROC_LOG_DIR: 'default', NIXPROC_FORCE_DISABLE_USER_CHANGE: '1' },
  );
  expect(said).toEqual({
    settings: { tmpDir: resolve('default') },
    unsaid: ['runtimeDir', 'cacheDir', 'spoolDir', 'lockDir', 'libDir'],
  });
  expect(saidSettings({}, { NIXPROC_FORCE_DISABLE_USER_CHANGE: '0' }).unsaid).not.toContain('forceDisableUserChange');
  expect(saidSettings({}, {}).unsaid).toContain('forceDisableUserChange');
  expect(() => saidSettings({ forceDisableUserChange: true, noForceDisableUserChange: true }, {})).toThrow(
    'cannot be meant at once',
  );
});

test('a relative state directory is meant from the working directory', () => {
  expect(stateSettings({ stateDir: 'state' }, {})).toEqual({ stateDir: resolve('state') });
});

test('the model is named on the command line or by NIXPROC_PROCESSES', () => {
  expect(modelPath('/a.nix', { NIXPROC_PROCESSES: '/b.nix' })).toBe('/a.nix');
  expect(modelPath(undefined, { NIXPROC_PROCESSES: '/b.nix' })).toBe('/b.nix');
  expect(() => modelPath(undefined, {})).toThrow('No model was given');
});

test('a number that is none is a usage error', () => {
  expect(wholeNumber(8, '--jobs', 1)).toBe(8);
  expect(() => wholeNumber(NaN, '--jobs', 1)).toThrow('--jobs');
  expect(() => wholeNumber(1.5, '--jobs', 1)).toThrow('--jobs');
  expect(() => wholeNumber(0, '--jobs', 1)).toThrow('at least 1');
});
