import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildModel } from '../../src/profile/build-model.js';
import { createEvaluator, modelText, type Evaluator } from '../evaluate/support/evaluation.js';

jest.setTimeout(120_000);

let evaluator: Evaluator;
beforeAll(async () => {
  evaluator = await createEvaluator();
});
afterAll(() => evaluator.remove());

/** A model of one process that prints a page of its own. */
const writeModel = async (name: string, page: string): Promise<string> => {
  const file = join(evaluator.directory, `${name}.nix`);
  const text = modelText(`{
    webapp.pkg = createManagedProcess {
      name = "webapp";
      foregroundProcess = "\${pkgs.coreutils}/bin/cat";
      foregroundProcessArgs = [ (pkgs.writeText "page" "${page}") ];
    };
  }`);
  await writeFile(file, text);
  return file;
};

/** Builds it, and tells which programs that took. */
const build = async (file: string): Promise<{ readonly unit: string; readonly programs: readonly string[] }> => {
  const before = evaluator.commands.length;
  const request = evaluator.requestFor(file, { manager: 'systemd', hostPackages: true });
  const { path, release } = await buildModel(request, null, evaluator.ports);
  const unit = await readFile(join(path, 'etc/systemd/system/nix-process-webapp.service'), 'utf8');
  await release();
  return { unit, programs: evaluator.commands.slice(before).map(({ file: program }) => program) };
};

const pageIn = async (unit: string): Promise<string> => readFile(/\S+-page$/m.exec(unit)?.[0] ?? '', 'utf8');

test('what the model needs is only built by itself where it is missing', async () => {
  const file = await writeModel('twice', 'hello');
  const [first, second] = [await build(file), await build(file)];
  expect(first.programs).toContain('nix-store');
  expect(second.programs).not.toContain('nix-store');
  expect(second.unit).toBe(first.unit);
  expect(await pageIn(second.unit)).toBe('hello');
});

test('what an interrupted build has left of a package does not count as that package', async () => {
  const file = await writeModel('interrupted', 'whole');
  const { context } = await evaluator.evaluate(file, { manager: 'systemd', hostPackages: true });
  for (const path of context.storePaths) await mkdir(path, { recursive: true });
  const { unit, programs } = await build(file);
  // Nix itself sees that it is not whole; what is needed is built then, and the profile once more.
  expect(programs.slice(-3)).toEqual(['nix-build', 'nix-store', 'nix-build']);
  expect(await pageIn(unit)).toBe('whole');
});

test('a model that cannot be rendered says why, though Nix runs already', async () => {
  const file = await writeModel('refused', 'hello');
  await build(file);
  const before = evaluator.commands.length;
  await writeFile(
    file,
    (await readFile(file, 'utf8')).replace('name = "webapp"', 'name = "webapp"; directory = "here"'),
  );
  await expect(build(file)).rejects.toThrow('has a value that systemd cannot take: directory');
  expect(evaluator.commands.slice(before).at(-1)?.file).toBe('nix-build');
});
