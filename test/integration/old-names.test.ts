import { chown, cp, readFile, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RunResult } from '../../src/system/ports.js';
import { accounts } from '../support/accounts.js';
import { createDeployment, systemPath, type Deployment } from '../support/deployment.js';
import { findLeftovers, nothing } from '../support/leftovers.js';
import { repository } from '../support/repository.js';
import { eventually } from '../support/waiting.js';

// The tests of one account are one story: each goes on where the one before has ended.
describe.each(accounts)('a script that only uses commands of nix-processmgmt, as $name', (account) => {
  let deployment: Deployment;
  let model: string;
  let script: string;

  beforeAll(async () => {
    deployment = await createDeployment(account, 'webapps');
    model = join(deployment.directory, 'model');
    script = join(deployment.directory, 'old-style.sh');
    await cp(dirname(deployment.model), model, { recursive: true });
    await cp(join(repository, 'test', 'integration', 'programs', 'old-style.sh'), script);
    await rm(join(model, 'ids.nix'));
    for (const path of [model, ...(await readdir(model)).map((file) => join(model, file))]) {
      await chown(path, account.uid, account.gid);
    }
  });
  afterAll(() => deployment.dispose());

  const call = (greeting: string, ...step: readonly string[]): Promise<RunResult> => {
    const params = deployment.modelOptions({ webapp1: greeting }).at(-1)?.replace('--extra-params=', '') ?? '';
    const installed = dirname(deployment.fixtures);
    const path = [join(installed, 'bin'), dirname(installed), dirname(process.execPath), systemPath].join(':');
    return deployment.run(
      '/usr/bin/env',
      ...[`PATH=${path}`, `STATE=${deployment.stateDir}`, `PARAMS=${params}`],
      ...['sh', '-c', 'cd "$1"; shift; exec "$@"', 'sh', model, script, ...step],
    );
  };
  const succeed = async (greeting: string, ...step: readonly string[]): Promise<RunResult> => {
    const result = await call(greeting, ...step);
    if (result.exitCode !== 0) throw new Error(`${step.join(' ')}: ${result.stdout}${result.stderr}`);
    return result;
  };
  const greeting = async (): Promise<string | undefined> => {
    const { body } = await eventually(async () => {
      const page = await deployment.page(15_080, 'webapp1.local');
      return page.status === 200 ? page : undefined;
    });
    return /<p>(.*?)<\/p>/.exec(body)?.[1];
  };
  const generations = async (): Promise<readonly string[]> =>
    (await succeed('', 'list')).stdout.split('\n').filter((line) => line !== '');

  test('state directories are made, and IDs are assigned', async () => {
    await succeed('', 'init');
    expect(await readdir(deployment.stateDir)).toEqual(expect.arrayContaining(['spool', 'lock', 'lib', 'cache']));
    await succeed('', 'assign-ids');
    expect(await readFile(join(model, 'ids.nix'), 'utf8')).toBe(
      await readFile(join(dirname(deployment.model), 'ids.nix'), 'utf8'),
    );
    await succeed('', 'assign-ids');
  });

  test('the model is deployed, again after a change, and once more as a profile for another manager', async () => {
    await succeed('one', 'deploy');
    expect(await greeting()).toBe('one');
    await succeed('two', 'deploy');
    expect(await greeting()).toBe('two');
    await succeed('three', 'deploy-prebuilt');
    expect(await greeting()).toBe('three');
  });

  test('user changes that are disabled are disabled for activation, too', async () => {
    expect(await readFile('/etc/passwd', 'utf8')).not.toMatch(/^webapp1:/m);
  });

  test('generations are listed as nix-env lists them, those of the profile that was named', async () => {
    const lines = await generations();
    expect(lines).toHaveLength(3);
    expect(lines[2]).toMatch(/^ {3}3 {3}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {3}\(current\)$/);
    const { stdout } = await deployment.run(
      'nix-env',
      ...['--profile', join(deployment.profilesDir, 'staging'), '--list-generations'],
    );
    expect(stdout).toBe(`${lines.join('\n')}\n`);
  });

  test('a second rollback goes further back, and not to the generation that was left', async () => {
    await succeed('', 'rollback');
    expect(await greeting()).toBe('two');
    await succeed('', 'rollback');
    expect(await greeting()).toBe('one');
  });

  test('the activity of all scripts is run in reverse order', async () => {
    const { stdout } = await succeed('', 'status');
    const services = stdout.split('\n').map((line) => /^\w+/.exec(line)?.[0]);
    expect(services.slice(0, 3)).toEqual(['nginx', 'webapp2', 'webapp1']);
  });

  test('switching generations runs that generation, not the model of today', async () => {
    await succeed('never deployed', 'generation', '2');
    expect(await greeting()).toBe('two');
    expect((await generations())[1]).toContain('(current)');
  });

  test('after an undeployment nothing is left, and a rollback brings everything back', async () => {
    await succeed('', 'undeploy');
    expect(await findLeftovers(deployment)).toEqual(nothing);
    await succeed('', 'rollback');
    expect(await greeting()).toBe('two');
    await succeed('', 'undeploy');
    expect(await findLeftovers(deployment)).toEqual(nothing);
  });

  test('old generations are deleted, and then all of them', async () => {
    await succeed('', 'clean');
    expect(await generations()).toEqual([expect.stringContaining('(current)')]);
    await succeed('', 'discard');
    expect(await generations()).toEqual([]);
    expect(await readdir(deployment.profilesDir)).toEqual(['.nix-processmgmt-ts']);
  });
});
