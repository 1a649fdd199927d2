import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { accounts } from '../support/accounts.js';
import { createDeployment, modelParameters, type Deployment } from '../support/deployment.js';
import { planOf } from '../support/plans.js';
import { pidsOf } from '../support/status.js';

jest.setTimeout(180_000);

const account = accounts.at(-1);

// One story: each test goes on where the one before has ended.
let deployment: Deployment;
let elsewhere: string;
/** The model's parameters have to be said each time; where its state goes does not. */
const parameters = (): string => `--extra-params=${modelParameters(deployment.portOf(15_000) - 15_000, {})}`;
const taken = () =>
  `note: as in the current generation: --state-dir=${deployment.stateDir} --force-disable-user-change\n`;

beforeAll(async () => {
  if (account === undefined) throw new Error('there is no account to run as');
  deployment = await createDeployment(account, 'webapps');
  elsewhere = join(deployment.directory, 'elsewhere');
  await deployment.succeed('switch', '-P', 'sysvinit', ...deployment.modelOptions(), deployment.model);
});
afterAll(() => deployment.dispose());

test('the next switch goes on with the options that were given once, and says so', async () => {
  const before = await pidsOf(deployment);
  const { stderr } = await deployment.succeed('switch', parameters(), deployment.model);
  expect(stderr).toContain(taken());
  expect(stderr).toContain('nothing to do: the model is what is deployed\n');
  expect(await pidsOf(deployment)).toEqual(before);
});

test('so does a build, and an option or a variable wins over what is remembered', async () => {
  const build = (...options: readonly string[]) =>
    deployment.run(
      'env',
      ...options,
      ...deployment.toolWords,
      'build',
      '--no-out-link',
      parameters(),
      deployment.model,
    );
  const plain = await build();
  expect(plain).toMatchObject({ exitCode: 0, stderr: expect.stringContaining(taken()) });
  expect((await deployment.run('readlink', '-f', join(deployment.profilesDir, 'processes'))).stdout).toBe(plain.stdout);
  const { stdout } = await build(`NIXPROC_LOG_DIR=${elsewhere}`);
  expect((await deployment.run('cat', `${stdout.trim()}/share/nix-processmgmt-ts/options.json`)).stdout).toBe(
    `${JSON.stringify({ stateDir: deployment.stateDir, logDir: elsewhere, forceDisableUserChange: true })}\n`,
  );
});

test('a change of them is a line of the plan', async () => {
  const { notes } = await planOf(deployment, `--log-dir=${elsewhere}`, parameters(), deployment.model);
  expect(notes).toContain(`logDir: ${deployment.logDir} → ${elsewhere}`);
});

test('"default" and --no-force-disable-user-change forget', async () => {
  const forget = ['--state-dir=default', '--no-force-disable-user-change'];
  const { stdout, stderr } = await deployment.tool('plan', ...forget, parameters(), deployment.model);
  // An ordinary user has no accounts to make, root would.
  if (account?.uid === 0) {
    expect(stdout).toMatch(/^note: forceDisableUserChange: true → false$/m);
    expect(stdout).toContain(`note: stateDir: ${deployment.stateDir} → /var\n`);
  }
  expect(stderr).not.toContain('as in the current generation');
  const built = await deployment.succeed('build', '--no-out-link', ...forget, parameters(), deployment.model);
  expect(existsSync(`${built.stdout.trim()}/share/nix-processmgmt-ts/options.json`)).toBe(false);
});

test('a rollback and an undeployment keep what the next switch goes on with', async () => {
  await deployment.succeed('switch', `--log-dir=${elsewhere}`, parameters(), deployment.model);
  await deployment.succeed('rollback');
  expect((await deployment.tool('plan', parameters(), deployment.model)).stderr).toContain(taken());
  await deployment.succeed('undeploy');
  expect((await deployment.tool('plan', parameters(), deployment.model)).stderr).toContain(taken());
});
