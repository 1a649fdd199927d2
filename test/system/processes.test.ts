import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { openProcessTable } from '../../src/system/processes.js';
import { createRun } from '../../src/system/run.js';
import { eventually } from '../support/waiting.js';

const run = createRun(process.env);

test('a living process is found, with the time of its start', async () => {
  const table = await openProcessTable(run);
  const found = await table.find(process.pid);
  expect(found?.pid).toBe(process.pid);
  expect(found?.startTime).toMatch(/^\d+$/);
  // btime has no fractions of a second.
  expect(Math.abs((found?.since ?? 0) - (Date.now() - process.uptime() * 1000))).toBeLessThan(30_000);
  expect(table.bootId).toBe(readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
});

test('a PID that nobody has is not found', async () => {
  expect(await (await openProcessTable(run)).find(2 ** 22 + 1)).toBeNull();
});

test('a zombie is dead', async () => {
  // The shell starts a child and becomes a sleep, which does not ask for its children's exit codes.
  const parent = spawn('sh', ['-c', 'sleep 0.2 & echo $!; exec sleep 100'], { stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    const child = await new Promise<number>((resolve) => {
      parent.stdout.once('data', (data: Buffer) => {
        resolve(Number(data.toString()));
      });
    });
    await eventually(() => (readFileSync(`/proc/${child}/stat`, 'utf8').includes(') Z ') ? true : undefined));
    expect(await (await openProcessTable(run)).find(child)).toBeNull();
  } finally {
    parent.kill('SIGKILL');
  }
});

test('a program may be called what it likes', async () => {
  const child = spawn('python3', [
    '-c',
    'open("/proc/self/comm", "w").write(") Z (\\n) R")\nimport time\ntime.sleep(100)',
  ]);
  try {
    await eventually(() => (readFileSync(`/proc/${child.pid ?? 0}/comm`, 'utf8').startsWith(')') ? true : undefined));
    expect(await (await openProcessTable(run)).find(child.pid ?? 0)).toMatchObject({ pid: child.pid });
  } finally {
    child.kill('SIGKILL');
  }
});
