import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, test } from '@jest/globals';
import { endProcesses } from '../../src/system/end-processes.js';
import { listProcesses, livingAmong, parsePs, parseStat } from '../../src/system/process-list.js';
import { createRun } from '../../src/system/run.js';

const run = createRun(process.env);
const started: ReturnType<typeof spawn>[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

const start = async (script: string) => {
  const child = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  started.push(child);
  await once(child.stdout, 'data');
  const found = (await listProcesses(run)).find(({ pid }) => pid === child.pid);
  if (found === undefined) throw new Error('it is not listed');
  return { child, found };
};

test('the name of a program does not disturb what is read of its process, and a zombie is none', () => {
  const rest = '7 8 9 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 4711 0 0';
  expect(parseStat(`17 (a) Z ( b) S ${rest}`)).toEqual({ pid: 17, parent: 7, group: 8, session: 9, startTime: '4711' });
  expect(parseStat(`17 (a) Z ${rest}`)).toBeNull();
});

test('ps tells the same where there is no /proc, but for sessions', () => {
  expect(parsePs(' 17 1 8 Ss Mon Nov 30 20:00:00 2026\n 18 17 8 Z Mon Nov 30 20:00:01 2026\n')).toEqual([
    {
      pid: 17,
      parent: 1,
      group: 8,
      session: null,
      startTime: 'Mon_Nov_30_20:00:00_2026',
      controlGroup: null,
      mark: null,
    },
  ]);
});

test('a process that ignores SIGTERM is killed when its time is over; one with its PID but another start is not', async () => {
  const { found } = await start(`trap '' TERM; echo; while :; do sleep 0.1; done`);
  expect(found.parent).toBe(process.pid);
  expect(await endProcesses([{ ...found, startTime: '1', milliseconds: 200 }], run)).toEqual([]);
  expect(await livingAmong([found], run)).toEqual([found]);
  expect(await endProcesses([{ ...found, milliseconds: 200 }], run)).toEqual([]);
  expect(await livingAmong([found], run)).toEqual([]);
});
