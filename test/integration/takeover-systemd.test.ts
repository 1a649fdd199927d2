import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { createMachine, sleeper, type Machine } from '../backends/systemd/support/machine.js';
import { accounts } from '../support/accounts.js';
import { addForeignProfile, setForeignGeneration } from '../support/foreign-generation.js';
import { isRoot } from '../support/is-root.js';

jest.setTimeout(60_000);

const [root] = accounts;
// A systemd needs namespaces and mounts, which are root's.
const describeAsRoot = isRoot ? describe : describe.skip;

/** A unit as another tool writes it: in another order, with quotes where we have none. */
const foreignUnit = (greeting: string, path: string, dependency?: string): { readonly text: string } => ({
  text: `# of another tool
[Unit]
Description="Somebody's words"
${dependency === undefined ? '' : `Wants=nix-process-${dependency}.service\nAfter=nix-process-${dependency}.service\n`}
[Service]
Environment='PATH=${path}' "GREETING=\\x68${greeting.slice(1)}"
ExecStart=/bin/sleep \\
  "infinity"
WorkingDirectory=/tmp/
Type=simple
`,
});

// One story: each test goes on where the one before has ended.
describeAsRoot('a profile that another tool has deployed to systemd', () => {
  let machine: Machine;
  let path = '';
  const settings = 'directory = "/tmp"; environment.GREETING = "hello";';
  const model = {
    base: sleeper('base', settings),
    steady: sleeper('steady', `${settings} dependencies = [ base.pkg ];`),
    changed: sleeper('changed', settings),
  };

  beforeAll(async () => {
    if (root === undefined) throw new Error('nobody can run the tests');
    machine = await createMachine('system', root);
    await machine.writeModel(model);
    const { deployment, namespace, unitDirectory } = machine;
    const built = await deployment.succeed(
      ...['build', '-P', 'systemd', '--host-packages', '--no-out-link', `--state-dir=${deployment.stateDir}`],
      `${deployment.directory}/processes.nix`,
    );
    const text = await namespace.mustRun('cat', `${built.stdout.trim()}/etc/systemd/system/nix-process-base.service`);
    path = /^Environment=PATH=(.*)$/m.exec(text)?.[1] ?? '';
    expect(path).not.toBe('');
    const unit = (name: string): string => `etc/systemd/system/nix-process-${name}.service`;
    const profile = await addForeignProfile(deployment, {
      [unit('base')]: foreignUnit('hello', path),
      [unit('steady')]: foreignUnit('hello', path, 'base'),
      [`${unit('steady')}.wants/nix-process-base.service`]: foreignUnit('hello', path),
      [unit('changed')]: foreignUnit('hey', path),
      [unit('gone')]: foreignUnit('hello', path),
    });
    await setForeignGeneration(deployment, profile);
    for (const name of ['base.service', 'steady.service', 'steady.service.wants', 'changed.service', 'gone.service']) {
      const file = `nix-process-${name}`;
      await namespace.mustRun('ln', '-s', `${profile}/etc/systemd/system/${file}`, `${unitDirectory}/${file}`);
    }
    await machine.systemctl('daemon-reload');
    await machine.systemctl('start', ...['steady', 'changed', 'gone'].map((name) => `nix-process-${name}.service`));
  });
  afterAll(async () => {
    await machine.dispose();
  });

  test('status and the list of generations understand it', async () => {
    expect(await machine.states()).toEqual({ base: 'running', steady: 'running', changed: 'running', gone: 'running' });
    const { stdout } = await machine.deployment.succeed('generations', '--json');
    expect(JSON.parse(stdout)).toEqual([expect.objectContaining({ manager: 'systemd', processes: 4, current: true })]);
  });

  test('the first switch restarts what changed alone, and leaves nothing of the other tool behind', async () => {
    const before = await machine.pids('base', 'steady', 'changed');
    const said = await machine.mustDeploy(model);
    expect(said).toContain('restarting changed (environment.GREETING: hey → hello)');
    expect(said).toContain('stopping gone');
    expect(said).toContain('(2 left untouched)');
    const after = await machine.pids('base', 'steady', 'changed');
    expect(after.slice(0, 2)).toEqual(before.slice(0, 2));
    expect(after[2]).not.toBe(before[2]);
    expect(Object.keys(await machine.loadedUnits())).not.toContain('nix-process-gone.service');
    expect((await machine.unitFiles()).filter((file) => file.startsWith('nix-process-'))).toEqual([
      'nix-process-base.service',
      'nix-process-changed.service',
      'nix-process-steady.service',
    ]);
  });

  test('a rollback runs its units again, and restarts what differs alone', async () => {
    const before = await machine.pids('base', 'steady', 'changed');
    await machine.deployment.succeed('rollback');
    expect(await machine.states()).toEqual({ base: 'running', steady: 'running', changed: 'running', gone: 'running' });
    const after = await machine.pids('base', 'steady', 'changed');
    expect(after.slice(0, 2)).toEqual(before.slice(0, 2));
    expect(after[2]).not.toBe(before[2]);
    await machine.deployment.succeed('undeploy');
    expect(await machine.unitFiles()).toEqual([]);
  });
});
