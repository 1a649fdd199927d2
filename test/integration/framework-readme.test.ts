import { chown, cp, readFile, readdir, readlink, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { accounts } from '../support/accounts.js';
import { createDeployment, systemPath, type Deployment } from '../support/deployment.js';
import { findLeftovers, nothing } from '../support/leftovers.js';
import { eventually } from '../support/waiting.js';

// The commands of the framework's README as an ordinary user; privileged.test.ts has root's. A network of machines, tests of
// services and images cannot run here.
const account = accounts.find(({ uid }) => uid !== 0) ?? accounts[0];
if (account === undefined) throw new Error('nobody can run the tests');

let deployment: Deployment;
let model: string;
let profile: string;

beforeAll(async () => {
  deployment = await createDeployment(account, 'webapps');
  model = join(deployment.directory, 'model');
  profile = join(deployment.directory, 'tools');
  await cp(dirname(deployment.model), model, { recursive: true });
  await rm(join(model, 'ids.nix'));
  for (const path of [deployment.directory, model, ...(await readdir(model)).map((file) => join(model, file))])
    await chown(path, account.uid, account.gid);
});
afterAll(() => deployment.dispose());

/** Runs a command line in the directory of the model, with the tools that were installed before. */
const shell = async (directory: string, line: string): Promise<string> => {
  const path = [join(profile, 'bin'), dirname(process.execPath), systemPath].join(':');
  const { exitCode, stdout, stderr } = await deployment.run(
    '/usr/bin/env',
    ...[`PATH=${path}`, 'sh', '-euc', `cd "$1"\n${line}`, 'sh', directory],
  );
  if (exitCode !== 0) throw new Error(`${line}: exit code ${exitCode}\n${stdout}${stderr}`);
  return stdout;
};

/** What keeps the example's ports and pages from those of other tests. */
const params = (): string => {
  const option = deployment.modelOptions({ webapp1: 'Hello' }).at(-1) ?? '';
  return `--extra-params '${option.replace('--extra-params=', '')}'`;
};

test.each(['common', 'sysvinit', 'systemd'])('the tools are installed: %s', async (tools) => {
  const directory = join(dirname(deployment.fixtures), 'nix', 'tools');
  await shell(directory, `nix-env --option sandbox false -p '${profile}' -f default.nix -iA ${tools}`);
  const expected = tools === 'common' ? 'nixproc-build' : `nixproc-${tools}-switch`;
  expect(await readdir(join(profile, 'bin'))).toContain(expected);
});

test('IDs are assigned, and kept when the assignment is made again', async () => {
  await shell(model, 'nixproc-id-assign --id-resources idresources.nix --output-file ids.nix processes.nix');
  const ids = await readFile(join(model, 'ids.nix'), 'utf8');
  expect(ids).toMatch(/^\{\n {2}"ids" = \{[\s\S]*"lastAssignments" = \{/);
  await shell(
    model,
    'nixproc-id-assign --id-resources idresources.nix --ids ids.nix --output-file ids.nix processes.nix',
  );
  expect(await readFile(join(model, 'ids.nix'), 'utf8')).toBe(ids);
});

test.each([
  ['sysvinit', 'etc/rc.d/init.d/webapp1'],
  ['systemd', 'etc/systemd/system/nix-process-webapp1.service'],
])('a profile for %s is built, with the link result', async (manager, file) => {
  await shell(model, `nixproc-build --process-manager ${manager} processes.nix`);
  const result = await readlink(join(model, 'result'));
  expect(await readFile(join(result, file), 'utf8')).toContain('webapp1');
});

test('an ordinary user deploys all processes, and undeploys them', async () => {
  const options = `--state-dir '${deployment.stateDir}' --force-disable-user-change`;
  await shell(model, `nixproc-sysvinit-switch ${options} ${params()} processes.nix`);
  const { body } = await eventually(async () => {
    const page = await deployment.page(15_080, 'webapp1.local');
    return page.status === 200 ? page : undefined;
  });
  expect(body).toContain('<p>Hello</p>');
  await shell(model, `nixproc-sysvinit-switch --undeploy ${options}`);
  expect(await findLeftovers(deployment)).toEqual(nothing);
});
