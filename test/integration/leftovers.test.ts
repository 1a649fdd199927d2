import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { installStandIn } from '../backends/s6-rc/support/stand-in.js';
import { accounts } from '../support/accounts.js';
import { controlGroupMount, controlGroupsBelow } from '../support/control-groups.js';
import { createDeployment, systemPath, type Deployment } from '../support/deployment.js';
import { sleeperOptions } from '../support/faults/sleepers.js';
import { processesThatMention } from '../support/processes.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.js';
import { eventually } from '../support/waiting.js';

jest.setTimeout(120_000);

/** Whether we may make control groups. */
const mayGroup = accounts[0]?.uid === 0 && controlGroupMount() !== null;

const [first] = accounts;
const last = accounts.at(-1);

describe.each([
  ...['sysvinit', 'supervisord', 's6-rc'].map((manager) => ({ manager, account: first, hasGroups: mayGroup })),
  ...['disnix', 's6-rc'].map((manager) => ({ manager, account: last, hasGroups: false })),
])('what an instance of $account.name leaves behind under $manager', ({ manager, account, hasGroups }) => {
  let directory: TemporaryDirectory;
  let deployment: Deployment;
  beforeAll(async () => {
    if (account === undefined) throw new Error('there is no account to run as');
    directory = await makeTemporaryDirectory();
    const { bin, env } = installStandIn(directory.path);
    deployment = await createDeployment(account, 'webapps', { ...env, PATH: `${bin}:${systemPath}` });
  });
  afterAll(async () => {
    await deployment.dispose();
    await directory.remove();
  });

  /** Deploys an instance whose shell starts processes and then waits: a child, others with sessions of their own, two of
   *  them orphans. One of these has nothing of its environment. */
  const deploy = async (version: number, attributes = '', commands = '') => {
    const model = join(deployment.directory, 'processes.nix');
    await writeFile(
      model,
      `{ pkgs, stateDir, runtimeDir, logDir, tmpDir, forceDisableUserChange, processManager }:
let
  create = import ./nix-processmgmt/nixproc/create-managed-process/universal/create-managed-process-universal.nix {
    inherit pkgs stateDir runtimeDir logDir tmpDir forceDisableUserChange processManager;
  };
  place = "${deployment.directory}";
  listen = "import socket, time; s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(('127.0.0.1', ${deployment.portOf(0)})); s.listen(); time.sleep(1000)";
in
{
  service = {
    pkg = create {
      instanceName = "service";
      foregroundProcess = "/bin/sh";
      environment.PLACE = place;
      args = [
        "-c"
        ''
          : version ${String(version)}
          ${commands}
          /usr/bin/sleep 1001 &
          /usr/bin/setsid /usr/bin/sleep 1002 >/dev/null 2>&1 &
          ( /usr/bin/setsid /usr/bin/sleep 1004 >/dev/null 2>&1 & )
          ( /usr/bin/env -i PLACE="$PLACE" /usr/bin/setsid /usr/bin/sleep 1005 >/dev/null 2>&1 & )
          /usr/bin/setsid /usr/bin/python3 -c "\${listen}" >/dev/null 2>&1 &
          /usr/bin/sleep 1003
        ''
      ];
    };
    port = ${deployment.portOf(0)};
    readiness = { timeout = 15; port = ${deployment.portOf(0)}; };
    ${attributes}
  };
}
`,
    );
    const result = await deployment.tool('switch', '-P', manager, ...sleeperOptions(deployment), model);
    if (result.exitCode !== 0) throw new Error(result.stderr);
    return result.stderr;
  };
  const running = () => processesThatMention(deployment.directory).map(({ commandLine }) => commandLine);
  const sleepers = () =>
    running()
      .filter((line) => /^(\/usr\/bin\/)?sleep 100\d$/.test(line))
      .map((line) => line.replace('/usr/bin/', ''))
      .sort();
  const listeners = () =>
    processesThatMention(deployment.directory)
      .filter(({ commandLine }) => commandLine.startsWith('/usr/bin/python3 -c import socket'))
      .map(({ pid }) => pid);

  test('goes with it when it is in its process group or listens at its port; the rest stays and is told', async () => {
    await deploy(1);
    await eventually(() => {
      expect(sleepers()).toEqual(['sleep 1001', 'sleep 1002', 'sleep 1003', 'sleep 1004', 'sleep 1005']);
      expect(listeners()).toHaveLength(1);
      return true;
    }, 10);
    const [old] = listeners();
    const said = await deploy(2);
    const [warning = ''] = /service left behind: .*/.exec(said) ?? [];
    expect(warning).toMatch(/process \d+ \(\/usr\/bin\/sleep 1002\)/);
    expect(warning).toContain('sleep 1004');
    // Of such a one nothing but a control group tells.
    expect(warning.includes('sleep 1005')).toBe(hasGroups);
    await eventually(() => {
      const [one, two, three, four, five] = [1001, 1002, 1003, 1004, 1005].map((seconds) => `sleep ${seconds}`);
      expect(sleepers()).toEqual([one, two, two, three, four, four, five, five]);
      expect(listeners()).toHaveLength(1);
      return true;
    }, 10);
    expect(listeners()).not.toContain(old);
    const { stdout } = await deployment.tool('status');
    const [told = ''] = /it has left behind .*/.exec(stdout) ?? [];
    for (const [seconds, isTold] of [
      [1002, true],
      [1004, true],
      [1005, hasGroups],
    ] as const) {
      expect(told.includes(`sleep ${seconds}`)).toBe(isTold);
    }
    await deployment.succeed('stop', 'service');
    const { stdout: whenStopped } = await deployment.tool('status');
    expect(whenStopped).toMatch(/it has left behind process \d+ .*sleep 1002.*sleep 1004/);
    expect(whenStopped.match(/sleep 1005/g)?.length ?? 0).toBe(hasGroups ? 2 : 0);
    await deployment.succeed('start', 'service');
  });

  test('is not told of with leftovers = "keep", and ended with leftovers = "end"', async () => {
    await deploy(3, 'leftovers = "keep";');
    // It deploys what it belongs to: that would be killed in the middle.
    const words = join(deployment.directory, 'words');
    const exports = join(deployment.directory, 'exports');
    await deployment.run('sh', '-c', `export -p >${exports}`);
    const attempts = [
      ...['stop service', 'restart service', 'undeploy'],
      ...(manager === 'sysvinit' ? ['run-activity -P sysvinit stop'] : []),
    ];
    const attempt = (command: string) =>
      `${deployment.toolWords.join(' ')} ${command} --wait-lock=60 >>${words} 2>&1; echo "exit $?" >>${words}`;
    const commands = `( . ${exports}; ${attempts.map(attempt).join('; ')} ) &`;
    expect(await deploy(4, 'leftovers = "end";', commands)).not.toContain('left behind: ');
    await eventually(() => {
      const said = readFileSync(words, 'utf8');
      expect(said.match(/^exit \d+$/gm)).toEqual(attempts.map(() => 'exit 4'));
      expect(said.match(/"service", which is to be stopped, would take this command with it/g)).toHaveLength(
        attempts.length,
      );
      return true;
    }, 20);
    expect(listeners()).toHaveLength(1);
    const staying = sleepers();
    const { exitCode, stderr } = await deployment.tool('undeploy');
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    expect(stderr).toMatch(/ended now: .*sleep 1002/);
    expect(sleepers()).toEqual(hasGroups ? [] : staying.filter((line) => line === 'sleep 1005'));
    expect(listeners()).toEqual([]);
    if (hasGroups) expect(controlGroupsBelow(deployment.directory)).toEqual([]);
  });
});
