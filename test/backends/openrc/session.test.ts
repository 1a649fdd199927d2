import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { createDeployment, type Deployment } from '../../support/deployment.js';
import { findLeftovers, nothing } from '../../support/leftovers.js';
import { pidsOf, statusOf } from '../../support/status.js';
import { awkward, compare, loadsOf, record, stringsOf, tortureSeed, withSeed } from '../../support/torture-values.js';
import { eventually } from '../../support/waiting.js';
import { readReport, reporter } from '../docker/support/reporter.js';
import { createMachine, noOpenrc, type Machine } from './support/machine.js';

jest.setTimeout(120_000);

const model = `
{ pkgs, stateDir, runtimeDir, logDir, tmpDir, forceDisableUserChange, processManager, extra ? { }, isGentle ? false, ... }:
let
  create = import ./nix-processmgmt/nixproc/create-managed-process/universal/create-managed-process-universal.nix {
    inherit pkgs stateDir runtimeDir logDir tmpDir forceDisableUserChange processManager;
  };
  service = name: properties: more: {
    pkg = create ({
      instanceName = name;
      foregroundProcess = "\${pkgs.bash}/bin/sh";
      args = [ "-c" "echo \${name} is up; exec sleep 1000" ];
      environment.PLACE = stateDir;
    } // properties);
    stopTimeout = 1;
  } // more;
in
(rec {
  db = service "db" { overrides.openrc = extra; } { };
  web = service "web" { dependencies = [ db.pkg ]; } { };
}) // (if isGentle then { } else {
  stubborn = service "stubborn" { args = [ "-c" "trap : TERM; while :; do sleep 1; done" ]; } { };
})
`;

const describeAsRoot = noOpenrc === null ? describe : describe.skip;

// The tests are one story: each goes on where the one before has ended.
describeAsRoot(`under an OpenRC${noOpenrc === null ? '' : ` (not here: ${noOpenrc})`}`, () => {
  let machine: Machine;
  let deployment: Deployment;
  const service = (name: string): string => `nix-process-${name}`;
  const all = { db: 'running', web: 'running', stubborn: 'running' };
  const states = async (): Promise<Readonly<Record<string, string>>> =>
    Object.fromEntries([...(await statusOf(deployment))].map(([instance, { state }]) => [instance, state]));
  const optionsWith = (extra: string) => [
    ...['-P', 'openrc', `--state-dir=${deployment.stateDir}`, '--force-disable-user-change'],
    ...[`--extra-params={ extra = ${extra}; }`, join(deployment.directory, 'model.nix')],
  ];
  const switchTo = (extra = '{ }') => deployment.succeed('switch', ...optionsWith(extra));
  const supervisorOf = async (name: string): Promise<string> =>
    (await machine.mustRun('cat', `/run/supervise-${service(name)}.pid`)).trim();

  beforeAll(async () => {
    machine = await createMachine();
    deployment = await createDeployment(machine.account, 'webapps');
    await writeFile(join(deployment.directory, 'model.nix'), model);
    await switchTo();
  });
  afterAll(async () => {
    await deployment.dispose();
    await machine.dispose();
  });

  test('the tools of OpenRC know the services, their order, and that they belong to the runlevel', async () => {
    expect(await machine.mustRun('rc-status', '--nocolor', 'default')).toMatch(/nix-process-web +\[ +started/);
    expect((await machine.mustRun('rc-service', service('web'), 'ineed')).trim()).toBe(service('db'));
    const before = await pidsOf(deployment);
    // Ends whatever does not belong there.
    await machine.mustRun('openrc', 'default');
    expect(await pidsOf(deployment)).toEqual(before);
    await machine.mustRun('rc-service', service('db'), 'stop');
    expect(await states()).toEqual({ ...all, db: 'stopped', web: 'stopped' });
    await machine.mustRun('rc-service', service('web'), 'start');
    expect(await states()).toEqual(all);
  });

  test('a dependency restarts without what needs it', async () => {
    const { web, db } = await pidsOf(deployment);
    await switchTo('{ nice = 3; }');
    const after = await pidsOf(deployment);
    expect({ web: after['web'] === web, db: after['db'] === db }).toEqual({ web: true, db: false });
    await switchTo();
  });

  test('what a supervisor has left behind that was killed is told, and replaced once', async () => {
    const { db } = await pidsOf(deployment);
    await machine.mustRun('kill', '-KILL', await supervisorOf('db'));
    await eventually(async () => {
      const { exitCode, stdout } = await deployment.tool('status');
      expect({ exitCode, stdout }).toEqual({
        exitCode: 3,
        stdout: expect.stringMatching(/process \d+ still runs, but its supervise-daemon has ended/),
      });
      return true;
    });
    await deployment.succeed('restart', 'db');
    expect(await states()).toEqual(all);
    expect((await machine.mustRun('ps', '-eo', 'pid=')).split(/\s+/)).not.toContain(String(db));
  });

  test('a process that ignores SIGTERM is killed when its time is over, also by a supervisor that hangs', async () => {
    await deployment.succeed('stop', 'stubborn');
    expect(await states()).toEqual({ ...all, stubborn: 'stopped' });
    await deployment.succeed('start', 'stubborn');
    await machine.mustRun('kill', '-STOP', await supervisorOf('stubborn'));
    await deployment.succeed('stop', '--answer-timeout=1', 'stubborn');
    expect(await states()).toEqual({ ...all, stubborn: 'stopped' });
    await deployment.succeed('start', 'stubborn');
  });

  test('a process that ends at once has not started, and nothing of it stays', async () => {
    const before = await pidsOf(deployment);
    const { exitCode, stderr } = await deployment.tool(
      'switch',
      ...optionsWith('{ args = [ "-c" "echo no; exit 1" ]; }'),
    );
    expect({ exitCode, stderr }).toEqual({ exitCode: 7, stderr: expect.stringMatching(/db did not restart[^]*no/) });
    expect(await states()).toEqual(all);
    expect((await pidsOf(deployment))['web']).toBe(before['web']);
  });

  test('a script of somebody else in the place of one of ours is refused, and so is a runlevel that is not there', async () => {
    const other = ['-p', 'other', `--runtime-dir=${deployment.stateDir}/other`];
    const refused = await deployment.tool('switch', ...other, ...optionsWith('{ }'));
    expect(refused).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('It belongs to the profile') });
    const unknown = await deployment.tool('switch', ...optionsWith('{ runlevels = [ "party" ]; }'));
    expect(unknown).toMatchObject({ stderr: expect.stringContaining('OpenRC has no runlevel "party"') });
    expect(unknown.exitCode).not.toBe(0);
    expect(await states()).toEqual(all);
  });

  test('a link in the runlevel that somebody has removed is told, and comes back without a restart', async () => {
    const before = await pidsOf(deployment);
    await machine.mustRun('rc-update', 'delete', service('db'), 'default');
    expect((await deployment.tool('status')).stdout).toContain('it does not start in the runlevel default any more');
    await deployment.succeed('switch', '--repair', ...optionsWith('{ }'));
    expect(await machine.mustRun('rc-update', 'show', 'default')).toContain(service('db'));
    expect(await pidsOf(deployment)).toEqual(before);
  });

  test('the machine starts a deployment under another manager when it boots, until that is undeployed', async () => {
    const options = optionsWith('{ }; isGentle = true').with(1, 'supervisord');
    await deployment.succeed('switch', ...options, '--enable-at-boot');
    await machine.reboot(() => undefined);
    await eventually(async () => {
      expect(await states()).toEqual({ db: 'running', web: 'running' });
      return true;
    }, 30);
    // Whoever calls "run" has the profile to itself.
    const [script = ''] = (await machine.mustRun('ls', '/etc/runlevels/default')).trim().split('\n');
    await machine.mustRun('rc-service', script, 'stop');
    await deployment.succeed('undeploy');
    expect(await machine.mustRun('find', '/etc/init.d', '/etc/runlevels', '-type', 'f,l')).toBe('');
    expect(await findLeftovers(deployment)).toEqual(nothing);
  });

  test('values of a model reach processes byte for byte', async () => {
    const seed = tortureSeed();
    const tooLong = new Set(awkward.filter((text) => Buffer.byteLength(text) > 131_000));
    const loads = loadsOf('torture', stringsOf(1_000, seed), { args: tooLong, values: tooLong });
    const reports = join(deployment.stateDir, 'reports');
    await mkdir(reports);
    const processes = loads.map(({ name, args, environment }): [string, object] => [
      name,
      { ...reporter(join(reports, name), ...args), environment },
    ]);
    const file = join(deployment.directory, 'values.json');
    await writeFile(file, JSON.stringify(Object.fromEntries(processes)));
    const torture = join(deployment.fixtures, 'torture', 'processes.nix');
    const begin = performance.now();
    await withSeed(seed, async () => {
      await deployment.succeed(
        'switch',
        ...optionsWith('{ }').slice(0, 4),
        `--extra-params={ values = ${file}; }`,
        torture,
      );
      compare(loads, await Promise.all(loads.map(({ name }) => readReport(join(reports, name)))));
    });
    record({
      way: 'from Nix to openrc',
      strings: loads.flatMap(({ args }) => args).length,
      refused: 0,
      seconds: Math.round((performance.now() - begin) / 100) / 10,
      seed,
    });
    await deployment.succeed('undeploy');
  });
});
