import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { RunResult } from '../../src/system/ports.js';
import { unpackedOpenrc } from '../backends/openrc/support/machine.js';
import { createEvaluator, type Evaluator } from '../evaluate/support/evaluation.js';
import { nixDirectory } from '../shims/support/checkout.js';
import { isRoot } from '../support/is-root.js';
import { repository } from '../support/repository.js';

/** The suites of the fixtures take longer than one deployment. */
jest.setTimeout(900_000);

interface Report {
  readonly failed: number;
  readonly tests: readonly {
    readonly name: string;
    readonly result: 'passed' | 'failed' | 'not tried';
    readonly reason?: string;
    readonly failure?: { readonly phase: string; readonly text: string | null } | null;
  }[];
}

let evaluator: Evaluator;
beforeAll(async () => {
  evaluator = await createEvaluator('sandbox = false\nbuild-users-group =\nsubstitute = false');
});
afterAll(() => evaluator.remove());

const suites = join(repository, 'fixtures', 'tests');

const tool = (...args: readonly string[]): Promise<RunResult> =>
  evaluator.run({
    file: process.execPath,
    args: [join(repository, 'bin', 'nix-processmgmt-ts'), 'test', ...args],
    env: { NIXPROC_OPENRC: unpackedOpenrc },
  });

const report = async (...args: readonly string[]): Promise<Report> => {
  const { stdout, stderr } = await tool('--json', '--timeout=120', ...args);
  try {
    return JSON.parse(stdout) as Report;
  } catch {
    throw new Error(`${stdout}${stderr}`);
  }
};

/** Writes a suite for the web applications with this script at its end. Returns the file's path. */
const suiteWith = async (script: string): Promise<string> => {
  const file = join(evaluator.directory, 'suite', 'default.nix');
  await mkdir(dirname(file), { recursive: true });
  await writeFile(
    file,
    `{ testService, profiles ? [ "privileged" ], processManagers ? [ "sysvinit" ], ... }: testService {
      name = "one";
      exprFile = ${repository}/fixtures/webapps/processes.nix;
      inherit profiles processManagers;
      postTests = { ... }: ''\n${script}'';
    }`,
  );
  return file;
};

const managers = ['sysvinit', 'supervisord', 'systemd', 'disnix', 'docker', 's6-rc', 'runit', 'openrc'];

(isRoot ? describe : describe.skip)('test suites in machines, which only root can make in full', () => {
  test('the suites of the fixtures pass under every process manager that is there, in both profiles', async () => {
    const { tests } = await report(suites);
    expect(tests).toHaveLength(3 * 2 * managers.length);
    expect(tests.filter(({ result }) => result === 'failed')).toEqual([]);
    const notTried = tests.filter(({ result }) => result === 'not tried');
    const expected = ['s6-rc is not on PATH', 'OpenRC starts services for root alone'];
    expect(notTried.map(({ reason }) => reason).filter((reason) => !expected.includes(reason ?? ''))).toEqual([]);
  });

  /** Which assertions there are in each suite, by profile: "1" → the variants that must fail when it is inverted. */
  const inverted = {
    1: ['readiness.*', 'webapps.*', 'webapps-advanced.*'],
    2: ['readiness.*', 'webapps.*', 'webapps-advanced.*'],
    3: ['webapps.*', 'webapps-advanced.*'],
    4: ['webapps.*', 'webapps-advanced.*'],
    5: ['webapps.unprivileged'],
    6: ['webapps.privileged', 'webapps-advanced.*'],
  };
  test.each(Object.entries(inverted))(
    'with assertion %s turned into its opposite, the suites that have it fail, and the others pass',
    async (number, failing) => {
      const { tests } = await report('-P', 'disnix', '--extra-params', `{ inverted = ${number}; }`, suites);
      const expected = failing.flatMap((entry) =>
        entry.endsWith('.*')
          ? ['privileged', 'unprivileged'].map((profile) => `${entry.slice(0, -1)}${profile}.disnix`)
          : [`${entry}.disnix`],
      );
      const failed = tests.filter(({ result }) => result === 'failed');
      expect(failed.map(({ name }) => name).sort()).toEqual(expected.sort());
      expect(failed.every(({ failure }) => ['readiness', 'tests', 'postTests'].includes(failure?.phase ?? ''))).toBe(
        true,
      );
    },
  );

  test('an assertion for one process manager alone can fail there', async () => {
    const { tests } = await report(
      ...['-A', 'webapps-advanced.privileged.sysvinit', '--extra-params', '{ inverted = 5; }'],
      suites,
    );
    expect(tests).toMatchObject([{ result: 'failed', failure: { phase: 'tests' } }]);
  });

  test('a failing step is told with its line, its command and its output; the exit code is 12, and the report has it', async () => {
    const file = await suiteWith(`
      page = "nothing"
      with subtest("a page"):
          machine.succeed("echo to be seen; exit 3")
    `);
    const junit = join(evaluator.directory, 'report.xml');
    const { exitCode, stdout, stderr } = await tool('--junit', junit, file);
    expect(exitCode).toBe(12);
    expect(stderr).toContain('machine.succeed("echo to be seen; exit 3")');
    expect(stderr).toMatch(/output:\n {4}to be seen\n/);
    expect(stderr).toMatch(/✗ one\.privileged\.sysvinit/);
    expect(stdout).toMatch(/^one +✗$/m);
    expect(stdout).toContain('0 passed, 1 failed, 0 not tried\n');
    const xml = await readFile(junit, 'utf8');
    expect(xml).toContain('<testsuite name="one" tests="1" failures="1"');
    expect(xml).toContain('to be seen');
  });

  test('a test that passes ends with exit code 0, and its log stays where --logs says', async () => {
    const file = await suiteWith('machine.log("for the log")\nmachine.wait_for_open_port(15080)\n');
    const logs = join(evaluator.directory, 'logs');
    const { exitCode, stdout } = await tool('--tap', '--logs', logs, file);
    expect(exitCode).toBe(0);
    expect(stdout).toBe('TAP version 13\n1..1\nok 1 - one.privileged.sysvinit\n');
    expect(await readFile(join(logs, 'one.privileged.sysvinit.log'), 'utf8')).toContain('for the log');
  });

  test('a variant that takes too long fails, with the time that it had', async () => {
    const file = await suiteWith('machine.sleep(100)\n');
    const { tests } = await report('--timeout=5', file);
    expect(tests).toMatchObject([{ result: 'failed', reason: 'it took longer than 5 seconds, in postTests' }]);
  });

  test('what docs/testing-services.md says to write passes as it says', async () => {
    const page = await readFile(join(repository, 'docs', 'testing-services.md'), 'utf8');
    const files = [...page.matchAll(/Save it as\s+`([^`]+)`:\n\n```nix\n([^]*?)```/g)];
    expect(files.map(([, name]) => name)).toEqual([
      'web-server.nix',
      'tests/web-server/processes.nix',
      'tests/web-server/default.nix',
    ]);
    const directory = join(evaluator.directory, 'documented');
    for (const [, name = '', text = ''] of files) {
      await mkdir(dirname(join(directory, name)), { recursive: true });
      await writeFile(join(directory, name), text);
    }
    const { tests } = await report('-P', 'sysvinit', '-P', 'systemd', join(directory, 'tests', 'web-server'));
    expect(tests.map(({ name, result }) => `${name} ${result}`).sort()).toEqual([
      'web-server.privileged.systemd passed',
      'web-server.privileged.sysvinit passed',
      'web-server.unprivileged.systemd passed',
      'web-server.unprivileged.sysvinit passed',
    ]);
  });

  test('what is not tried does not pass: alone it ends with exit code 13, and with --strict as a failure', async () => {
    const file = join(evaluator.directory, 'not-tried.nix');
    await writeFile(
      file,
      `{ testService }: testService {
        name = "one"; exprFile = ${repository}/fixtures/webapps/processes.nix;
        profiles = [ "privileged" ]; processManagers = [ "sysvinit" ];
        nixosConfig.services.x.enable = true;
      }`,
    );
    const plainly = await tool(file);
    expect(plainly.exitCode).toBe(13);
    expect(plainly.stdout).toContain('– one.privileged.sysvinit: its nixosConfig sets services.x');
    expect((await tool('--strict', file)).exitCode).toBe(12);
  });

  describe('by Nix alone', () => {
    const nixPath = `nixpkgs=${join(nixDirectory, 'host-packages')}`;
    const env = { NIX_PATH: nixPath, PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}` };
    const expressionWith = async (framework: string, script: string): Promise<string> => {
      const directory = join(evaluator.directory, 'by-nix');
      await mkdir(directory, { recursive: true });
      await cp(join(repository, 'fixtures', 'webapps'), join(directory, 'fixtures', 'webapps'), { recursive: true });
      const file = join(directory, `suite-${String(script.length)}.nix`);
      await writeFile(
        file,
        `(import ${framework}/nixproc/test-driver/universal.nix { }) {
          name = "one"; exprFile = ${directory}/fixtures/webapps/processes.nix;
          profiles = [ "privileged" ]; processManagers = [ "sysvinit" ];
          postTests = { ... }: ''${script}'';
        }`,
      );
      return file;
    };
    const build = (file: string, attribute: string): Promise<RunResult> =>
      evaluator.run({ file: 'nix-build', args: ['--no-out-link', file, '-A', attribute], env });

    test('a variant runs in its builder, and its runner by itself', async () => {
      const file = await expressionWith(nixDirectory, 'machine.wait_for_open_port(15080)');
      const built = await build(file, 'privileged.sysvinit');
      expect(built.stderr).toContain('✓ one.privileged.sysvinit');
      expect(await readFile(built.stdout.trim(), 'utf8')).toBe('passed: one.privileged.sysvinit\n');

      const driver = await build(file, 'privileged.sysvinit.driver');
      const runner = join(driver.stdout.trim(), 'bin', 'nixos-test-driver');
      const run = await evaluator.run({ file: runner, args: ['--tap'] });
      expect(run.stdout).toContain('ok 1 - one.privileged.sysvinit');
      expect(run.exitCode).toBe(0);
      const list = await evaluator.run({ file: runner, args: ['--list'] });
      expect(list).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/one\.privileged\.sysvinit +ready/) });
    });

    test('a test that fails fails the build', async () => {
      const { exitCode, stderr } = await build(
        await expressionWith(nixDirectory, 'machine.fail("true")'),
        'privileged.sysvinit',
      );
      expect(exitCode).not.toBe(0);
      expect(stderr).toContain('✗ one.privileged.sysvinit');
    });

    test('what cannot be run in a builder fails, and names the command that runs it', async () => {
      // A copy of the expressions alone, as a sandbox shows them: the program is not there.
      const copy = join(evaluator.directory, 'copy', 'nix');
      await cp(nixDirectory, copy, { recursive: true });
      const { exitCode, stderr } = await build(await expressionWith(copy, '  pass'), 'privileged.sysvinit');
      expect(exitCode).not.toBe(0);
      expect(stderr).toContain('The test one.privileged.sysvinit was not run: the sandbox of this build hides');
      expect(stderr).toContain('nix-processmgmt-ts test FILE -A one.privileged.sysvinit');
    });
  });
});

test.each([
  ['a file that is not there', ['/nowhere/default.nix'], 'There is no file of test suites /nowhere/default.nix'],
  ['a model without a suite beside it', [join(repository, 'fixtures/webapps/processes.nix')], 'There is no test suite'],
  ['no variant', ['-A', 'nothing', suites], 'No variant of the test suites'],
  ['--interactive with several variants', ['--interactive', suites], '--interactive is for one variant'],
])('%s is refused with a sentence', async (_, args, sentence) => {
  const { exitCode, stderr } = await tool(...args);
  expect(stderr).toContain(sentence);
  expect(exitCode).toBe(2);
});
