import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { createMachine, sleeper, type Machine } from '../backends/systemd/support/machine.js';
import { accounts } from '../support/accounts.js';
import { createDeployment, type Deployment } from '../support/deployment.js';
import { isRoot } from '../support/is-root.js';
import { findLeftovers, nothing } from '../support/leftovers.js';
import { statusOf } from '../support/status.js';
import { eventually } from '../support/waiting.js';

jest.setTimeout(60_000);

const [account] = accounts;
if (account === undefined) throw new Error('nobody can run the tests');

/** Packages made without the framework, which say "greeting" and sleep: for init, supervisord and Dysnomia. */
const model = (greeting: string): string => `
{ pkgs, stateDir, runtimeDir, logDir, tmpDir, forceDisableUserChange, processManager }:
let
  create = import <nix-processmgmt/nixproc/create-managed-process/universal/create-managed-process-universal.nix> {
    inherit pkgs stateDir runtimeDir logDir tmpDir forceDisableUserChange processManager;
  };
  pidFile = "\${runtimeDir}/guest.pid";
  initScript = pkgs.writeScript "guest" ''
    #!/bin/sh
    pidfile=\${pidFile}
    case $1 in
      start) echo ${greeting}; exec daemon --unsafe --pidfile \${pidFile} -- /bin/sleep infinity ;;
      stop) kill "$(cat $pidfile)"; while [ -e $pidfile ]; do sleep 0.1; done ;;
      status) kill -0 "$(cat $pidfile)" 2>/dev/null || exit 3 ;;
    esac
  '';
  program = pkgs.writeText "guest.conf" ''
    [program:guest]
    command=/bin/sh -c 'echo ${greeting}; exec sleep infinity'
    stdout_logfile=\${logDir}/nixproc-guest.log
  '';
  start = pkgs.writeScript "start-guest" ''
    #!/bin/sh
    echo ${greeting}
    sleep infinity &
    echo $! > \${pidFile}
  '';
  process = pkgs.writeText "guest" ''
    process=\${start}
    pidFile=\${pidFile}
  '';
  package = pkgs.runCommand "guest-1.0" { } ''
    mkdir -p $out/etc/rc.d/init.d $out/conf.d $out/etc/dysnomia/process
    cp \${initScript} $out/etc/rc.d/init.d/guest
    cp \${program} $out/conf.d/guest.conf
    cp \${process} $out/etc/dysnomia/process/guest
  '';
in
{
  guest.pkg = package;
  host.pkg = create { name = "host"; foregroundProcess = "/bin/sleep"; args = [ "infinity" ]; };
}
`;

describe.each(['sysvinit', 'supervisord', 'disnix'])('a package made without the framework, under %s', (manager) => {
  let deployment: Deployment;
  const modelFile = (): string => join(deployment.directory, 'processes.nix');
  const switchTo = async (greeting: string): Promise<string> => {
    await writeFile(modelFile(), model(greeting));
    const { stderr } = await deployment.succeed(
      ...['switch', '-P', manager, '--host-packages', `--state-dir=${deployment.stateDir}`],
      ...['--force-disable-user-change', modelFile()],
    );
    return stderr;
  };
  const states = async (): Promise<Readonly<Record<string, string>>> =>
    Object.fromEntries([...(await statusOf(deployment))].map(([name, { state }]) => [name, state]));

  beforeAll(async () => {
    deployment = await createDeployment(account, 'webapps', { NIXPROC_SETTLE: '0' });
  });
  afterAll(() => deployment.dispose());

  test('is started, watched and logged, and restarted when its own text changes', async () => {
    await switchTo('hello');
    expect(await states()).toEqual({ guest: 'running', host: 'running' });
    await eventually(async () => {
      const { stdout } = await deployment.tool('logs', 'guest');
      return stdout.includes('hello') ? true : undefined;
    }, 30);
    const before = await statusOf(deployment);
    expect(await switchTo('hello')).toContain('nothing to do');
    expect(await switchTo('good-morning')).toContain('restarting guest (');
    const after = await statusOf(deployment);
    expect(after.get('host')?.pid).toBe(before.get('host')?.pid);
    expect(after.get('guest')?.pid).not.toBe(before.get('guest')?.pid);
    expect(await states()).toEqual({ guest: 'running', host: 'running' });
  });

  test('is stopped by hand, stays so, and is gone after an undeployment', async () => {
    await deployment.succeed('stop', 'guest');
    expect(await states()).toEqual({ guest: 'stopped', host: 'running' });
    expect(await switchTo('good-morning')).toContain('guest stays stopped');
    await deployment.succeed('start', 'guest');
    expect(await states()).toEqual({ guest: 'running', host: 'running' });
    await deployment.succeed('undeploy');
    expect(await findLeftovers(deployment)).toEqual(nothing);
  });
});

// A systemd needs namespaces and mounts, which are root's.
const describeAsRoot = isRoot ? describe : describe.skip;

describeAsRoot('a package made without the framework, under systemd', () => {
  let machine: Machine;
  const guest = (greeting: string): string => `pkgs.runCommand "guest-1.0" { } ''
    mkdir -p $out/etc/systemd/system
    printf '[Service]\\nExecStart=/bin/sh -c "echo ${greeting}; exec sleep infinity"\\n' > $out/etc/systemd/system/guest.service
  ''`;
  beforeAll(async () => {
    machine = await createMachine('system', account);
  });
  afterAll(async () => {
    await machine.dispose();
  });

  test('is started, watched and logged, restarted when its unit changes, and taken away', async () => {
    await machine.mustDeploy({ guest: guest('hello'), host: sleeper('host') });
    expect(await machine.states()).toEqual({ guest: 'running', host: 'running' });
    expect(await machine.property('guest.service', 'ActiveState')).toBe('active');
    await eventually(async () => {
      const { stdout } = await machine.deployment.tool('logs', 'guest');
      return stdout.includes('hello') ? true : undefined;
    }, 30);
    const [host] = await machine.pids('host');
    const said = await machine.mustDeploy({ guest: guest('good-morning'), host: sleeper('host') });
    expect(said).toContain('restarting guest (');
    expect(await machine.pids('host')).toEqual([host]);
    await machine.mustDeploy({ host: sleeper('host') });
    expect(await machine.property('guest.service', 'ActiveState')).toBe('inactive');
    expect(await machine.unitFiles()).not.toContain('guest.service');
  });
});
