import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { accounts } from '../support/accounts.js';
import { createDeployment, type Deployment } from '../support/deployment.js';

jest.setTimeout(120_000);

const account = accounts.at(-1);
let deployment: Deployment;
beforeAll(async () => {
  if (account === undefined) throw new Error('there is no account to run as');
  deployment = await createDeployment(account, 'webapps');
});
afterAll(() => deployment.dispose());

/** Calls the tool in a directory that is deleted before it begins. */
const tool = (...args: readonly string[]) => {
  const gone = join(deployment.directory, 'home', 'gone');
  const script = 'mkdir "$0" && cd "$0" && rmdir "$0" && exec "$@"';
  return deployment.run('sh', '-c', script, gone, ...deployment.toolWords, ...args);
};

const model = (): string => deployment.model;

test.each([
  ['status', () => ['status'], 4, /^nothing is deployed\n$/],
  ['generations', () => ['generations'], 0, /^$/],
  ['--help', () => ['stop', '--help'], 0, /^$/],
  ['a switch', () => ['switch', '-P', 'sysvinit', ...deployment.modelOptions(), model()], 0, /done: generation 1/],
  ['a restart', () => ['restart', 'webapp1'], 0, /restarting webapp1/],
  ['an undeployment', () => ['undeploy'], 0, /done: nothing runs any more/],
])('%s works in a directory that is gone', async (_, args, exitCode, words) => {
  expect(await tool(...args())).toMatchObject({ exitCode, stderr: expect.stringMatching(words) });
});

test.each([
  ['a relative model', () => ['switch', '-P', 'sysvinit', 'processes.nix']],
  ['a link in the working directory', () => ['build', '-P', 'sysvinit', ...deployment.modelOptions(), model()]],
  ['a relative state directory', () => ['switch', '-P', 'sysvinit', '--state-dir=state', model()]],
  ['a relative profile', () => ['status', '-p', './profile']],
])('%s is refused there in words', async (_, args) => {
  const { exitCode, stderr } = await tool(...args());
  expect({ exitCode, stderr }).toEqual({
    exitCode: 2,
    stderr: expect.stringMatching(/^error: The working directory no longer exists\n(?![^]*\n {4}at )/),
  });
});
