import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { modelText, createEvaluator, type Evaluator } from './support/evaluation.js';

let evaluator: Evaluator;
beforeAll(async () => {
  evaluator = await createEvaluator();
});
afterAll(() => evaluator.remove());

const count = 50;

/** `process` (Nix) is evaluated once for each of the instances. */
const instances = (process: string): string => `
  builtins.listToAttrs (builtins.genList (number: {
    name = "webapp\${toString number}";
    value.pkg = createManagedProcess { name = "webapp\${toString number}"; process = ${process}; };
  }) ${count})`;

/** How often the file says that it is read: a plain import would say so once. */
const readings = async (files: Readonly<Record<string, string>>): Promise<number> => {
  const before = evaluator.commands.length;
  const { model } = await evaluator.evaluateFiles(files);
  expect(model.instances).toHaveLength(count);
  const evaluation = evaluator.commands.slice(before).findLast(({ file }) => file === 'nix-instantiate');
  if (evaluation === undefined) throw new Error('nothing was evaluated');
  const { stderr } = await evaluator.run(evaluation);
  return stderr.split('webapp.nix is read').length - 1;
};

test('a file that every instance imports is read once', async () => {
  const webapp = 'builtins.trace "webapp.nix is read" ({ pkgs }: "/bin/webapp")';
  expect(
    await readings({
      'processes.nix': modelText(instances('import ./webapp.nix { inherit pkgs; }')),
      'webapp.nix': webapp,
    }),
  ).toBe(1);
});

test('a file of the store that every instance imports is read once', async () => {
  const copy = 'builtins.path { path = ./copied; name = "copied"; }';
  expect(
    await readings({
      'processes.nix': modelText(instances(`import "\${${copy}}/webapp.nix" { inherit pkgs; }`)),
      'copied/webapp.nix': 'builtins.trace "webapp.nix is read" ({ pkgs }: "/bin/webapp")',
    }),
  ).toBe(1);
});

test('one process with 3000 dependencies is as good as any', async () => {
  const { model } = await evaluator.evaluateInstances(`
    let
      webapps = builtins.listToAttrs (builtins.genList (number: rec {
        name = "webapp\${toString number}";
        value.pkg = createManagedProcess { inherit name; process = "/bin/webapp"; };
      }) 3000);
    in
    webapps // {
      proxy.pkg = createManagedProcess {
        name = "proxy";
        process = "/bin/proxy";
        dependencies = map (webapp: webapp.pkg) (builtins.attrValues webapps);
      };
    }`);
  expect(model.instances).toHaveLength(3001);
  expect(model.instances.find(({ name }) => (name as string) === 'proxy')?.dependencies).toHaveLength(3000);
});
