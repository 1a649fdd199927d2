import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { superviseScanDirectory } from '../../../src/backends/s6-rc/svscan.js';
import { createRun } from '../../../src/system/run.js';
import { repository } from '../../support/repository.js';
import { makeTemporaryDirectory } from '../../support/temporary-directory.js';
import { eventually } from '../../support/waiting.js';

const run = createRun(process.env);

test('an s6-svscan runs in the foreground on the scan directory until it is told to end', async () => {
  const { path, remove } = await makeTemporaryDirectory();
  try {
    const controller = new AbortController();
    const ended = superviseScanDirectory(path, controller.signal, { run });
    const isScanned = async (): Promise<boolean> =>
      (await run({ file: 's6-svscanctl', args: [join(path, 'service')] })).exitCode === 0;
    await eventually(async () => ((await isScanned()) ? true : undefined));
    controller.abort();
    expect(await ended).toBe(0);
    expect(await isScanned()).toBe(false);
  } finally {
    await remove();
  }
});

test('without s6 that is said', async () => {
  const { path, remove } = await makeTemporaryDirectory();
  try {
    const nowhere = createRun({ PATH: '/nonexistent' });
    await expect(superviseScanDirectory(path, new AbortController().signal, { run: nowhere })).rejects.toThrow(
      'The program s6-svscan was not found',
    );
  } finally {
    await remove();
  }
});

test('the command of nix-processmgmt runs it for the runtime directory that it is told, until SIGTERM', async () => {
  const { path, remove } = await makeTemporaryDirectory();
  const command = spawn(
    process.execPath,
    [join(repository, 'bin', 'nixproc-s6-svscan'), '--state-dir', '/nonexistent', '--runtime-dir', path],
    { stdio: 'ignore' },
  );
  const ended = once(command, 'exit');
  try {
    const isScanned = async (): Promise<boolean> =>
      (await run({ file: 's6-svscanctl', args: [join(path, 'service')] })).exitCode === 0;
    await eventually(async () => ((await isScanned()) ? true : undefined));
    command.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    expect(await isScanned()).toBe(false);
  } finally {
    command.kill('SIGKILL');
    await ended;
    await remove();
  }
});
