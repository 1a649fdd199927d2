import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, test } from '@jest/globals';
import type { DeployedProfile, DeployedUnit } from '../../../src/backends/backend.js';
import { strayActivation } from '../../../src/backends/supervisord/activation-data.js';
import type { SupervisordServer } from '../../../src/backends/supervisord/server.js';
import { SupervisordSession } from '../../../src/backends/supervisord/session.js';
import type { ProcessInfo } from '../../../src/backends/supervisord/supervisor-client.js';

const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

/** A supervisord with one process that runs, which says nothing but what is asked. */
const makeServer = async (exclusive: boolean) => {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  children.push(child);
  await once(child, 'spawn');
  const asked: string[] = [];
  let isRunning = true;
  const info = (): ProcessInfo => ({
    ...{ name: 'web', group: 'web', description: '', spawnerr: '', start: 1, stop: 0, exitstatus: 0 },
    ...(isRunning ? { statename: 'RUNNING', pid: child.pid ?? 0 } : { statename: 'STOPPED', pid: 0 }),
  });
  const client = {
    getAllProcesses: () => {
      asked.push('what runs');
      return Promise.resolve([info()]);
    },
    callAll: (calls: readonly { readonly method: string }[]) => {
      asked.push(...calls.map(({ method }) => method));
      isRunning = false;
      child.kill();
      return Promise.resolve([]);
    },
  };
  const server = {
    client,
    exclusive,
    programDirectory: '/programs',
    ask: (question: (client: unknown) => unknown) => question(client),
    remember: () => Promise.resolve(),
    noteStopped: () => Promise.resolve(),
  };
  return { asked, server: server as unknown as SupervisordServer };
};

const unit = { instance: 'web', name: 'web', activation: strayActivation } as unknown as DeployedUnit;
const profile = { path: '/profile', units: [unit] } as unknown as DeployedProfile;
const ok = [{ instance: 'web', ok: true, detail: null }];

test.each([
  ['our own supervisord is asked once what runs: it is seen that what it stops has ended', true, 1],
  ["somebody else's, whose processes cannot be seen from everywhere, is asked for the end, too", false, 2],
])('%s', async (_, exclusive, questions) => {
  const { asked, server } = await makeServer(exclusive);
  const session = new SupervisordSession(() => server, profile, profile);
  await session.observe([unit]);
  expect(await session.stop([unit])).toEqual(ok);
  expect(asked.filter((question) => question === 'what runs')).toHaveLength(questions);
  expect(asked.filter((question) => question !== 'what runs')).toEqual(['supervisor.stopProcess']);
});

test('after something was said to supervisord, it is asked again what runs', async () => {
  const { asked, server } = await makeServer(true);
  const session = new SupervisordSession(() => server, profile, profile);
  await session.observe([unit]);
  await session.stop([unit]);
  asked.length = 0;
  expect(await session.stop([unit])).toEqual(ok);
  expect(asked[0]).toBe('what runs');
});
