import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { reserveBlock, type PortBlock } from '../support/free-ports.js';
import { getPage } from '../support/http.js';
import { modelParameters } from '../support/deployment.js';
import { runAsShown } from '../support/plans.js';
import { repository } from '../support/repository.js';
import { canThrowAway, startThrowAwayMachine, type ThrowAwayMachine } from '../support/throw-away-root.js';
import { eventually } from '../support/waiting.js';

const describeAsRoot = canThrowAway ? describe : describe.skip;

// As on a server: root, the machine's own Nix store, /var and /run, users and groups. The server is a throw-away copy.
describeAsRoot('the web applications as services of the machine', () => {
  let machine: ThrowAwayMachine;
  let ports: PortBlock;
  const tool = (...args: readonly string[]) =>
    machine.run(process.execPath, `${repository}/bin/nix-processmgmt-ts`, ...args);
  const succeed = async (...args: readonly string[]): Promise<string> => {
    const { exitCode, stderr } = await runAsShown(tool, ...args);
    if (exitCode !== 0) throw new Error(`${args.join(' ')}: exit code ${exitCode}\n${stderr}`);
    return stderr;
  };
  const deploy = (manager: string) =>
    succeed(
      ...['switch', '-P', manager, '--offline', `--extra-params=${modelParameters(ports.first - 15_000, {})}`],
      `${repository}/fixtures/webapps/processes.nix`,
    );
  const shell = async (script: string): Promise<string> => {
    const { exitCode, stdout, stderr } = await machine.run('sh', '-euc', script);
    if (exitCode !== 0) throw new Error(`${script}: ${stderr}`);
    return stdout.trim();
  };
  /** The user of each process with this executable, each once. */
  const usersOf = async (program: string): Promise<readonly string[]> => {
    const users = await shell(`
      for process in /proc/[0-9]*; do
        if [ "$(cat $process/comm 2>/dev/null)" = ${program} ]; then stat -c %U $process; fi
      done`);
    return [...new Set(users.split('\n'))].sort();
  };
  const expectRunning = async (): Promise<void> => {
    const { body } = await eventually(() => getPage(ports.first + 80, 'webapp1.local'));
    expect(body).toContain('Hello from the first web application');
    expect((await tool('status')).exitCode).toBe(0);
    expect(await usersOf('webapp')).toEqual(['webapp1', 'webapp2']);
    expect(await usersOf('nginx')).toEqual(['nginx', 'root']);
  };

  beforeAll(async () => {
    ports = await reserveBlock();
    machine = await startThrowAwayMachine();
  });
  afterAll(async () => {
    await machine.stop();
    await ports.release();
  });

  test('a switch creates missing users and groups with the IDs of the model, and runs each instance as its user', async () => {
    await shell('useradd --uid 4001 --user-group --no-create-home --home-dir /of/somebody nginx');
    const accounts = () => shell('getent passwd nginx; getent group nginx');
    const before = await accounts();
    expect(await deploy('sysvinit')).toContain(
      'The user "nginx" was not made by nix-processmgmt-ts, and stays as it is: It has uid 4001 (the model: 2000), ',
    );
    await expectRunning();
    expect(await accounts()).toBe(before);
    expect(await shell('id webapp2')).toBe('uid=2002(webapp2) gid=2002(webapp2) groups=2002(webapp2)');
  });

  test('a move to supervisord keeps the users', async () => {
    await deploy('supervisord');
    await expectRunning();
    expect(await shell('id -u webapp2')).toBe('2002');
  });

  test('undeploy takes the processes away, and keeps the users of generations that a rollback can bring back', async () => {
    // As the framework's README has it.
    const old = await machine.run(process.execPath, `${repository}/bin/nixproc-supervisord-switch`, '--undeploy');
    expect(old).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('done: nothing runs any more') });
    // What is left is what holds the copy, and what asks.
    expect(await shell("cat /proc/[0-9]*/comm | grep -vxE 'bash|sleep|sh|cat|grep' || true")).toBe('');
    expect(await shell('id -u webapp2')).toBe('2002');
  });

  test('users and groups that it made go with the last generation that names them', async () => {
    await succeed('generations', 'delete', 'old');
    expect(await shell('id -u nginx')).toBe('4001');
    const names = 'webapp1 webapp2';
    expect(await shell(`getent passwd ${names} || true; getent group ${names} || true`)).toBe('');
  });
});
