import { expect, test } from '@jest/globals';
import { stopContainer } from '../../../src/backends/docker/container-life.js';
import { parseInspection, type Container } from '../../../src/backends/docker/containers.js';
import type { ContainerEngine } from '../../../src/backends/docker/engine.js';

const inspection = (status: string, exitCode = 3): string =>
  JSON.stringify([
    {
      Id: 'i',
      Name: 'nixproc-one',
      RestartCount: 4,
      State: { Status: status, ExitCode: exitCode, Pid: 0, StartedAt: '2026-01-01 00:00:00 +0000 UTC' },
      Config: { Labels: {} },
      HostConfig: { RestartPolicy: { Name: 'always' } },
    },
  ]);

const container = (status: string): Container => {
  const [parsed] = parseInspection(inspection(status));
  if (parsed === undefined) throw new Error('an inspection describes one container');
  return parsed;
};

/** An engine whose container is in one state after the other, each time somebody looks. */
const engineWith = (...inspections: readonly string[]): { engine: ContainerEngine; calls: string[] } => {
  const calls: string[] = [];
  const left = [...inspections];
  const done = { stderr: '', exitCode: 0, timedOut: false } as const;
  const run: ContainerEngine['run'] = async (command = '') => {
    calls.push(command);
    return { ...done, stdout: command === 'container' ? (left.shift() ?? '[]') : '' };
  };
  const engine: ContainerEngine = {
    program: 'podman',
    isPodman: true,
    run,
    runFor: (_, ...args) => run(...args),
  };
  return { engine, calls };
};

test('what is between two restarts is stopped again until it has ended for good', async () => {
  const { engine, calls } = engineWith(inspection('stopped'), inspection('running'), inspection('exited'));
  expect(await stopContainer(engine, container('stopped'))).toEqual({ verdict: { ok: true }, killed: false });
  expect(calls).toEqual(['stop', 'container', 'stop', 'container', 'stop', 'container']);
});

test('one that ends when it is told to is stopped once; whether it was killed is told', async () => {
  const { engine, calls } = engineWith(inspection('exited', 137));
  expect(await stopContainer(engine, container('running'))).toEqual({ verdict: { ok: true }, killed: true });
  expect(calls).toEqual(['stop', 'container']);
});

test('one that is gone has been stopped', async () => {
  const { engine } = engineWith('[]');
  expect(await stopContainer(engine, container('running'))).toEqual({ verdict: { ok: true }, killed: false });
});
