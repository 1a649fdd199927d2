import { expect, test } from '@jest/globals';
import type { Container } from '../../../src/backends/docker/containers.js';
import { parseInspection } from '../../../src/backends/docker/containers.js';
import { observationOf } from '../../../src/backends/docker/observation.js';
import { unitCalled } from '../../support/instances.js';

const unit = { ...unitCalled('one'), fingerprint: 'f' };
const container = (facts: Partial<Container>): Container => ({
  ...{ id: 'i', name: 'nixproc-one', process: 'one', configuration: 'f', image: 'm', status: 'running', exitCode: 0 },
  ...{
    outOfMemory: false,
    error: '',
    pid: 7,
    watcher: null,
    isUnwatched: false,
    startedAt: 1000,
    restarts: 0,
    isRestarted: true,
    stopTime: 10,
    health: null,
  },
  ...facts,
});
const down = { pid: null, since: null } as const;

test.each<[string, Partial<Container>, object]>([
  ['runs', {}, { state: 'running', pid: 7, since: 1000, detail: null }],
  ['is not healthy yet', { health: 'starting' }, { state: 'starting' }],
  ['is not healthy any more', { health: 'unhealthy' }, { state: 'running', detail: 'its health check fails' }],
  ['was paused', { status: 'paused' }, { state: 'stopped', detail: 'it is paused' }],
  [
    'has lost its conmon',
    { isUnwatched: true },
    { state: 'failed', detail: expect.stringContaining('process 7 still') },
  ],
  ['has ended after its conmon', { isUnwatched: true, pid: null }, { state: 'failed', pid: null }],
  ['was stopped without one', { isUnwatched: true, pid: null, status: 'stopping' }, { state: 'stopped', detail: null }],
  [
    'was stopped after its conmon had ended, as Podman 5 tells it',
    {
      ...{ status: 'exited', exitCode: -1, ...down },
      error: 'container 1f3f conmon exited prematurely, exit code could not be retrieved: internal libpod error',
    },
    { state: 'stopped', detail: null },
  ],
  [
    'ended after its conmon, as Podman 5 tells it',
    {
      ...{ status: 'exited', exitCode: -1, ...down },
      error: 'conmon died without writing exit file, container exit code could not be retrieved',
    },
    { state: 'failed', detail: expect.stringContaining('conmon died') },
  ],
  ['was stopped by hand', { status: 'exited', exitCode: 137, ...down }, { state: 'stopped', detail: null }],
  [
    'could not be started',
    { status: 'created', error: 'no such file', ...down },
    { state: 'failed', detail: 'no such file' },
  ],
  ['was never started', { status: 'created', ...down }, { state: 'failed' }],
  ['ended as it was told', { status: 'exited', exitCode: 143, isRestarted: false, ...down }, { state: 'stopped' }],
  [
    'was killed',
    { status: 'exited', exitCode: 137, isRestarted: false, ...down },
    { state: 'failed', detail: expect.stringContaining('exit code 137, SIGKILL') },
  ],
  [
    'used too much memory',
    { status: 'exited', exitCode: 137, outOfMemory: true, isRestarted: false, ...down },
    { state: 'failed', detail: expect.stringContaining('more memory than it may') },
  ],
  [
    'has no command',
    { status: 'exited', exitCode: 127, ...down },
    { state: 'failed', detail: 'its command was not found (exit code 127)' },
  ],
  [
    'crashed by a signal',
    { status: 'exited', exitCode: 139, isRestarted: false, ...down },
    { state: 'failed', detail: 'it ended with exit code 139 (SIGSEGV)' },
  ],
  [
    'is between two restarts',
    { status: 'restarting', exitCode: 1, ...down },
    { state: 'failed', detail: 'it is restarted again and again: it ended with exit code 1' },
  ],
  [
    "is between two of Podman's restarts",
    { status: 'stopped', exitCode: 1, restarts: 4, ...down },
    { state: 'failed', detail: 'it is restarted again and again: it ended with exit code 1' },
  ],
  ['is being removed', { status: 'removing', ...down }, { state: 'failed', detail: 'its container is removing' }],
])('a process %s', (_, facts, expected) => {
  expect(observationOf(unit, [container(facts)])).toMatchObject(expected);
});

test('a process whose container was made from something else has failed', () => {
  expect(observationOf(unit, [container({ configuration: 'g' })])).toMatchObject({
    state: 'failed',
    detail: expect.stringContaining('another configuration'),
  });
  expect(observationOf(unit, [container({ process: 'two' })])).toMatchObject({ state: 'absent' });
  expect(observationOf(unit, [container({ status: 'exited', pid: null }), container({})])).toMatchObject({
    state: 'running',
  });
});

test('what Docker and Podman print of a container is understood', () => {
  const labels = {
    'nix-processmgmt-ts.process': 'one',
    'nix-processmgmt-ts.configuration': 'f',
    'nix-processmgmt-ts.image': 'localhost/one:h',
  };
  const docker = {
    Id: 'd',
    Name: '/nixproc-one',
    RestartCount: 2,
    State: {
      ...{ Status: 'running', Running: true, OOMKilled: false, Pid: 12, ExitCode: 0, Error: '' },
      StartedAt: '2026-11-21T06:50:36.947619317Z',
    },
    Config: { Labels: labels },
    HostConfig: { RestartPolicy: { Name: 'unless-stopped', MaximumRetryCount: 0 } },
  };
  const podman = {
    ...docker,
    Name: 'nixproc-one',
    State: { ...docker.State, Status: 'created', Pid: 0, StartedAt: '0001-01-01T00:00:00Z', Health: { Status: '' } },
    HostConfig: { RestartPolicy: { Name: '' } },
  };
  expect(parseInspection(JSON.stringify([docker, podman]))).toMatchObject([
    {
      ...{ id: 'd', name: 'nixproc-one', process: 'one', configuration: 'f', image: 'localhost/one:h', restarts: 2 },
      ...{ pid: 12, startedAt: Date.parse('2026-11-21T06:50:36.947Z'), isRestarted: true, health: null },
    },
    { name: 'nixproc-one', pid: null, startedAt: null, isRestarted: false, health: null },
  ]);
});
