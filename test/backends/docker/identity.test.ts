import { expect, test } from '@jest/globals';
import type { ContainerEngine } from '../../../src/backends/docker/engine.js';
import { findIdentity } from '../../../src/backends/docker/identity.js';

const caller = { name: 'np-nobody-knows', uid: 64_322, gid: 64_323, homeDir: '/home/me' };

const engine = (isPodman: boolean, securityOptions = '[]'): ContainerEngine => {
  const run = async () => ({ exitCode: 0, stdout: securityOptions, stderr: '', timedOut: false });
  return { program: isPodman ? 'podman' : 'docker', isPodman, run, runFor: run };
};

test('processes are whom the image says as long as users may change, and for root', async () => {
  const ofImage = { caller: null, createArguments: [], remarks: [] };
  expect(await findIdentity(engine(false), false, caller)).toEqual(ofImage);
  expect(await findIdentity(engine(false), true, { ...caller, uid: 0 })).toEqual(ofImage);
});

test("processes in the engine of root are the caller's", async () => {
  expect(await findIdentity(engine(false), true, caller)).toEqual({
    caller,
    createArguments: ['--user', '64322:64323'],
    remarks: [],
  });
});

test('where the caller has to be root inside, this is said', async () => {
  for (const rootless of [engine(false, '["name=seccomp","name=rootless"]'), engine(true)]) {
    expect(await findIdentity(rootless, true, caller)).toEqual({
      caller: null,
      createArguments: [],
      remarks: [expect.stringContaining('take themselves for root')],
    });
  }
});
