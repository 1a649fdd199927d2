import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { accounts, asAccount } from '../support/accounts.js';
import { createDeployment, systemPath, type Deployment } from '../support/deployment.js';
import { makeDyingTool, type DyingTool } from '../support/faults/dying-tool.js';
import {
  expectedSleepers,
  runningSleepers,
  sleeperOptions,
  writeSleepers,
  type Sleepers,
} from '../support/faults/sleepers.js';
import { findLeftovers, nothing } from '../support/leftovers.js';
import { pidsOf } from '../support/status.js';
import { eventually } from '../support/waiting.js';

jest.setTimeout(120_000);

const account = accounts.at(-1);
const first: Sleepers = { a: { version: '1' }, b: { version: '1' }, gone: { version: '1', dependsOn: ['a'] } };
const second: Sleepers = { a: { version: '2' }, b: { version: '1' }, more: { version: '1', dependsOn: ['b'] } };

// The tests are one story: each goes on where the one before has ended.
let deployment: Deployment;
let dying: DyingTool;
const profiles = { first: '', second: '', slow: '', failing: '' };
/** In the journal of a switch from the first model to the second. */
const afterTheStop = { when: 'after', line: 5 } as const;

beforeAll(async () => {
  if (account === undefined) throw new Error('there is no account to run as');
  deployment = await createDeployment(account, 'webapps');
  dying = await makeDyingTool(deployment);
  const failing: Sleepers = {
    ...second,
    bad: { version: '1', fails: true },
    needy: { version: '1', dependsOn: ['bad'] },
    last: { version: '1', dependsOn: ['more'] },
  };
  for (const [name, sleepers] of [
    ['first', first],
    ['second', second],
    ['slow', { ...second, slow: { version: '1', startsAfter: join(deployment.stateDir, 'flag') } }],
    ['failing', failing],
  ] as const) {
    const model = await writeSleepers(deployment, name, sleepers);
    const { stdout } = await deployment.succeed(
      ...['build', '-P', 'sysvinit', ...sleeperOptions(deployment), '-o', join(deployment.stateDir, name), model],
    );
    profiles[name] = stdout.trim();
  }
});
afterAll(async () => {
  await deployment.dispose();
});

const currentGeneration = async (): Promise<number | undefined> => {
  const { stdout } = await deployment.succeed('generations', 'list', '--json');
  const rows = JSON.parse(stdout) as readonly { readonly number: number; readonly current: boolean }[];
  return rows.find(({ current }) => current)?.number;
};
const isRecorded = () =>
  access(join(deployment.profilesDir, '.nix-processmgmt-ts', 'processes', 'unfinished', 'journal')).then(
    () => true,
    () => false,
  );

test('a first deployment that was killed is undone by abort, or by undeploy', async () => {
  for (const undo of ['abort', 'undeploy']) {
    const { exitCode } = await dying.dieAt({ when: 'after', line: 7 }, 'switch', profiles.first);
    expect({ exitCode, running: runningSleepers(deployment) }).toEqual({ exitCode: 137, running: ['a 1', 'b 1'] });
    await deployment.succeed(undo);
    expect(await findLeftovers(deployment)).toEqual(nothing);
    expect(await isRecorded()).toBe(false);
  }
});

test('status says what a switch was doing when it was killed, and how to go on', async () => {
  await deployment.succeed('switch', profiles.first);
  await dying.dieAt(afterTheStop, 'switch', profiles.second);
  const { stderr } = await deployment.tool('status');
  expect(stderr).toMatch(
    /warning: a switch to \S+ \(PID \d+, since \S+\) did not finish: it ended after step 2: stop gone/,
  );
  expect(stderr).toContain('Finish it with resume, or undo it with abort');
});

test('abort puts back what ran before, and touches nothing else', async () => {
  const { b } = await pidsOf(deployment);
  const generation = await currentGeneration();
  await deployment.succeed('abort');
  expect(runningSleepers(deployment)).toEqual(expectedSleepers(first));
  expect((await pidsOf(deployment))['b']).toBe(b);
  expect(await currentGeneration()).toBe(generation);
  expect((await deployment.tool('status')).stderr).toBe('');
});

test('resume goes where the switch was going, and rollback knows where it came from', async () => {
  const generation = await currentGeneration();
  await dying.dieAt(afterTheStop, 'switch', profiles.second);
  const { stderr } = await deployment.succeed('resume');
  expect(stderr).toContain('this one goes on from there');
  expect(runningSleepers(deployment)).toEqual(expectedSleepers(second));
  await deployment.succeed('rollback');
  expect(await currentGeneration()).toBe(generation);
});

test('a rollback that was killed before it was recorded is resumed as a rollback', async () => {
  await deployment.succeed('switch', profiles.second);
  await deployment.succeed('switch', profiles.first);
  const generation = await currentGeneration();
  await dying.dieAt(afterTheStop, 'rollback');
  expect(await currentGeneration()).toBe(generation);
  await deployment.succeed('resume');
  expect(runningSleepers(deployment)).toEqual(expectedSleepers(second));
  expect(await currentGeneration()).toBe((generation ?? 0) - 1);
});

test('after the profile has moved there is nothing to undo, and resume only finishes', async () => {
  // Not killed at all, to count.
  await dying.dieAt({ when: 'after', line: 1000 }, 'switch', profiles.first);
  // The last two lines are those of what is cleaned up afterwards; the one before says that the profile has moved.
  await dying.dieAt({ when: 'after', line: (await dying.lines()).length - 2 }, 'switch', profiles.second);
  const generation = await currentGeneration();
  const refused = await deployment.tool('abort');
  expect({ exitCode: refused.exitCode, stderr: refused.stderr }).toEqual({
    exitCode: 2,
    stderr: expect.stringContaining('had arrived'),
  });
  const before = await pidsOf(deployment);
  await deployment.succeed('resume');
  expect(await pidsOf(deployment)).toEqual(before);
  expect(await currentGeneration()).toBe(generation);
  expect((await deployment.tool('resume')).stderr).toContain('no switch was interrupted');
});

test('what an operator does to single processes meanwhile counts', async () => {
  await deployment.succeed('switch', profiles.first);
  await dying.dieAt(afterTheStop, 'switch', profiles.second);
  await deployment.succeed('restart', 'a', 'b');
  const before = await pidsOf(deployment);
  await deployment.succeed('abort');
  const after = await pidsOf(deployment);
  expect({ a: after['a'], b: after['b'] }).toEqual({ a: before['a'], b: before['b'] });
});

/** What the slow model waits for. */
const flag = (): string => join(deployment.stateDir, 'flag');

test('a switch that is told to end does so after the step, and puts back what ran before', async () => {
  await deployment.succeed('switch', profiles.second);
  const generation = await currentGeneration();
  const { pid, ended } = deployment.start('switch', profiles.slow);
  await eventually(async () => ((await isRecorded()) ? true : undefined), 60);
  process.kill(pid, 'SIGTERM');
  await writeFile(flag(), '');
  expect(await ended).toBe(10);
  expect(runningSleepers(deployment)).toEqual(expectedSleepers(second));
  expect(await currentGeneration()).toBe(generation);
  expect(await isRecorded()).toBe(false);
  await rm(flag());
});

test('a script that a killed switch has left at work is waited for, and not run a second time beside it', async () => {
  const { pid, ended } = deployment.start('switch', profiles.slow);
  // Killed earlier, the switch takes the script with it: nobody reads any more what the script announces.
  await eventually(() => access(`${flag()}.awaited`).then(() => true), 60);
  process.kill(pid, 'SIGKILL');
  await ended;
  const words = join(deployment.stateDir, 'words');
  const resumed = deployment.run('sh', '-c', 'exec "$@" 2>"$0"', words, ...deployment.toolWords, 'resume');
  await eventually(
    async () => ((await readFile(words, 'utf8')).includes('waiting for the end of what was begun') ? true : undefined),
    60,
  );
  await writeFile(flag(), '');
  expect((await resumed).exitCode).toBe(0);
  expect(runningSleepers(deployment)).toEqual([...expectedSleepers(second), 'slow 1'].sort());
  await deployment.succeed('switch', profiles.second);
  await rm(flag());
});

test('a switch of which nobody reads what it says goes on, also when its terminal hangs up', async () => {
  if (account === undefined) throw new Error('there is no account to run as');
  const [file, ...args] = deployment.toolWords;
  const command = asAccount(account, file, [...args, 'switch', profiles.slow]);
  const { stdout: environment } = await deployment.run('env', '-0');
  const env = Object.fromEntries(
    environment
      .split('\0')
      .filter((line) => line.includes('='))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  const child = spawn(command.file, command.args, {
    env: { ...env, PATH: systemPath },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.destroy();
  child.stderr.destroy();
  const ended = once(child, 'exit');
  await eventually(async () => ((await isRecorded()) ? true : undefined), 60);
  child.kill('SIGHUP');
  await writeFile(flag(), '');
  expect(await ended).toEqual([0, null]);
  expect(runningSleepers(deployment)).toEqual([...expectedSleepers(second), 'slow 1'].sort());
});

test('a failed switch that was told to keep going can be undone by abort', async () => {
  const { exitCode, stderr } = await deployment.tool('switch', '--keep-going', profiles.failing);
  expect({ exitCode, stderr }).toEqual({ exitCode: 6, stderr: expect.stringContaining('undo it with abort') });
  expect(stderr).toContain('left alone, since they depend on that: needy');
  expect(runningSleepers(deployment)).toEqual([...expectedSleepers(second), 'last 1'].sort());
  await deployment.succeed('abort');
  expect(runningSleepers(deployment)).toEqual([...expectedSleepers(second), 'slow 1'].sort());
});

test('run puts right first what a switch has left, and no other model runs beside it', async () => {
  await dying.dieAt(afterTheStop, 'switch', profiles.first);
  expect(await deployment.tool('run', profiles.second)).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(/did not finish: it ended after step 2: stop [^]*abort; then run again/),
  });
  const { pid, ended } = deployment.start('run');
  await eventually(async () => {
    expect(runningSleepers(deployment)).toEqual([...expectedSleepers(second), 'slow 1'].sort());
    expect(await isRecorded()).toBe(false);
    return true;
  }, 60);
  process.kill(pid, 'SIGTERM');
  expect(await ended).toBe(0);
  expect(runningSleepers(deployment)).toEqual([]);
  await deployment.succeed('undeploy');
  expect(await findLeftovers(deployment)).toEqual(nothing);
});
