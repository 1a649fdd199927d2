import { expect, test } from '@jest/globals';
import { copyFileSync, chmodSync, cpSync } from 'node:fs';
import { join } from 'node:path';
import { createRun } from '../../../src/system/run.js';
import { accounts, asAccount } from '../../support/accounts.js';
import { bundleProgram } from '../../support/bundle-program.js';
import { repository } from '../../support/repository.js';
import { makeTemporaryDirectory } from '../../support/temporary-directory.js';

const account = accounts.at(-1);

test('an ordinary user deploys under a supervisord of their own', async () => {
  if (account === undefined) throw new Error('there is always an account');
  const { path, remove } = await makeTemporaryDirectory();
  try {
    // Node.js may be where only root can read it.
    const node = join(path, 'node');
    copyFileSync(process.execPath, node);
    chmodSync(node, 0o755);
    // Our code looks for these beside itself; the clone may be where only root can read, too.
    cpSync(join(repository, 'nix'), join(path, 'nix'), { recursive: true });
    const program = await bundleProgram('test/backends/supervisord/programs/deploy-as-user.ts', path);
    const { stdout, stderr } = await createRun({ PATH: '/usr/bin:/bin' })({
      ...asAccount(account, node, [program]),
      cwd: '/',
    });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({
      failed: [],
      kept: true,
      facts: {
        args: [],
        environment: { VALUE: 'one' },
        directory: 'ROOT/tmp',
        umask: '0027',
        nice: 3,
        uid: account.uid,
        gid: account.gid,
        groups: expect.anything(),
      },
      initialized: true,
      socketMode: '700',
      left: { processes: [], files: [] },
    });
  } finally {
    await remove();
  }
});
