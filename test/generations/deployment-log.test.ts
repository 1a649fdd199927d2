import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  historyOf,
  prunedLog,
  readDeploymentLog,
  verdictOn,
  writeDeploymentLog,
  type DeploymentLog,
} from '../../src/generations/deployment-log.js';
import type { DeploymentRecord } from '../../src/generations/deployment-record.js';
import type { ProfileLocation } from '../../src/generations/profile-location.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.js';

const record = (profile: string, some: Partial<DeploymentRecord> = {}): DeploymentRecord => ({
  command: 'switch',
  started: '2026-11-21T10:00:00.000Z',
  ended: '2026-11-21T10:00:01.000Z',
  result: 'good',
  from: null,
  generation: null,
  made: false,
  profile,
  manager: 'sysvinit',
  message: null,
  by: { user: 'alice', sudoUser: null, host: 'here' },
  model: null,
  tool: '0.1.0',
  steps: { start: ['web'], stop: [], restart: [], reload: [], untouched: 0 },
  ...some,
});
const made = (generation: number, profile: string, some: Partial<DeploymentRecord> = {}): DeploymentRecord =>
  record(profile, { generation, made: true, ...some });

let directory: TemporaryDirectory;
let location: ProfileLocation;
beforeEach(async () => {
  directory = await makeTemporaryDirectory();
  location = {
    name: 'processes',
    link: join(directory.path, 'processes'),
    stateDirectory: join(directory.path, '.state', 'processes'),
  };
  await mkdir(location.stateDirectory, { recursive: true });
});
afterEach(() => directory.remove());

test('what was written is read again, and a log that cannot be read is an empty one', async () => {
  const log = [made(1, '/store/a', { message: 'first' }), record('/store/b', { result: 'rolled back', ended: null })];
  await writeDeploymentLog(location, log);
  expect(await readDeploymentLog(location)).toEqual(log);
  await writeFile(join(location.stateDirectory, 'deployments.json'), '[{"command": 1}]');
  expect(await readDeploymentLog(location)).toEqual([]);
  await rm(join(location.stateDirectory, 'deployments.json'));
  expect(await readDeploymentLog(location)).toEqual([]);
});

test('a generation is described by the deployment that made it, and its result is that of its last activation', () => {
  const first = made(1, '/store/a', { message: 'first' });
  const log = [
    first,
    made(2, '/store/b'),
    record('/store/a', { command: 'generations switch', result: 'rolled back' }),
  ];
  expect(historyOf(log, { number: 1, profile: '/store/a' })).toEqual({ made: first, result: 'rolled back' });
  const back = [...log, record('/store/a', { command: 'rollback', generation: 1 })];
  expect(historyOf(back, { number: 1, profile: '/store/a' })).toEqual({ made: first, result: 'good' });
});

test('a number that came back after a deletion has nothing to do with the generation that had it before', () => {
  const log = [made(1, '/store/a', { message: 'another one' })];
  expect(historyOf(log, { number: 1, profile: '/store/b' })).toEqual({ made: null, result: null });
});

test('a deployment that was killed after the profile had moved still describes its generation', () => {
  const killed = record('/store/a', { result: 'interrupted', ended: null, message: 'halfway' });
  expect(historyOf([killed], { number: 1, profile: '/store/a' })).toEqual({ made: killed, result: 'interrupted' });
});

test('records go with their generations, and deployments that made none when a hundred more have come', () => {
  const many: DeploymentLog = Array.from({ length: 150 }, (_, index) =>
    record(`/store/failed-${index}`, { result: 'failed' }),
  );
  const log = [made(1, '/store/a'), made(2, '/store/b'), ...many];
  const pruned = prunedLog(log, [{ number: 1, profile: '/store/a' }]);
  expect(pruned.map(({ profile }) => profile)).toEqual(['/store/a', ...many.slice(50).map(({ profile }) => profile)]);
});

test('the file is one line of JSON with sorted keys', async () => {
  await writeDeploymentLog(location, [made(1, '/store/a')]);
  const text = await readFile(join(location.stateDirectory, 'deployments.json'), 'utf8');
  expect(text).toMatch(/^\[\{"by":\{"host":"here",.*\}\]\n$/);
});

test('an activation that was interrupted says nothing about how well a generation runs', () => {
  const interrupted = record('/store/a', { command: 'rollback', result: 'interrupted', ended: null });
  const a = { number: 1, profile: '/store/a' };
  expect(verdictOn([made(1, '/store/a'), interrupted], a)).toBe('good');
  expect(verdictOn([made(1, '/store/a', { result: 'failed' }), interrupted], a)).toBe('failed');
  expect(verdictOn([interrupted], a)).toBe('interrupted');
  expect(verdictOn([], a)).toBeNull();
});
