import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { accounts } from '../support/accounts.js';
import { createDeployment, type Deployment } from '../support/deployment.js';
import { sleeperOptions } from '../support/faults/sleepers.js';
import { writeService } from '../support/single-service.js';
import { findLeftovers, nothing } from '../support/leftovers.js';
import { pidsOf, statusOf } from '../support/status.js';

jest.setTimeout(120_000);

const account = accounts.at(-1);

// One story each: the good service of the beginning has to run through all of it.
describe.each(['sysvinit', 'supervisord'])('before %s stops anything', (manager) => {
  let deployment: Deployment;
  const deploy = async (properties: string, others = '') =>
    deployment.tool(
      ...['switch', '-P', manager, ...sleeperOptions(deployment)],
      await writeService(deployment, `args = [ "-c" "exec sleep 1000" ]; ${properties}`, others),
    );
  const good = 'foregroundProcess = "${pkgs.bash}/bin/bash";';
  let before: Awaited<ReturnType<typeof pidsOf>>;

  beforeAll(async () => {
    if (account === undefined) throw new Error('there is no account to run as');
    deployment = await createDeployment(account, 'webapps');
    expect(await deploy(good)).toMatchObject({ exitCode: 0 });
    before = await pidsOf(deployment);
  });
  afterAll(() => deployment.dispose());

  const wrong: Readonly<Record<string, readonly [string, RegExp]>> = {
    'a program that its package does not have': [
      'foregroundProcess = "${pkgs.bash}/bin/bush";',
      /"service".*bin\/bush does not exist\n +why: There is no bush in .*\n.*In that directory: .*bash/,
    ],
    'a program that nobody may execute': [
      'foregroundProcess = builtins.toFile "server" "exit 0";',
      /"other1".*-server is not executable\n +why: Its mode is 0444/,
    ],
    'a directory in the place of a program': [
      'foregroundProcess = "${pkgs.bash}/bin";',
      /"other2".*\/bin is a directory\n/,
    ],
    'a program behind commands that come before it': [
      'initialize = "export ONE=1"; foregroundProcess = "${pkgs.bash}/bin/bush";',
      /"other3".*bin\/bush does not exist/,
    ],
  };
  test(`${Object.keys(wrong).join(', ')}: each is told, and nothing is done`, async () => {
    const [first = '', ...others] = Object.values(wrong).map(([properties]) => properties);
    const { exitCode, stderr } = await deploy(
      first,
      others
        .map((properties, index) => `other${index + 1}.pkg = create "other${index + 1}" { ${properties} };`)
        .join('\n'),
    );
    for (const [, words] of Object.values(wrong)) expect(stderr).toMatch(words);
    expect(exitCode).toBe(4);
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
