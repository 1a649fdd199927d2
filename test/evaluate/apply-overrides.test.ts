import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createEvaluator, withoutHash, type Evaluator } from './support/evaluation.js';

let evaluator: Evaluator;
beforeAll(async () => {
  evaluator = await createEvaluator();
});
afterAll(() => evaluator.remove());

const instances = `
  let
    helper = createManagedProcess {
      name = "helper";
      process = "/bin/helper";
      overrides.sysvinit = arguments: arguments // { helps = true; };
    };
  in
  {
    webapp.pkg = createManagedProcess {
      name = "webapp";
      process = "/bin/webapp";
      dependencies = [ helper ];
      overrides.sysvinit = { args ? [ ], ... }@arguments: arguments // {
        args = args ++ [ "--more" 2 ];
        path = [ pkgs.gnused ];
      };
    };
    broken.pkg = createManagedProcess {
      name = "broken";
      process = "/bin/broken";
      overrides.sysvinit = arguments: if arguments ? fail then throw "not with this" else 5;
    };
  }`;

test("functions get the generated arguments and return the manager's", async () => {
  const evaluated = await evaluator.evaluateInstances(instances);
  const { arguments: args, context } = await evaluated.applyOverrides({
    webapp: { name: 'webapp', args: ['--first'] },
    helper: { name: 'helper' },
  });
  expect(args).toEqual({
    webapp: { name: 'webapp', args: ['--first', '--more', 2], path: [expect.stringMatching(/gnused$/)] },
    helper: { name: 'helper', helps: true },
  });
  expect(context.derivations.map(({ path }) => withoutHash(path))).toEqual(['gnused.drv']);
});

test('without functions nothing is evaluated', async () => {
  const evaluated = await evaluator.evaluateInstances('{ }');
  const before = evaluator.commands.length;
  expect(await evaluated.applyOverrides({})).toEqual({
    arguments: {},
    context: { derivations: [], sources: [], storePaths: [] },
  });
  expect(evaluator.commands).toHaveLength(before);
});

test('a function that fails is named by its instance', async () => {
  const evaluated = await evaluator.evaluateInstances(instances);
  await expect(evaluated.applyOverrides({ webapp: {}, broken: { fail: true } })).rejects.toMatchObject({
    exitCode: 3,
    message: 'The override of process instance "broken" cannot be evaluated',
    why: expect.stringMatching(/^not with this\nat .*processes\.nix:\d+:\d+$/),
  });
});

test('a function that returns no attribute set is named', async () => {
  const evaluated = await evaluator.evaluateInstances(instances);
  await expect(evaluated.applyOverrides({ broken: {} })).rejects.toThrow(
    'The override of "broken" for sysvinit does not return an attribute set',
  );
});

test('functions in an attribute set get what was generated in their place; the rest is merged', async () => {
  const evaluated = await evaluator.evaluateInstances(`{
    webapp.pkg = createManagedProcess {
      name = "webapp";
      process = "/bin/webapp";
      overrides.sysvinit = {
        instructions = generated: generated // { more = true; };
        environment.MORE = "yes";
      };
    };
  }`);
  const { arguments: args } = await evaluated.applyOverrides({
    webapp: { name: 'webapp', instructions: { start: 1 }, environment: { FIRST: 'yes' } },
  });
  expect(args).toEqual({
    webapp: { name: 'webapp', instructions: { start: 1, more: true }, environment: { FIRST: 'yes', MORE: 'yes' } },
  });
});
