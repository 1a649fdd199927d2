import { expect, test } from '@jest/globals';
import { directoryOfS6rc, programsOfS6rc } from '../backends/s6-rc/support/programs.js';
import { accounts } from '../support/accounts.js';
import { createDeployment } from '../support/deployment.js';
import { statusOf } from '../support/status.js';
import { makeTemporaryDirectory } from '../support/temporary-directory.js';

test('what depends on a stopped instance is stopped with it, and both can be started again', async () => {
  const [account] = accounts.slice(-1);
  if (account === undefined) throw new Error('nobody can run the tests');
  const directory = await makeTemporaryDirectory();
  const deployment = await createDeployment(account, 'webapps', programsOfS6rc(directory.path));
  try {
    await deployment.succeed('switch', '-P', 's6-rc', ...deployment.modelOptions(), deployment.model);
    await deployment.succeed('stop', 'webapp2');
    const states = await statusOf(deployment);
    expect(['webapp1', 'webapp2', 'nginx'].map((name) => states.get(name)?.state)).toEqual([
      'running',
      'stopped',
      'stopped',
    ]);
    await deployment.succeed('start', 'nginx');
    await deployment.succeed('status');
    await deployment.succeed('undeploy');
  } finally {
    await deployment.dispose();
    await directory.remove();
  }
});

test('without s6-rc a switch changes nothing, and says what is missing', async () => {
  const [account] = accounts.slice(-1);
  if (account === undefined) throw new Error('nobody can run the tests');
  // Debian's own s6 and execline are there, and everything that a build needs.
  const deployment = await createDeployment(account, 'webapps', { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' });
  try {
    const { exitCode, stderr } = await deployment.tool(
      ...['switch', '-P', 's6-rc', ...deployment.modelOptions(), deployment.model],
    );
    const isInstalledByTheSystem = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'].includes(directoryOfS6rc ?? '');
    expect(exitCode).toBe(isInstalledByTheSystem ? 0 : 8);
    if (!isInstalledByTheSystem) expect(stderr).toContain('The program s6-rc was not found');
  } finally {
    await deployment.dispose();
  }
});
