import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { mkdtemp, rmdir } from 'node:fs/promises';
import type { Run } from '../../src/system/ports.js';
import { createRun } from '../../src/system/run.js';

/**
 * Gives `work` a run() whose commands see a copy of /etc, in a mount namespace of their own: whatever they do to users and
 * groups, the machine's own stay as they are. Needs root.
 */
export const withPrivateAccounts = async (work: (run: Run) => Promise<void>): Promise<void> => {
  const scratch = await mkdtemp('/tmp/nixproc-etc-');
  const script = `
    mount -t tmpfs tmpfs "$1"
    cp -a /etc "$1/etc"
    mount --bind "$1/etc" /etc
    echo ready
    # Lives as long as the test does, even if that is killed.
    exec cat`;
  const keeper = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-eu', '-c', script, 'sh', scratch], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(keeper, 'exit');
  try {
    await Promise.race([
      once(createInterface(keeper.stdout), 'line'),
      ended.then(() => Promise.reject(new Error('the namespace cannot be made'))),
    ]);
    const run = createRun(process.env);
    await work(({ file, args, ...request }) =>
      run({ ...request, file: 'nsenter', args: ['--mount', '--target', String(keeper.pid), '--', file, ...args] }),
    );
  } finally {
    keeper.stdin.end();
    await ended;
    await rmdir(scratch);
  }
};
