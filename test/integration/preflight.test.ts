import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { accounts } from '../support/accounts.js';
import { createDeployment, type Deployment } from '../support/deployment.js';
import { sleeperOptions } from '../support/faults/sleepers.js';
import { findLeftovers, nothing } from '../support/leftovers.js';
import { pidsOf, statusOf } from '../support/status.js';

jest.setTimeout(120_000);

const account = accounts.at(-1);

// One story each: the good service of the beginning has to run through all of it.
describe.each(['sysvinit', 'supervisord'])('before %s stops anything', (manager) => {
  let deployment: Deployment;
  const deploy = async (properties: string, ...options: readonly string[]) => {
    const model = join(deployment.directory, 'processes.nix');
    await writeFile(
      model,
      `{ pkgs, stateDir, runtimeDir, logDir, tmpDir, forceDisableUserChange, processManager }:
let
  create = import ./nix-processmgmt/nixproc/create-managed-process/universal/create-managed-process-universal.nix {
    inherit pkgs stateDir runtimeDir logDir tmpDir forceDisableUserChange processManager;
  };
in
{
  service.pkg = create {
    instanceName = "service";
    args = [ "-c" "exec sleep 1000" ];
    environment.PLACE = "${deployment.directory}";
    ${properties}
  };
}
`,
    );
    return deployment.tool('switch', '-P', manager, ...sleeperOptions(deployment), ...options, model);
  };
  const good = 'foregroundProcess = "${pkgs.bash}/bin/bash";';
  let before: Awaited<ReturnType<typeof pidsOf>>;

  beforeAll(async () => {
    if (account === undefined) throw new Error('there is no account to run as');
    deployment = await createDeployment(account, 'webapps');
    expect(await deploy(good)).toMatchObject({ exitCode: 0 });
    before = await pidsOf(deployment);
  });
  afterAll(() => deployment.dispose());

  const refused: readonly (readonly [string, string, RegExp])[] = [
    [
      'a program that its package does not have is missed',
      'foregroundProcess = "${pkgs.bash}/bin/bush";',
      /bin\/bush does not exist\n {2}why: There is no bush in .*\n.*In that directory: .*bash/,
    ],
    [
      'a program that nobody may execute is told as that',
      'foregroundProcess = builtins.toFile "server" "exit 0";',
      /-server is not executable\n {2}why: Its mode is 0444/,
    ],
    ['a directory is no program', 'foregroundProcess = "${pkgs.bash}/bin";', /\/bin is a directory\n/],
    [
      'commands before the program do not hide it',
      'initialize = "export ONE=1"; foregroundProcess = "${pkgs.bash}/bin/bush";',
      /bin\/bush does not exist/,
    ],
  ];
  test.each(refused)('%s', async (_, properties, words) => {
    const { exitCode, stderr } = await deploy(properties);
    expect({ exitCode, stderr }).toEqual({ exitCode: 4, stderr: expect.stringMatching(words) });
    expect(await pidsOf(deployment)).toEqual(before);
  });

  test('a program elsewhere and a directory may still be made, and are only warned of', async () => {
    const place = join(deployment.stateDir, 'made');
    const { exitCode, stderr } = await deploy(
      `initialize = "mkdir -p ${place} && ln -sf /bin/sh ${place}/sh && echo begun >>${place}/log";
       directory = "${place}";
       foregroundProcess = "${place}/sh";`,
    );
    expect({ exitCode, stderr }).toEqual({
      exitCode: 0,
      stderr: expect.stringMatching(
        /warning: .*its program .*made\/sh does not exist[^]*warning: The directory .*made/,
      ),
    });
    expect((await statusOf(deployment)).get('service')).toMatchObject({ state: 'running' });
    expect(existsSync(join(place, 'log'))).toBe(true);
    const { pid } = (await statusOf(deployment)).get('service') ?? {};
    expect((await deployment.run('readlink', `/proc/${String(pid)}/cwd`)).stdout.trim()).toBe(place);
    await deployment.succeed('undeploy');
    expect(await findLeftovers(deployment)).toEqual(nothing);
  });
});
