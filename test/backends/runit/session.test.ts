import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { accounts } from '../../support/accounts.js';
import { createDeployment, type Deployment } from '../../support/deployment.js';
import { findLeftovers, nothing } from '../../support/leftovers.js';
import { isAlive, processesThatMention } from '../../support/processes.js';
import { pidsOf, statusOf } from '../../support/status.js';
import { eventually } from '../../support/waiting.js';

jest.setTimeout(120_000);

const model = `
{ pkgs, stateDir, runtimeDir, logDir, tmpDir, forceDisableUserChange, processManager, logged ? true, ... }:
let
  create = import ./nix-processmgmt/nixproc/create-managed-process/universal/create-managed-process-universal.nix {
    inherit pkgs stateDir runtimeDir logDir tmpDir forceDisableUserChange processManager;
  };
  service = name: properties: {
    pkg = create ({
      instanceName = name;
      foregroundProcess = "\${pkgs.bash}/bin/sh";
      args = [ "-c" "echo \${name} is up; exec sleep 1000" ];
      environment.PLACE = stateDir;
    } // properties);
    stopTimeout = 1;
  };
in
{
  a = service "a" { };
  b = service "b" { overrides.runit.log = logged; };
  stubborn = service "stubborn" { args = [ "-c" "trap : TERM; while :; do sleep 1; done" ]; };
}
`;

// The tests are one story: each goes on where the one before has ended.
let deployment: Deployment;
const all = { a: 'running', b: 'running', stubborn: 'running' };
const place = (): string => join(deployment.runtimeDir, 'nix-processmgmt-ts', 'processes');
const supervisor = (name: string): number => {
  const words = name === 'runsvdir' ? `runsvdir -P ${join(place(), 'runsvdir')}` : `runsv ${name}`;
  const found = processesThatMention(deployment.directory).find(({ commandLine }) => commandLine.endsWith(words));
  if (found === undefined) throw new Error(`there is no ${words}`);
  return found.pid;
};
const kill = async (pid: number): Promise<void> => {
  process.kill(pid, 'SIGKILL');
  await eventually(() => (isAlive(pid) ? undefined : true));
};
const states = async (): Promise<Readonly<Record<string, string>>> =>
  Object.fromEntries([...(await statusOf(deployment))].map(([instance, { state }]) => [instance, state]));
const sleepers = (): number =>
  processesThatMention(deployment.directory).filter(({ commandLine }) => commandLine === 'sleep 1000').length;
const switchTo = (...options: readonly string[]) =>
  deployment.succeed(
    ...['switch', '-P', 'runit', `--state-dir=${deployment.stateDir}`, '--force-disable-user-change', ...options],
    join(deployment.directory, 'model.nix'),
  );

beforeAll(async () => {
  const account = accounts.at(-1);
  if (account === undefined) throw new Error('there is no account to run as');
  deployment = await createDeployment(account, 'webapps');
  await writeFile(join(deployment.directory, 'model.nix'), model);
  await switchTo();
});
afterAll(() => deployment.dispose());

test('a runsv that was killed comes back without a second process of its service', async () => {
  const { a } = await pidsOf(deployment);
  await kill(supervisor('a'));
  await eventually(async () => {
    expect((await pidsOf(deployment))['a']).not.toBe(a);
    expect(await states()).toEqual(all);
    return true;
  });
  expect(sleepers()).toBe(2);
});

test('status says that runsvdir was killed, and whoever starts something brings back all of it, once', async () => {
  await deployment.succeed('stop', 'b');
  await kill(supervisor('runsvdir'));
  const { exitCode, stdout, stderr } = await deployment.tool('status');
  expect({ exitCode, stdout, stderr }).toEqual({
    exitCode: 3,
    stdout: expect.stringMatching(/process \d+ still runs, but its runsvdir has ended/),
    stderr: expect.stringContaining('runsvdir has ended: nothing starts a runsv again that ends'),
  });
  await deployment.succeed('restart', 'a');
  expect(await states()).toEqual({ ...all, b: 'stopped' });
  expect(sleepers()).toBe(1);
  await deployment.succeed('start', 'b');
  expect(await states()).toEqual(all);
});

test('a process that ignores SIGTERM is killed when its time is over', async () => {
  const { stubborn } = await pidsOf(deployment);
  await deployment.succeed('stop', 'stubborn');
  expect(stubborn === null || stubborn === undefined ? null : isAlive(stubborn)).toBe(false);
  expect(await states()).toEqual({ ...all, stubborn: 'stopped' });
  await deployment.succeed('start', 'stubborn');
});

test('a service that gets no logger any more, and then one again, is supervised anew', async () => {
  const { a } = await pidsOf(deployment);
  await switchTo('--extra-params={ logged = false; }');
  expect(readFileSync(join(place(), 'runsvdir.log'), 'utf8')).toContain('b is up');
  await switchTo();
  expect(readFileSync(join(deployment.logDir, 'runit/b/current'), 'utf8')).toContain('b is up');
  expect((await pidsOf(deployment))['a']).toBe(a);
});

test('another profile over the same logs is refused before anything is done', async () => {
  const { exitCode, stderr } = await deployment.tool(
    ...['switch', '-P', 'runit', `--state-dir=${deployment.stateDir}`, '--force-disable-user-change', '-p', 'other'],
    ...[`--runtime-dir=${join(deployment.stateDir, 'other')}`, join(deployment.directory, 'model.nix')],
  );
  expect({ exitCode, stderr }).toEqual({
    exitCode: 4,
    stderr: expect.stringContaining(`${deployment.logDir}/runit/a is written by another service already`),
  });
});

test('an undeployment of what killed supervisors have left behind ends all of it', async () => {
  await kill(supervisor('runsvdir'));
  await kill(supervisor('a'));
  await deployment.succeed('undeploy');
  expect(await findLeftovers(deployment)).toEqual(nothing);
});
