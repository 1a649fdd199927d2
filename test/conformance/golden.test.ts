import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { managerNames } from '../../src/backends/registry.js';
import { accounts } from '../support/accounts.js';
import { createDeployment, fixtureNames, type Deployment, type Fixture } from '../support/deployment.js';
import { profileText } from '../support/profile-text.js';
import { repository } from '../support/repository.js';

const modes = { privileged: [], unprivileged: ['--force-disable-user-change'] } as const;

const [account] = accounts;
if (account === undefined) throw new Error('nobody can run the tests');

describe.each(fixtureNames)('the model %s', (fixture: Fixture) => {
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await createDeployment(account, fixture);
  });
  afterAll(() => deployment.dispose());

  describe.each(managerNames)('for %s', (manager) => {
    test.each(Object.keys(modes) as (keyof typeof modes)[])('gives its golden profile, %s', async (mode) => {
      const { exitCode, stdout, stderr } = await deployment.tool(
        ...['build', '--no-out-link', '--host-packages', '-P', manager, '--state-dir', '/srv/golden'],
        ...modes[mode],
        deployment.model,
      );
      expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
      const actual = await profileText(stdout.trim(), deployment);
      const golden = join(repository, 'fixtures', 'golden', fixture, `${manager}-${mode}.txt`);
      if (process.env['UPDATE_GOLDEN'] === '1') {
        await mkdir(dirname(golden), { recursive: true });
        await writeFile(golden, actual);
      }
      expect(actual).toBe(await readFile(golden, 'utf8'));
    });
  });
});
