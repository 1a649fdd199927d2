import { existsSync, readdirSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { RunResult } from '../../src/system/ports.js';
import { accounts } from '../support/accounts.js';
import { createDeployment, type Deployment } from '../support/deployment.js';
import { sleeperOptions } from '../support/faults/sleepers.js';
import { findLeftovers, nothing } from '../support/leftovers.js';
import { processesThatMention } from '../support/processes.js';
import { statusOf } from '../support/status.js';
import { eventually } from '../support/waiting.js';

const account = accounts.at(-1);
let deployment: Deployment;
let stopping: string;
beforeAll(async () => {
  if (account === undefined) throw new Error('there is no account to run as');
  deployment = await createDeployment(account, 'webapps');
  stopping = join(deployment.stateDir, 'stopping');
});
afterEach(async () => {
  await deployment.succeed('undeploy');
  expect(await findLeftovers(deployment)).toEqual(nothing);
});
afterAll(() => deployment.dispose());

/** A process that takes its time to end, and says when it begins to. */
const waiting = (name: string, dependencies: string): string => `
  ${name}.pkg = create {
    instanceName = "${name}";
    foregroundProcess = "/bin/sh";
    args = [ "-c" "trap 'echo >>${stopping}; sleep 1; exit 0' TERM; while :; do sleep 0.05; done" ];
    dependencies = [ ${dependencies} ];
    overrides.supervisord.startsecs = 0;
  };`;

const deploy = async (manager: string): Promise<void> => {
  rmSync(stopping, { force: true });
  const model = join(deployment.directory, 'processes.nix');
  await writeFile(
    model,
    `{ pkgs, stateDir, runtimeDir, logDir, tmpDir, forceDisableUserChange, processManager }:
let
  create = import ./nix-processmgmt/nixproc/create-managed-process/universal/create-managed-process-universal.nix {
    inherit pkgs stateDir runtimeDir logDir tmpDir forceDisableUserChange processManager;
  };
in
rec {${waiting('base', '')}${waiting('user', 'base.pkg')}
}
`,
  );
  await deployment.succeed('switch', '-P', manager, ...sleeperOptions(deployment), model);
};

const lockDirectory = (): string => join(deployment.profilesDir, '.nix-processmgmt-ts', 'processes');
const lock = (): string => join(lockDirectory(), 'lock');

/**
 * Runs the tool, and sends it signals as soon as there is a file.
 *
 * @param file may be a pattern
 */
const signalled = (file: string, signals: string, ...args: readonly string[]): Promise<RunResult> =>
  deployment.run(
    ...(['sh', '-c'] as const),
    `file=$1 signals=$2; shift 2
"$@" &
until ls $file >/dev/null 2>&1 || ! kill -0 $!; do sleep 0.05; done
for signal in $signals; do kill -s $signal $!; done
wait $!`,
    ...['sh', file, signals, ...deployment.toolWords, ...args],
  );

test('a command for single processes ends between two of them, and says what it left', async () => {
  await deploy('sysvinit');
  const { exitCode, stderr } = await signalled(stopping, 'TERM', 'stop', 'base', 'user');
  expect({ exitCode, stderr }).toEqual({
    exitCode: 10,
    stderr: expect.stringMatching(/A signal ended the stop[^]*Done before: user[^]*Left as they were: base/),
  });
  const states = [...(await statusOf(deployment))].map(([name, { state }]) => `${name} ${state}`);
  expect(states.sort()).toEqual(['base running', 'user stopped']);
});

test('an activity of all scripts ends between two of them, and says what it left', async () => {
  await deploy('sysvinit');
  const { exitCode, stderr } = await signalled(stopping, 'TERM', 'run-activity', '-r', 'stop');
  expect({ exitCode, stderr }).toEqual({
    exitCode: 10,
    stderr: expect.stringMatching(
      /A signal ended the activity "stop"[^]*Called before: \S+user\n[^]*Not called: \S+base\n/,
    ),
  });
  const states = [...(await statusOf(deployment))].map(([name, { state }]) => `${name} ${state}`);
  expect(states.sort()).toEqual(['base running', 'user stopped']);
  expect(existsSync(lock())).toBe(false);
});

test.each(['TERM', 'INT'])(
  'before anything is done, SIG%s ends a command at once, and nothing of it stays',
  async (signal) => {
    await deploy('sysvinit');
    const model = join(deployment.directory, 'slow.nix');
    await writeFile(
      model,
      `{ processManager }: import (derivation {
  name = "slow-${signal}";
  system = builtins.currentSystem;
  builder = "/bin/sh";
  args = [ "-c" "echo >${deployment.stateDir}/evaluating-${signal}; exec /bin/sleep 60" ];
})
`,
    );
    const begun = join(deployment.stateDir, `evaluating-${signal}`);
    for (const command of ['switch', 'plan']) {
      rmSync(begun, { force: true });
      const before = performance.now();
      const ended = await signalled(begun, signal, command, '-P', 'sysvinit', ...sleeperOptions(deployment), model);
      expect(ended).toMatchObject({
        exitCode: 10,
        stderr: expect.stringMatching(`SIG${signal} ended the command\n  why: No process has been touched`),
      });
      expect(performance.now() - before).toBeLessThan(30_000);
      expect(readdirSync(lockDirectory()).filter((name) => name.startsWith('lock'))).toEqual([]);
      await eventually(() => (processesThatMention(begun).length === 0 ? true : undefined));
      // Nix takes its own directories away when it has ended, which nobody waits for.
      await eventually(() => (readdirSync(join(deployment.directory, 'tmp')).length === 0 ? true : undefined));
    }
  },
);

test('signals end the wait for a manager, and that for the profile', async () => {
  await deploy('supervisord');
  const [manager] = processesThatMention(deployment.directory).filter(({ commandLine }) =>
    commandLine.includes('supervisord'),
  );
  if (manager === undefined) throw new Error('supervisord does not run');
  process.kill(manager.pid, 'SIGSTOP');
  try {
    const first = signalled(lock(), 'TERM', 'stop', 'user');
    await eventually(() => {
      const locks = readdirSync(lockDirectory()).filter((name) => name.startsWith('lock'));
      return locks.length === 1 && locks[0] === 'lock' ? true : undefined;
    });
    const second = await signalled(`${lock()}.*`, 'INT', 'stop', 'user', '--wait-lock=60');
    expect(second).toMatchObject({ exitCode: 10, stderr: expect.stringContaining('ended the wait for the profile') });
    expect(await first).toMatchObject({
      exitCode: 10,
      stderr: expect.stringMatching(/A signal ended the wait for supervisord[^]*It had not answered yet to/),
    });
    for (const action of ['start', 'restart', 'reload']) {
      const begin = performance.now();
      const { exitCode, stderr } = await signalled(lock(), 'TERM INT', action, 'user');
      expect({ exitCode, stderr }).toEqual({ exitCode: 10, stderr: expect.stringContaining('A signal ended the') });
      expect(performance.now() - begin).toBeLessThan(10_000);
    }
  } finally {
    process.kill(manager.pid, 'SIGCONT');
  }
});

test.each(['SIGTERM', 'SIGINT'] as const)(
  'who follows a log ends that by %s, and nothing has failed',
  async (signal) => {
    await deploy('sysvinit');
    const { pid, ended } = deployment.start('logs', '-f', 'base');
    const followers = () =>
      processesThatMention(deployment.logDir).filter(({ commandLine }) => commandLine.startsWith('tail '));
    await eventually(() => (followers().length === 1 ? true : undefined), 10);
    process.kill(pid, signal);
    expect(await ended).toBe(0);
    await eventually(() => (followers().length === 0 ? true : undefined), 10);
  },
);
