import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, test } from '@jest/globals';
import { watchEnds } from '../../../src/backends/supervisord/ended-processes.js';
import type { ProcessInfo } from '../../../src/backends/supervisord/supervisor-client.js';

const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

const infoOf = (pid: number, statename: ProcessInfo['statename'] = 'RUNNING'): ProcessInfo => ({
  ...{ name: 'web', group: 'web', statename, pid, description: '', spawnerr: '' },
  ...{ start: 1, stop: 0, exitstatus: 0 },
});

const runningProcess = async (): Promise<{ readonly child: ChildProcess; readonly info: ProcessInfo }> => {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  children.push(child);
  await once(child, 'spawn');
  return { child, info: infoOf(child.pid ?? 0) };
};

test('processes that are gone have ended', async () => {
  const [one, other] = [await runningProcess(), await runningProcess()];
  const haveEnded = watchEnds([one.info, other.info, infoOf(0, 'STOPPED'), infoOf(0, 'EXITED')]);
  one.child.kill();
  setTimeout(() => other.child.kill(), 20);
  expect(await haveEnded?.()).toBe(true);
});

test('one that stays has not, and it is not waited for', async () => {
  const [one, other] = [await runningProcess(), await runningProcess()];
  const haveEnded = watchEnds([one.info, other.info]);
  one.child.kill();
  expect(await haveEnded?.()).toBe(false);
});

test('where nothing is to be stopped, nothing has to end', async () => {
  expect(await watchEnds([infoOf(0, 'STOPPED')])?.()).toBe(true);
});

test('processes of another PID namespace cannot be seen, nor one that is going to be started again', async () => {
  const { child, info } = await runningProcess();
  child.kill();
  await once(child, 'exit');
  expect(watchEnds([info])).toBeNull();
  expect(watchEnds([infoOf(0, 'BACKOFF')])).toBeNull();
});
