import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createMachine, shellService, sleeper, type Machine } from '../backends/systemd/support/machine.js';
import { accounts } from '../support/accounts.js';
import { isRoot } from '../support/is-root.js';

const [root] = accounts;

// A systemd needs namespaces and mounts, which are root's.
const describeAsRoot = isRoot ? describe : describe.skip;

// The tests are one story: each goes on where the one before has ended.
describeAsRoot('readiness under systemd', () => {
  let machine: Machine;
  beforeAll(async () => {
    if (root === undefined) throw new Error('nobody can run the tests');
    machine = await createMachine('system', root);
  });
  afterAll(async () => {
    await machine.dispose();
  });

  /** An instance: its process, and further attributes beside it. */
  const instance = (pkg: string, attributes: string): string => `${pkg}; ${attributes}`;
  /** Makes a file after a second, and runs on. */
  const slow = (name: string, timeout: number): string =>
    instance(
      shellService(name, `sleep 1; : >/run/${name}.ready; exec sleep infinity`),
      `readiness = { path = "/run/${name}.ready"; timeout = ${timeout}; }`,
    );
  /** Tells systemd after a second. */
  const speaker = (name: string): string =>
    instance(
      shellService(
        name,
        `sleep 1; : >/run/${name}.ready; /usr/bin/systemd-notify --ready; exec sleep infinity`,
        'overrides.systemd.Service.NotifyAccess = "all";',
      ),
      'readiness = "notify"',
    );
  /** Fails unless what it depends on is ready. */
  const dependent = (...names: readonly string[]): string =>
    shellService(
      'dependent',
      names.map((name) => `test -e /run/${name}.ready || exit 9; `).join('') + 'exec sleep infinity',
      `dependencies = [ ${names.map((name) => `${name}.pkg`).join(' ')} ];`,
    );
  const good = { looked: slow('looked', 60), told: speaker('told'), dependent: dependent('looked', 'told') };

  test('systemd itself starts dependents when what they depend on is ready', async () => {
    await machine.mustDeploy(good);
    expect(await machine.states()).toEqual({ looked: 'running', told: 'running', dependent: 'running' });
    expect(await machine.property('nix-process-told.service', 'Type')).toBe('notify');
    // As at boot, without us.
    await machine.systemctl('stop', 'nix-processmgmt-processes.target');
    await machine.namespace.mustRun('rm', '/run/looked.ready', '/run/told.ready');
    await machine.systemctl('start', 'nix-process-dependent.service');
    expect(await machine.states()).toEqual({ looked: 'running', told: 'running', dependent: 'running' });
  });

  test('another time-out restarts nothing', async () => {
    const before = await machine.pids('looked', 'told', 'dependent');
    await machine.mustDeploy({ ...good, looked: slow('looked', 50) });
    expect(await machine.pids('looked', 'told', 'dependent')).toEqual(before);
  });

  test('a process that is not ready in time fails the switch, with its last words', async () => {
    const before = await machine.pids('looked', 'told', 'dependent');
    const { exitCode, stderr } = await machine.deploy({
      ...good,
      looked: slow('looked', 50),
      late: instance(
        shellService('late', 'echo it takes its time; exec sleep infinity'),
        'readiness = { path = "/run/never"; timeout = 1; }',
      ),
      after: sleeper('after', 'dependencies = [ late.pkg ];'),
    });
    expect({ exitCode, stderr }).toEqual({ exitCode: 7, stderr: expect.stringContaining('late did not start') });
    expect(stderr).toContain('it was not ready in time');
    expect(stderr).toContain('it takes its time');
    expect(stderr).toContain('it was not ready within 1 s: there is no /run/never');
    expect(await machine.pids('looked', 'told', 'dependent')).toEqual(before);
    expect(await machine.states()).toEqual({ looked: 'running', told: 'running', dependent: 'running' });
  });

  test('ports are waited for when that is asked for, one level after the other', async () => {
    const port = machine.deployment.portOf(15_000);
    const program = `import socket, time; s = socket.create_server(('127.0.0.1', ${port})); open('/run/p', 'w'); time.sleep(9999)`;
    const server = instance(shellService('server', `sleep 1; exec /usr/bin/python3 -c "${program}"`), `port = ${port}`);
    const client = shellService(
      'client',
      'test -e /run/p || exit 9; exec sleep infinity',
      'dependencies = [ server.pkg ];',
    );
    const { exitCode, stderr } = await machine.deploy({ server, client }, '--wait-for-ports');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.any(String) });
    expect(await machine.states()).toEqual({ server: 'running', client: 'running' });
  });
});
