import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { managersAnywhere } from '../contract/anywhere.js';
import { managerNames } from '../../src/backends/registry.js';
import { readReport, reporter } from '../backends/docker/support/reporter.js';
import { accounts } from '../support/accounts.js';
import { createDeployment, type Deployment } from '../support/deployment.js';
import { findLeftovers, nothing } from '../support/leftovers.js';
import {
  awkward,
  compare,
  loadsOf,
  record,
  stringsOf,
  tortureSeed,
  tortureTimeout,
  withSeed,
  type Load,
} from '../support/torture-values.js';

jest.setTimeout(tortureTimeout);

const seed = tortureSeed();
const tooLong = new Set(awkward.filter((text) => Buffer.byteLength(text) > 131_000));
const loads = loadsOf('torture', stringsOf(1_000, seed), { args: tooLong, values: tooLong });

let deployment: Deployment;
beforeAll(async () => {
  const [account] = accounts.slice(-1);
  if (account === undefined) throw new Error('nobody can run the tests');
  deployment = await createDeployment(account, 'webapps');
});
afterAll(async () => {
  await deployment.dispose();
});

const reports = (): string => join(deployment.stateDir, 'reports');

/** The command line for a model with these values, which are put into a JSON file. */
const modelWith = async (name: string, values: readonly Load[]): Promise<readonly string[]> => {
  const file = join(deployment.directory, `${name}.json`);
  const processes = values.map((load): [string, object] => [
    load.name,
    { ...reporter(join(reports(), load.name), ...load.args), environment: load.environment },
  ]);
  await writeFile(file, JSON.stringify(Object.fromEntries(processes)));
  return [
    ...[`--state-dir=${deployment.stateDir}`, '--force-disable-user-change', `--extra-params={ values = ${file}; }`],
    join(deployment.fixtures, 'torture', 'processes.nix'),
  ];
};

test.each(managerNames)('a model with any text in its values is built for %s', async (manager) => {
  await withSeed(seed, () =>
    modelWith('values', loads).then((model) => deployment.succeed('build', '-P', manager, '--no-out-link', ...model)),
  );
});

// The others that run here need a machine of their own; their tests render the same values.
test.each([...managersAnywhere])('values of a model reach processes of %s byte for byte', async (manager) => {
  const begin = performance.now();
  await mkdir(reports());
  await chmod(reports(), 0o1777);
  await withSeed(seed, async () => {
    await deployment.succeed('switch', '-P', manager, ...(await modelWith('values', loads)));
    compare(loads, await Promise.all(loads.map(({ name }) => readReport(join(reports(), name)))));
  });
  await deployment.succeed('undeploy');
  expect(await findLeftovers(deployment)).toEqual(nothing);
  await deployment.run('rm', '-r', reports());
  const seconds = Math.round((performance.now() - begin) / 100) / 10;
  record({
    way: `from Nix to ${manager}`,
    strings: loads.flatMap(({ args }) => args).length,
    refused: 0,
    seconds,
    seed,
  });
});

test('a value that no process can get is refused with its place before anything is touched (4)', async () => {
  const long = 'x'.repeat(131_072);
  const refusalOf = async (load: Omit<Load, 'name'>) => {
    const model = await modelWith('too-long', [{ name: 'big', ...load }]);
    return deployment.tool('switch', '-P', 'sysvinit', ...model);
  };
  const refused = (place: RegExp) => ({ exitCode: 4, stderr: expect.stringMatching(place), stdout: '' });
  // The reporter's own are the first four.
  expect(await refusalOf({ args: ['', long], environment: {} })).toMatchObject(refused(/"big".*: argument number 6\n/));
  expect(await refusalOf({ args: [], environment: { V: long } })).toMatchObject(refused(/"big".*: environment\.V\n/));
  expect(await findLeftovers(deployment)).toEqual(nothing);
});
