import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import { findEngine, type ContainerEngine } from '../../../src/backends/docker/engine.js';
import type { Run } from '../../../src/system/ports.js';
import { MissingProgramError } from '../../../src/system/run.js';
import { makeTemporaryDirectory } from '../../support/temporary-directory.js';

const dockerAnswer = JSON.stringify({ Client: { Version: '28' }, Server: { Version: '28' } });
const podmanAnswer = JSON.stringify({ Client: { Version: '4.3.1' } });

/** Engines by program: what `version` prints, what it fails with, or null when they are not installed. */
const find = (
  programs: Readonly<Record<string, string | Error | null>>,
  {
    env = {},
    runsOurs = null,
    isDeployed = false,
    remembered = null,
    uid = 0,
    asked = [],
  }: {
    env?: Readonly<Record<string, string>>;
    runsOurs?: string | null;
    isDeployed?: boolean;
    remembered?: string | null;
    uid?: number;
    asked?: string[];
  } = {},
): Promise<ContainerEngine> => {
  const run: Run = async ({ file }) => {
    asked.push(file);
    const answer = programs[file] ?? null;
    if (answer === null) throw new MissingProgramError(file);
    return typeof answer === 'string'
      ? { exitCode: 0, stdout: answer, stderr: '', timedOut: false }
      : { exitCode: 1, stdout: '', stderr: answer.message, timedOut: false };
  };
  const ports = { run, env, log: pino({ level: 'silent' }) };
  return findEngine(ports, async ({ program }) => program === runsOurs, { isDeployed, remembered, uid });
};

test('docker is taken when it answers, else podman', async () => {
  expect(await find({ docker: dockerAnswer, podman: podmanAnswer })).toMatchObject({
    program: 'docker',
    isPodman: false,
  });
  const down = new Error('Cannot connect to the Docker daemon at unix:///var/run/docker.sock.');
  expect(await find({ docker: down, podman: podmanAnswer })).toMatchObject({ program: 'podman', isPodman: true });
  // Debian's podman-docker is Podman under the name of docker.
  expect(await find({ docker: podmanAnswer })).toMatchObject({ program: 'docker', isPodman: true });
});

test('the engine that runs the profile goes on running it', async () => {
  const both = { docker: dockerAnswer, podman: podmanAnswer };
  expect(await find(both, { runsOurs: 'podman' })).toMatchObject({ program: 'podman' });
});

test('containers are not gone because the engine that may have them does not run', async () => {
  const one = { docker: new Error('Cannot connect to the Docker daemon'), podman: podmanAnswer };
  await expect(find(one, { isDeployed: true })).rejects.toMatchObject({
    exitCode: 8,
    message: expect.stringContaining('podman has none of its containers, and docker does not run'),
    why: 'docker: Cannot connect to the Docker daemon',
    fix: expect.stringContaining('NIXPROC_CONTAINER_ENGINE=podman'),
  });
  expect(await find(one, { isDeployed: true, runsOurs: 'podman' })).toMatchObject({ program: 'podman' });
  // Whoever had them last is known: a move that was killed may have left none.
  expect(await find(one, { isDeployed: true, remembered: 'podman' })).toMatchObject({ program: 'podman' });
  await expect(find(one, { isDeployed: true, remembered: 'docker' })).rejects.toThrow('docker does not run');
  expect(await find({ podman: podmanAnswer }, { isDeployed: true })).toMatchObject({ program: 'podman' });
});

test('Podman, which would leave a process of an ordinary user running, is not asked in vain', async () => {
  const place = await makeTemporaryDirectory();
  const both = { docker: dockerAnswer, podman: podmanAnswer };
  const env = { HOME: place.path };
  const storage = join(place.path, '.local/share/containers/storage/overlay-containers');
  const askedFor = async (programs: Parameters<typeof find>[0], uid: number): Promise<readonly string[]> => {
    const asked: string[] = [];
    await find(programs, { env, uid, asked });
    return asked;
  };
  try {
    expect(await askedFor(both, 1000)).toEqual(['docker']);
    expect(await askedFor(both, 0)).toEqual(['docker', 'podman']);
    expect(await askedFor({ podman: podmanAnswer }, 1000)).toEqual(['docker', 'podman']);
    await mkdir(storage, { recursive: true });
    await writeFile(join(storage, 'containers.json'), '[]');
    expect(await askedFor(both, 1000)).toEqual(['docker']);
    await writeFile(join(storage, 'containers.json'), '[{"id":"1"}]');
    expect(await askedFor(both, 1000)).toEqual(['docker', 'podman']);
  } finally {
    await place.remove();
  }
});

test('a variable chooses the engine, and DOCKER_HOST means docker', async () => {
  const all = { docker: dockerAnswer, podman: podmanAnswer, '/opt/podman': podmanAnswer };
  expect(await find(all, { env: { NIXPROC_CONTAINER_ENGINE: '/opt/podman' } })).toMatchObject({
    program: '/opt/podman',
  });
  await expect(
    find({ docker: new Error('error: refused'), podman: podmanAnswer }, { env: { DOCKER_HOST: 'tcp://127.0.0.1:1' } }),
  ).rejects.toMatchObject({ exitCode: 8, fix: expect.stringContaining('tcp://127.0.0.1:1') });
});

test('without an engine it is said what each candidate lacks, and what to install', async () => {
  const none = find({ docker: new Error('Cannot connect to the Docker daemon') });
  await expect(none).rejects.toMatchObject({
    exitCode: 8,
    message: 'There is no container engine to talk to',
    why: 'docker: Cannot connect to the Docker daemon\npodman: it is not installed',
    fix: expect.stringContaining('apt-get install podman crun catatonit'),
  });
});
