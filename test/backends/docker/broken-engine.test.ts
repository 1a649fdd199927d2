import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import { listContainers } from '../../../src/backends/docker/containers.js';
import type { ContainerEngine } from '../../../src/backends/docker/engine.js';
import { DockerSession } from '../../../src/backends/docker/session.js';

test('an engine that knows its version, and nothing of containers, is found before anything is started', async () => {
  const run: ContainerEngine['run'] = () =>
    Promise.resolve({ exitCode: 125, stdout: '', stderr: 'Error: no OCI runtime was found\n', timedOut: false });
  const engine: ContainerEngine = { program: 'podman', isPodman: true, run, runFor: (_, ...args) => run(...args) };
  const session = new DockerSession({
    engine,
    images: {} as never,
    profile: '/profiles/processes',
    foreign: [],
    hostMounts: [],
    identity: { caller: null, createArguments: [], remarks: [] },
    machineFor: () => Promise.reject(new Error('nobody asks')),
    jobs: 1,
    log: pino({ level: 'silent' }),
  });
  await expect(session.collisions([])).rejects.toMatchObject({
    exitCode: 6,
    why: expect.stringContaining('no OCI runtime was found'),
  });
});

test.each([
  ['no list of IDs', 'up (pid 42)\n', ''],
  ['an inspection that was cut off', 'abc123\n', '[{"Id": "abc'],
  ['an inspection of something else', 'abc123\n', '[{"Id": "abc123"}]'],
])('%s is an answer that cannot be understood, and no bug', async (_name, ids, inspection) => {
  const run: ContainerEngine['run'] = (command) =>
    Promise.resolve({ exitCode: 0, stdout: command === 'ps' ? ids : inspection, stderr: '', timedOut: false });
  const engine: ContainerEngine = { program: 'podman', isPodman: true, run, runFor: (_, ...args) => run(...args) };
  await expect(listContainers(engine, 'processes')).rejects.toMatchObject({
    exitCode: 6,
    why: expect.stringContaining('cannot be understood'),
  });
});
