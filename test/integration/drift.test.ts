import { chmod, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as z from '../../src/system/schema.js';
import { installStandIn } from '../backends/s6-rc/support/stand-in.js';
import { accounts } from '../support/accounts.js';
import { createDeployment, systemPath, type Deployment } from '../support/deployment.js';
import { findLeftovers, nothing } from '../support/leftovers.js';
import { performedSteps, planOf, processSteps } from '../support/plans.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.js';
import { eventually } from '../support/waiting.js';

const account = accounts.at(-1);

/** Two services, and a third one in the first generation alone. */
const model = `
{ pkgs, stateDir, runtimeDir, logDir, tmpDir, forceDisableUserChange, processManager, names }:
let
  create = import ./nix-processmgmt/nixproc/create-managed-process/universal/create-managed-process-universal.nix {
    inherit pkgs stateDir runtimeDir logDir tmpDir forceDisableUserChange processManager;
  };
in
builtins.listToAttrs (map (name: {
  inherit name;
  value.pkg = create { instanceName = name; foregroundProcess = "\${pkgs.coreutils}/bin/sleep"; args = [ "1000" ]; };
}) names)
`;

/** How an operator gets around us. */
interface Way {
  /** Starts the service c of the first generation by the manager's own means. */
  readonly startExtra: (deployment: Deployment, firstGeneration: string) => Promise<void>;
  /** Puts something else in the place of what the manager has been told of b; null where it reads the store itself. */
  readonly changeFile: ((deployment: Deployment) => Promise<string>) | null;
}

const must = async (deployment: Deployment, file: string, ...args: readonly string[]): Promise<void> => {
  const { exitCode, stdout, stderr } = await deployment.run(file, ...args);
  if (exitCode !== 0) throw new Error(`${file} ${args.join(' ')}: exit code ${exitCode}\n${stdout}${stderr}`);
};
const place = ({ runtimeDir }: Deployment): string => join(runtimeDir, 'nix-processmgmt-ts', 'processes');

const runScript =
  (directory: string): Way['startExtra'] =>
  (deployment, firstGeneration) =>
    must(deployment, join(firstGeneration, directory, 'c'), 'start');

const ways: Readonly<Record<string, Way>> = {
  sysvinit: { startExtra: runScript('etc/rc.d/init.d'), changeFile: null },
  disnix: { startExtra: runScript('libexec/process'), changeFile: null },
  supervisord: {
    startExtra: async (deployment, firstGeneration) => {
      const own = join(place(deployment), 'conf.d');
      await must(deployment, 'ln', '-s', join(firstGeneration, 'conf.d', 'c.conf'), join(own, 'c.conf'));
      const control = ['-s', `unix://${join(place(deployment), 'supervisord.sock')}`];
      await must(deployment, 'supervisorctl', ...control, 'reread');
      await must(deployment, 'supervisorctl', ...control, 'add', 'c');
    },
    changeFile: async (deployment) => {
      const file = join(place(deployment), 'conf.d', 'b.conf');
      await rm(file);
      await writeFile(file, '[program:b]\ncommand=sleep 2000\n');
      return file;
    },
  },
  's6-rc': {
    startExtra: async (deployment, firstGeneration) => {
      const { live, compiled } = {
        live: join(place(deployment), 'live'),
        compiled: join(place(deployment), 'compiled'),
      };
      const database = join(compiled, firstGeneration.slice(firstGeneration.lastIndexOf('/') + 1));
      await must(deployment, 's6-rc-update', '-b', '-l', live, database);
      await must(deployment, 's6-rc', '-b', '-l', live, '-u', 'change', 'c-srv');
    },
    changeFile: async (deployment) => {
      const file = join(place(deployment), 'live', 'servicedirs', 'b-srv', 'run');
      await rename(file, `${file}.mine`);
      await writeFile(file, '#!/bin/sh\nexec sleep 2000\n');
      await chmod(file, 0o755);
      return file;
    },
  },
};

const rowsOf = z.array(
  z.object({
    instance: z.string(),
    state: z.string(),
    pid: z.nullable(z.number()),
    drift: z.array(z.string()),
    extra: z.boolean(),
  }),
);

// The tests of one manager are one story: each goes on where the one before has ended.
describe.each(Object.entries(ways))('what somebody changes by hand under %s', (manager, { startExtra, changeFile }) => {
  let directory: TemporaryDirectory;
  let deployment: Deployment;
  let changedFile: string | null = null;
  const argumentsFor = (names: readonly string[]): readonly string[] => [
    ...['-P', manager, '--host-packages', `--state-dir=${deployment.stateDir}`, '--force-disable-user-change'],
    `--extra-params={ names = [ ${names.map((name) => `"${name}"`).join(' ')} ]; }`,
    join(deployment.directory, 'processes.nix'),
  ];
  const rows = async () => rowsOf.parse(JSON.parse((await deployment.tool('status', '--json')).stdout));
  const states = async (): Promise<Readonly<Record<string, string>>> =>
    Object.fromEntries((await rows()).map(({ instance, state }) => [instance, state]));
  const pidOf = async (name: string): Promise<number | null | undefined> =>
    (await rows()).find(({ instance }) => instance === name)?.pid;

  beforeAll(async () => {
    if (account === undefined) throw new Error('there is no account to run as');
    directory = await makeTemporaryDirectory();
    const { bin, env } = installStandIn(directory.path);
    const environment = manager === 's6-rc' ? { ...env, PATH: [bin, systemPath].join(':') } : {};
    deployment = await createDeployment(account, 'webapps', environment);
    await writeFile(join(deployment.directory, 'processes.nix'), model);
    await deployment.succeed('switch', ...argumentsFor(['a', 'b', 'c']));
    await deployment.succeed('switch', ...argumentsFor(['a', 'b']));
  });
  afterAll(async () => {
    await deployment.dispose();
    await directory.remove();
  });

  test('nothing is told as long as everything is as it was deployed', async () => {
    expect(await rows()).toEqual([
      expect.objectContaining({ instance: 'a', state: 'running', drift: [], extra: false }),
      expect.objectContaining({ instance: 'b', state: 'running', drift: [], extra: false }),
    ]);
  });

  test('status and plan tell what was stopped, what is extra and what was changed, and a switch respects it', async () => {
    await deployment.succeed('stop', 'a');
    await startExtra(deployment, await realpath(join(deployment.profilesDir, 'processes-1-link')));
    changedFile = (await changeFile?.(deployment)) ?? null;

    const told = await eventually(async () => {
      const found = await rows();
      return found.some(({ extra, state }) => extra && state === 'running') ? found : undefined;
    });
    expect(told).toEqual([
      expect.objectContaining({ instance: 'a', state: 'stopped', drift: ['somebody has stopped it'] }),
      expect.objectContaining({
        instance: 'b',
        state: 'running',
        drift: changedFile === null ? [] : [expect.stringContaining(changedFile)],
      }),
      expect.objectContaining({ instance: 'c', state: 'running', extra: true }),
    ]);
    const { exitCode, stdout } = await deployment.tool('status');
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(/^c .* running .* it is not in the generation, though it belongs to the profile$/m);

    const plan = await planOf(deployment, ...argumentsFor(['a', 'b']));
    expect(processSteps(plan)).toEqual([]);
    expect(plan.notes.join('\n')).toMatch(/c: it is not in the generation.*switch --repair/);
    expect((await deployment.succeed('switch', ...argumentsFor(['a', 'b']))).stderr).toContain('nothing to do');
    expect(await states()).toEqual({ a: 'stopped', b: 'running', c: 'running' });
  });

  test('switch --repair does what plan --repair has shown, and everything is as it was deployed', async () => {
    const b = await pidOf('b');
    const steps = processSteps(await planOf(deployment, '--repair', ...argumentsFor(['a', 'b'])));
    expect([...steps].sort()).toEqual([...(changedFile === null ? [] : ['restart b']), 'start a', 'stop c']);
    const { stderr } = await deployment.succeed('switch', '--repair', ...argumentsFor(['a', 'b']));
    expect(performedSteps(stderr)).toEqual(steps);
    expect(await rows()).toEqual([
      expect.objectContaining({ instance: 'a', state: 'running', drift: [], extra: false }),
      expect.objectContaining({ instance: 'b', state: 'running', drift: [], extra: false }),
    ]);
    if (changedFile === null) expect(await pidOf('b')).toBe(b);
    expect(await planOf(deployment, '--repair', ...argumentsFor(['a', 'b']))).toMatchObject({ steps: [], notes: [] });
  });

  test('undeploy leaves nothing of it', async () => {
    await deployment.succeed('undeploy');
    expect(await findLeftovers(deployment)).toEqual(nothing);
  });
});
