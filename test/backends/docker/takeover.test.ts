import { expect, test } from '@jest/globals';
import type { ContainerEngine } from '../../../src/backends/docker/engine.js';
import { labels } from '../../../src/backends/docker/labels.js';
import { observationOf } from '../../../src/backends/docker/observation.js';
import { containersOfOthers } from '../../../src/backends/docker/profile-containers.js';
import type { JsonObject } from '../../../src/system/json.js';
import { unitCalled } from '../../support/instances.js';

const container = (name: string, own: Readonly<Record<string, string>>): JsonObject => ({
  Id: `id-of-${name}`,
  Name: `/${name}`,
  State: { Status: 'running', ExitCode: 0, Pid: 7, StartedAt: '2026-11-21T10:00:00Z' },
  Config: { Labels: own },
  HostConfig: {},
});

const unit = (name: string) => ({
  ...unitCalled(name),
  activation: {
    containerName: `nixproc-${name}`,
    image: { kind: 'archive', path: '/nix/store/image.tar.gz', tag: null },
    createArguments: [],
    command: [],
    hostPrograms: false,
    store: '/nix/store',
    shell: '/bin/sh',
    coreutils: '/usr',
  },
});

test('a container of another tool is known by its name, and one with a label of ours is not taken for it', async () => {
  const asked: (readonly string[])[] = [];
  const run: ContainerEngine['run'] = (...args) => {
    asked.push(args);
    const found = [container('nixproc-old', {}), container('nixproc-new', { [labels.process]: 'new' })];
    return Promise.resolve({
      exitCode: 1,
      stdout: JSON.stringify(found),
      stderr: 'Error: No such container: nixproc-gone',
      timedOut: false,
    });
  };
  const engine: ContainerEngine = { program: 'docker', isPodman: false, run, runFor: (_, ...args) => run(...args) };
  const units = ['old', 'new', 'gone'].map(unit);
  const containers = await containersOfOthers(engine, units);
  expect(asked).toEqual([['container', 'inspect', 'nixproc-old', 'nixproc-new', 'nixproc-gone']]);
  expect(containers.map(({ name, process }) => [name, process])).toEqual([['nixproc-old', 'old']]);
  expect(units.map((each) => observationOf(each, containers).state)).toEqual(['running', 'absent', 'absent']);
});
