import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { accounts } from '../support/accounts.js';
import { createDeployment, fixtureNames, type Deployment } from '../support/deployment.js';

const modes = { privileged: [], unprivileged: ['--force-disable-user-change'] } as const;

const [account] = accounts;
if (account === undefined) throw new Error('nobody can run the tests');

// systemd-analyze reads units without a systemd that runs.
describe.each(fixtureNames)('the model %s', (fixture) => {
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await createDeployment(account, fixture);
  });
  afterAll(() => deployment.dispose());

  test.each(Object.keys(modes) as (keyof typeof modes)[])(
    'becomes units that systemd-analyze has nothing to say about, %s',
    async (mode) => {
      const { stdout: profile } = await deployment.succeed(
        ...['build', '--no-out-link', '--host-packages', '-P', 'systemd', '--state-dir', deployment.stateDir],
        ...modes[mode],
        deployment.model,
      );
      const directory = join(profile.trim(), 'etc/systemd/system');
      const units = (await readdir(directory)).filter((name) => name.endsWith('.service'));
      expect(units.length).toBeGreaterThan(2);
      const { exitCode, stdout, stderr } = await deployment.run(
        ...(['systemd-analyze', 'verify', '--man=no', '--recursive-errors=no'] as const),
        ...units.map((name) => join(directory, name)),
      );
      expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    },
  );
});
