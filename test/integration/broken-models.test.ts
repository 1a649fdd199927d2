import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { accounts } from '../support/accounts.js';
import { createDeployment, type Deployment } from '../support/deployment.js';
import { processesThatMention } from '../support/processes.js';

let deployment: Deployment;
beforeAll(async () => {
  const [account] = accounts;
  if (account === undefined) throw new Error('there is no account to run as');
  deployment = await createDeployment(account, 'webapps');
});
afterAll(async () => {
  await deployment.dispose();
});

// The exit code, and what the message has to name.
const broken = [
  { model: 'syntax-error', exitCode: 3, names: [/syntax-error\.nix:\d+/] },
  { model: 'throw', exitCode: 3, names: [/webapp2/, /throw\.nix:\d+/, /the licence key is missing/] },
  { model: 'missing-package', exitCode: 3, names: [/webapp1/, /no-such-program/] },
  { model: 'unknown-property', exitCode: 3, names: [/webapp1/, /enviroment/] },
  { model: 'not-a-function', exitCode: 3, names: [/not-a-function\.nix/, /function/] },
  { model: 'cycle', exitCode: 4, names: [/webapp1 .*webapp2 .*webapp3 .*webapp1/] },
  { model: 'duplicate-name', exitCode: 4, names: [/first/, /second/, /"webapp"/] },
  { model: 'hostile-name', exitCode: 4, names: [/webapp1/] },
  { model: 'no-process', exitCode: 4, names: [/webapp1/] },
  { model: 'same-port', exitCode: 4, names: [/"first" and "second".*port 5000/, /--allow-conflicts/] },
  {
    model: 'same-pid-file',
    exitCode: 4,
    names: [/"first" and "second".*sleeper\.pid/, /socket of process instance "second"/],
  },
  { model: 'no-build', exitCode: 5, names: [/webapp/, /the compiler is on holiday/] },
];

test.each(broken)(
  '$model.nix ends with exit code $exitCode and names the culprit',
  async ({ model, exitCode, names }) => {
    const result = await deployment.tool(
      'switch',
      '-P',
      'sysvinit',
      `--state-dir=${deployment.stateDir}`,
      '--force-disable-user-change',
      join(deployment.fixtures, 'broken', `${model}.nix`),
    );
    expect(result).toMatchObject({ exitCode, stdout: '' });
    for (const name of names) expect(result.stderr).toMatch(name);
    // What is wrong, and neither our own stack nor a terminal's control characters.
    expect(result.stderr).toMatch(/^error: /m);
    expect(result.stderr).not.toMatch(/^ +at .*\.js:\d+/m);
    expect(result.stderr.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    expect(processesThatMention(deployment.stateDir)).toEqual([]);
  },
);

test('a broken model leaves what runs alone', async () => {
  const options = ['-P', 'sysvinit', ...deployment.modelOptions()];
  await deployment.succeed('switch', ...options, deployment.model);
  const before = await deployment.tool('status', '--json');
  const result = await deployment.tool('switch', join(deployment.fixtures, 'broken', 'throw.nix'));
  expect(result.exitCode).toBe(3);
  expect(await deployment.tool('status', '--json')).toEqual(before);
  await deployment.succeed('undeploy');
});
