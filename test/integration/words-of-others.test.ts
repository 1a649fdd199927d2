import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { RunResult } from '../../src/system/ports.js';
import { accounts } from '../support/accounts.js';
import { createDeployment, type Deployment } from '../support/deployment.js';
import { sleeperOptions } from '../support/faults/sleepers.js';

jest.setTimeout(180_000);

const account = accounts.at(-1);

// One story: each test goes on where the one before has ended. The instance's name begins with a dash.
let deployment: Deployment;
let model: string;
/** Everything that was said, to people and to programs. */
const said: string[] = [];
const listen = ({ stdout, stderr, ...result }: RunResult): RunResult => {
  said.push(stdout, stderr);
  return { stdout, stderr, ...result };
};
const tool = async (...args: readonly string[]): Promise<RunResult> => listen(await deployment.tool(...args));

/** @param script what the process does, in a Nix string */
const write = (secret: string, script = 'exec sleep 1000'): Promise<void> =>
  writeFile(
    model,
    `{ pkgs, stateDir, runtimeDir, logDir, tmpDir, forceDisableUserChange, processManager }:
let
  create = import ./nix-processmgmt/nixproc/create-managed-process/universal/create-managed-process-universal.nix {
    inherit pkgs stateDir runtimeDir logDir tmpDir forceDisableUserChange processManager;
  };
in
{
  "-x".pkg = create {
    instanceName = "x";
    foregroundProcess = "/bin/sh";
    args = [ "-c" "${script}" "--password=${secret}" "--token" "${secret} two" ];
    environment = { PLACE = "${deployment.directory}"; DB_PASSWORD = "${secret}"; URL = "db://me:${secret}@host/"; };
    initialize = "export API_KEY='${secret}'";
  };
}
`,
  );

beforeAll(async () => {
  if (account === undefined) throw new Error('there is no account to run as');
  deployment = await createDeployment(account, 'webapps');
  model = join(deployment.directory, 'processes.nix');
  await write('hunter1');
  expect(await tool('switch', '-P', 'sysvinit', ...sleeperOptions(deployment), model)).toMatchObject({ exitCode: 0 });
});
afterAll(() => deployment.dispose());

test('no secret of a model is shown, and that it changes is', async () => {
  await write('hunter2');
  const file = join(deployment.directory, 'plan.json');
  const { stdout, exitCode } = await tool('plan', '--out', file, ...sleeperOptions(deployment), model);
  expect(exitCode).toBe(0);
  for (const property of ['args', 'environment.DB_PASSWORD', 'environment.URL', 'initialize']) {
    expect(stdout).toMatch(
      new RegExp(`^ +${property}: .*\\*\\*\\*.* \\(what is shown as \\*\\*\\* has changed\\)$`, 'm'),
    );
  }
  said.push(await readFile(file, 'utf8'));
  await tool('plan', '--json', ...sleeperOptions(deployment), model);
  expect(await tool('switch', '--plan', file)).toMatchObject({ exitCode: 0 });
  expect((await tool('generations', 'diff', '1', '2')).stdout).toContain('environment.DB_PASSWORD: ***');
  await tool('generations', 'diff', '--json', '1', '2');
  expect(said.join('')).not.toContain('hunter');
});

test('an instance whose name begins with a dash can be addressed', async () => {
  expect(await tool('status', '--', '-x')).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/^-x +sysvinit/m),
  });
  const { exitCode, stderr } = await tool('restart', '--', '-x');
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.stringContaining('restarting -x') });
});

test('what a service prints reaches a terminal in no message of ours', async () => {
  // printf(1) makes it of "\033".
  await write('hunter3', `printf '\\\\033]0;owned\\\\007 token=hunter3\\\\n' >&2; exit 1`);
  const { exitCode, stderr } = await tool('switch', ...sleeperOptions(deployment), model);
  expect({ exitCode, stderr }).toEqual({
    exitCode: 7,
    stderr: expect.stringContaining('\\u001b]0;owned\\u0007 token=***\n'),
  });
  expect(said.join('')).not.toContain('hunter');
  expect(said.join('')).not.toContain('\u001b');
});

test('its log goes to a pipe as it is, and to a terminal so that it obeys nothing', async () => {
  const logs = [...deployment.toolWords, 'logs', '--', '-x'];
  expect((await deployment.run(...(logs as [string, ...string[]]))).stdout).toContain('\u001b]0;owned\u0007');
  const words = logs.map((word) => `'${word}'`).join(' ');
  const { stdout } = await deployment.run('script', '--quiet', '--return', '--command', words, '/dev/null');
  expect(stdout).toContain('\\u001b]0;owned\\u0007');
  expect(stdout).not.toContain('\u001b]0;');
});
