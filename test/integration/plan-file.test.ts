import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { access, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { accounts } from '../support/accounts.js';
import { createDeployment, type Deployment } from '../support/deployment.js';
import { planOf, processSteps } from '../support/plans.js';
import { pidsOf, statusOf } from '../support/status.js';

jest.setTimeout(120_000);

const account = accounts.at(-1);

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

// One story: each test goes on where the one before has ended.
describe('a plan in a file', () => {
  let deployment: Deployment;
  let file: string;
  const options = (message: string) => [...deployment.modelOptions({ webapp1: message }), deployment.model];
  const collectGarbage = () => deployment.run('nix-store', '--gc');
  /** The fields that no switch changes. */
  const generations = async (): Promise<number> =>
    (JSON.parse((await deployment.succeed('generations', 'list', '--json')).stdout) as unknown[]).length;

  beforeAll(async () => {
    if (account === undefined) throw new Error('there is no account to run as');
    deployment = await createDeployment(account, 'webapps');
    file = join(deployment.directory, 'home', 'plan.json');
  });
  afterAll(async () => {
    await deployment.dispose();
  });

  test('of a first deployment lists every step, and what comes into the store', async () => {
    const plan = await planOf(deployment, '-P', 'sysvinit', ...options('one'));
    expect(plan.basis).toEqual({ current: null, generation: null, unfinished: null, states: [] });
    expect(processSteps(plan)).toEqual(['start webapp1', 'start webapp2', 'start nginx']);
    expect(plan.steps.map(({ number }) => number)).toEqual(plan.steps.map((_, index) => index + 1));
    expect(plan.steps).toContainEqual(
      expect.objectContaining({ kind: 'directory', action: 'create-directory', path: deployment.logDir }),
    );
    expect(plan.steps.filter(({ kind }) => kind === 'manager' || kind === 'profile')).toMatchObject([
      { action: 'install', manager: 'sysvinit' },
      { action: 'record', path: plan.profile.path },
    ]);
    expect(plan.closure.packages.map(({ name }) => name)).toContain('nginx-host');
    expect(plan.closure.sizeBefore).toBe(0);
    expect(plan.closure.sizeAfter).toBeGreaterThan(0);
  });

  test('is carried out as it was written, also after the garbage was collected', async () => {
    const { stderr } = await deployment.succeed('plan', '-P', 'sysvinit', '--out', file, ...options('one'));
    expect(stderr).toContain(`switch --plan ${file}`);
    expect(await exists(`${file}.profile`)).toBe(true);
    expect(await collectGarbage()).toMatchObject({ exitCode: 0 });
    await deployment.succeed('switch', '--plan', file);
    const states = [...(await statusOf(deployment)).values()].map(({ state }) => state);
    expect(states).toEqual(['running', 'running', 'running']);
    // Its generation keeps the profile now.
    expect(await exists(`${file}.profile`)).toBe(false);
  });

  test('is refused a second time, since the generation is another one', async () => {
    const { exitCode, stderr } = await deployment.tool('switch', '--plan', file);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 11,
      stderr: expect.stringContaining('current generation: none → 1'),
    });
  });

  test('is refused, and nothing is done, when a process is in another state', async () => {
    await deployment.succeed('plan', '--out', file, ...options('two'));
    await deployment.succeed('stop', 'webapp2');
    const before = await pidsOf(deployment);
    const { exitCode, stderr } = await deployment.tool('switch', '--plan', file);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 11,
      stderr: expect.stringContaining('webapp2 (sysvinit): running → stopped'),
    });
    expect(await pidsOf(deployment)).toEqual(before);
    expect(await generations()).toBe(1);

    // As it was, it is right again.
    await deployment.succeed('start', 'webapp2');
    await deployment.succeed('switch', '--plan', file);
    expect(await generations()).toBe(2);
  });

  test('says so when its profile was collected', async () => {
    await deployment.succeed('plan', '--out', file, ...options('three'));
    await rm(`${file}.profile`);
    await collectGarbage();
    const { exitCode, stderr } = await deployment.tool('switch', '--plan', file);
    expect({ exitCode, stderr }).toEqual({ exitCode: 11, stderr: expect.stringContaining('is gone') });
  });

  test('of another format is refused with both versions', async () => {
    const other = join(deployment.directory, 'home', 'other.json');
    await writeFile(other, (await readFile(file, 'utf8')).replace('"formatVersion": 1', '"formatVersion": 2'));
    const { exitCode, stderr } = await deployment.tool('switch', '--plan', other);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/version 2, this program knows version 1/);
  });

  test('does not go together with a model or what the plan says', async () => {
    expect(await deployment.tool('switch', '--plan', file, deployment.model)).toMatchObject({ exitCode: 2 });
    for (const option of [['--runlevel', '3'], ['--keep-going'], ['--wait-for-ports']]) {
      expect(await deployment.tool('switch', '--plan', file, ...option)).toMatchObject({ exitCode: 2 });
    }
    const { exitCode, stderr } = await deployment.tool('switch', '--plan', file, '-p', 'other');
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining('Leave out -p') });
  });

  describe('and --confirm', () => {
    /** Types an answer at a terminal on which the switch runs. */
    const answering = (answer: string, message: string) => {
      const words = [...deployment.toolWords, 'switch', '--confirm', ...options(message)];
      const command = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
      return deployment.run('sh', '-c', 'printf "%s\\n" "$1" | script -qec "$2" /dev/null', 'sh', answer, command);
    };
    const page = async () => (await deployment.page(15_000)).body;

    test('without a terminal needs --yes, and says what else there is', async () => {
      const { exitCode, stderr } = await deployment.tool('switch', '--confirm', ...options('four'));
      expect(exitCode).toBe(2);
      expect(stderr).toMatch(/--yes[^]*plan --out/);
      expect(await generations()).toBe(2);
    });

    test('at a terminal does nothing when the answer is no', async () => {
      const { exitCode, stdout } = await answering('n', 'four');
      expect(stdout).toMatch(/restart webapp1[^]*environment\.MESSAGE: two → four[^]*Go on\?/);
      expect({ exitCode, stdout }).toEqual({ exitCode: 10, stdout: expect.stringContaining('nothing has been done') });
      expect(await generations()).toBe(2);
    });

    test('at a terminal goes on when the answer is yes', async () => {
      expect(await answering('y', 'four')).toMatchObject({ exitCode: 0 });
      expect(await page()).toContain('four');
    });

    test('with --yes shows the plan and goes on', async () => {
      const { stderr } = await deployment.succeed('switch', '--confirm', '--yes', ...options('five'));
      expect(stderr).toMatch(/environment\.MESSAGE: four → five[^]*restarting webapp1/);
      expect(await page()).toContain('five');
    });
  });
});
