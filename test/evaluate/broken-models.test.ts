import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ExplainedError } from '../../src/system/errors.js';
import { createRun } from '../../src/system/run.js';
import { evaluateModel } from '../../src/evaluate/evaluate-model.js';
import { createEvaluator, fixtures, modelText, type Evaluator, type Options } from './support/evaluation.js';

let evaluator: Evaluator;
beforeAll(async () => {
  evaluator = await createEvaluator();
});
afterAll(() => evaluator.remove());

const explanationOf = async (evaluation: Promise<unknown>) => {
  const error = await evaluation.then(
    () => new Error('the model evaluates'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof ExplainedError)) throw error;
  const { exitCode, message, why, fix } = error;
  return { exitCode, what: message, why, fix };
};

/** Of a model in fixtures/broken, with its own path left out. */
const explanationOfFixture = async (name: string, options?: Options) => {
  const explanation = await explanationOf(evaluator.evaluate(`broken/${name}.nix`, options));
  const shorten = (text = ''): string => text.replaceAll(`${fixtures}/broken/`, '');
  return { ...explanation, what: shorten(explanation.what), why: shorten(explanation.why) };
};

test('a syntax error', async () => {
  expect(await explanationOfFixture('syntax-error')).toMatchObject({
    exitCode: 3,
    what: 'The model syntax-error.nix cannot be evaluated',
    why: expect.stringMatching(/^syntax error, unexpected .*\nat syntax-error\.nix:21:18$/),
    fix: 'Correct the syntax at this place',
  });
});

test.each([
  ['sysvinit', 'daemon', 'removeAttrs pkgs [ "daemon" "isHostPackages" ]'],
  ['supervisord', 'python3Packages.supervisor', 'removeAttrs pkgs [ "python3Packages" "isHostPackages" ]'],
  ['s6-rc', 'execline', 'removeAttrs pkgs [ "execline" "isHostPackages" ]'],
])(
  '%s lacks the package %s: that is no fault of the model, and no place in it is blamed',
  async (manager, name, set) => {
    const text = modelText('{ web.pkg = createManagedProcess { name = "web"; foregroundProcess = "/bin/web"; }; }');
    const model = text.replace('inherit pkgs stateDir', `pkgs = ${set}; inherit stateDir`);
    expect(await explanationOf(evaluator.evaluateFiles({ 'processes.nix': model }, { manager }))).toEqual({
      exitCode: 3,
      what: `${manager} needs the package ${name}`,
      why: 'the package set of the model does not have it',
      fix: `use a package set that has ${name}`,
    });
  },
);

test('a throw inside one instance', async () => {
  expect(await explanationOfFixture('throw')).toMatchObject({
    exitCode: 3,
    what: 'Process instance "webapp2" cannot be evaluated',
    // Nix 2.26 and later name the column of the value.
    why: expect.stringMatching(/^the licence key is missing\nat throw\.nix:26:(5|27)$/),
  });
});

test('a throw in the place of a property', async () => {
  const processes = `{ pkgs, processManager }:
{ webapp.pkg = import ../nowhere/nixproc/create-managed-process/universal/create-managed-process-universal.nix { } {
    name = "webapp";
    args = throw "the arguments are missing";
}; }`;
  expect(await explanationOf(evaluator.evaluateFiles({ 'processes.nix': processes }))).toMatchObject({
    what: 'Process instance "webapp" cannot be evaluated',
    why: expect.stringMatching(/^the arguments are missing\nat .*\/processes\.nix:4:(5|12)$/),
  });
});

test('a missing package of nixpkgs', async () => {
  expect(await explanationOfFixture('missing-package')).toEqual({
    exitCode: 3,
    what: 'Process instance "webapp1" cannot be evaluated',
    why: "attribute 'no-such-program' missing\nat missing-package.nix:20:18",
    fix: 'Correct the name; if "no-such-program" is a package, use a nixpkgs that has it',
  });
});

test('a missing program of this machine', async () => {
  const { fix, ...explanation } = await explanationOfFixture('missing-package', { includePaths: [] });
  expect(explanation).toMatchObject({ exitCode: 3, what: 'Process instance "webapp1" cannot be evaluated' });
  expect(fix).toMatch(/install it, or use nixpkgs: nix-channel --add/);
});

test('an unknown property', async () => {
  expect(await explanationOfFixture('unknown-property')).toMatchObject({
    exitCode: 3,
    what: 'Process "webapp1" has an unknown property "enviroment"',
    why: expect.stringMatching(/^createManagedProcess knows: args, .*\nat unknown-property\.nix:21:5$/),
  });
});

test('a model that is no function', async () => {
  expect(await explanationOfFixture('not-a-function')).toMatchObject({
    exitCode: 3,
    what: 'The model not-a-function.nix is not a function',
    why: 'It is an attribute set',
  });
});

test('a call of something that is no function', async () => {
  expect(await explanationOfFixture('call-of-a-set')).toMatchObject({
    exitCode: 3,
    what: 'Process instance "webapp2" cannot be evaluated',
    why: expect.stringMatching(/not a function.*\nat call-of-a-set\.nix:23:17$/),
  });
});

test('an instance without a package', async () => {
  expect(await explanationOfFixture('instance-without-pkg')).toMatchObject({
    exitCode: 3,
    what: 'Process instance "webapp2" has no pkg',
    why: 'It has: pgk, port\nat instance-without-pkg.nix:23:3',
  });
});

test('a text that is not UTF-8', async () => {
  expect(await explanationOfFixture('invalid-utf8')).toMatchObject({
    exitCode: 3,
    what: 'Process instance "webapp2" cannot be evaluated',
    why: expect.stringMatching(/not UTF-8|invalid UTF-8/),
    fix: 'Save the file that holds the text as UTF-8',
  });
});

test('a value that is defined by means of itself', async () => {
  expect(await explanationOfFixture('infinite-recursion')).toMatchObject({
    exitCode: 3,
    what: 'Process instance "webapp2" cannot be evaluated',
    why: 'infinite recursion encountered\nat infinite-recursion.nix:24:5',
  });
});

test('a process that says nothing of what to run', async () => {
  expect(await explanationOfFixture('no-process')).toMatchObject({
    exitCode: 4,
    what: 'Process instance "webapp1" has nothing to run',
  });
});

const inline = (instances: string, options?: Options) => explanationOf(evaluator.evaluateInstances(instances, options));

test.each([
  {
    problem: 'a recursion without end',
    instances: `let forever = x: 1 + forever x; in
      { webapp.pkg = createManagedProcess { name = "webapp"; process = "/bin/x"; args = [ (forever 1) ]; }; }`,
    what: 'Process instance "webapp" cannot be evaluated',
    why: /stack overflow|infinite recursion|max-call-depth/,
  },
  {
    problem: 'a process without any name',
    instances: '{ webapp.pkg = createManagedProcess { process = "/bin/x"; }; }',
    what: 'Process instance "webapp": A process has neither a name nor an instanceName',
    why: /It has the properties: process/,
  },
  {
    problem: 'an instance in the place of a dependency',
    instances: `rec {
      a.pkg = createManagedProcess { name = "a"; process = "/bin/x"; };
      b.pkg = createManagedProcess { name = "b"; process = "/bin/x"; dependencies = [ a ]; }; }`,
    what: 'The dependency of process "b" is not a package',
    why: /It is a process instance/,
  },
  {
    problem: 'a function among the overrides',
    instances: `{ webapp.pkg = createManagedProcess {
      name = "webapp"; process = "/bin/x"; overrides.sysvinit.activities.start = x: x; }; }`,
    what: 'The override of process "webapp" for sysvinit.activities.start is a function',
    why: /Only plain values/,
  },
  {
    problem: 'an override that is no attribute set',
    instances:
      '{ webapp.pkg = createManagedProcess { name = "webapp"; process = "/bin/x"; overrides.sysvinit = "x"; }; }',
    what: 'The override for sysvinit of process "webapp" is not an attribute set',
    why: /^It is a string\nat .*processes\.nix:\d+/,
  },
  {
    problem: 'overrides that are no attribute set',
    instances: '{ webapp.pkg = createManagedProcess { name = "webapp"; process = "/bin/x"; overrides = [ ]; }; }',
    what: 'The property overrides of process "webapp" is not an attribute set',
    why: /^It is a list/,
  },
  {
    problem: 'a process of the wrong type',
    instances: '{ webapp.pkg = createManagedProcess { name = "webapp"; process = 1; }; }',
    what: 'Process instance "webapp" cannot be evaluated',
    why: /cannot coerce an integer to a string(: 1)?\nat .*processes\.nix:11:\d+/,
  },
  {
    problem: 'a result that is no attribute set',
    instances: '[ ]',
    what: /^The model .*processes\.nix does not return an attribute set of process instances$/,
    why: /returns a list/,
  },
])('$problem', async ({ instances, what, why }) => {
  const explanation = await inline(instances);
  expect(explanation.exitCode).toBe(3);
  expect(explanation.what).toMatch(what);
  expect(explanation.why).toMatch(why);
});

test('a property of the wrong kind', async () => {
  expect(
    await inline('{ webapp.pkg = createManagedProcess { name = "webapp"; process = "/bin/x"; umask = "rwx"; }; }'),
  ).toMatchObject({
    exitCode: 4,
    what: 'Process instance "webapp" has a property of the wrong kind',
    why: 'umask: expected octal digits',
  });
});

test('a property that is neither a number nor the text of one', async () => {
  const explanation = await inline(
    '{ webapp.pkg = createManagedProcess { name = "webapp"; process = "/bin/x"; nice = "high"; }; }',
  );
  expect(explanation).toMatchObject({ exitCode: 4, why: 'nice: expected an integer' });
});

test('the failing instance is found among many', async () => {
  const { what } = await inline(`
    builtins.listToAttrs (builtins.genList (number: {
      name = "webapp\${toString number}";
      value.pkg = createManagedProcess {
        name = "webapp\${toString number}";
        process = if number == 357 then throw "not this one" else "/bin/x";
      };
    }) 500)`);
  expect(what).toBe('Process instance "webapp357" cannot be evaluated');
});

test('an argument that nobody gives to the model is named with the way to give it', async () => {
  const files = { 'processes.nix': '{ processManager, portOffset }: { }' };
  expect(await explanationOf(evaluator.evaluateFiles(files))).toMatchObject({
    exitCode: 3,
    what: expect.stringMatching(/wants an argument "portOffset" that nobody gives it$/),
    fix: expect.stringContaining("--extra-params '{ portOffset = …; }'"),
  });
  const { model } = await evaluator.evaluateFiles(files, { extraParams: '{ portOffset = 1; }' });
  expect(model.instances).toEqual([]);
});

test('a file that does not exist', async () => {
  const { what, why, fix } = await explanationOf(
    evaluator.evaluateFiles({ 'processes.nix': '{ processManager }:\nimport ./missing.nix' }),
  );
  expect(what).toMatch(/^The model .*processes\.nix cannot be evaluated$/);
  expect(why).toMatch(
    /^(getting status of '.*missing\.nix': No such file or directory|path '.*missing\.nix' does not exist)\nat .*processes\.nix:2:1$/,
  );
  expect(fix).toBe('Create the file, or correct the path');
});

test('a trace shows all that Nix says', async () => {
  const { why, fix } = await explanationOfFixture('throw', { showTrace: true });
  expect(why).toMatch(/while evaluating the property "environment"/);
  expect(fix).toBeUndefined();
});

test.each([
  { extraParams: '{ a = ; }', why: /^syntax error/ },
  { extraParams: '{ ', why: /^syntax error/ },
  { extraParams: '5', why: /^It is of the type "int"$/ },
])('the extra parameters "$extraParams" are blamed, and not the model', async ({ extraParams, why }) => {
  const explanation = await inline('{ }', { extraParams });
  expect(explanation).toMatchObject({
    exitCode: 2,
    what: 'The value of --extra-params is not an attribute set of Nix',
  });
  expect(explanation.why).toMatch(why);
});

test('with good extra parameters the model is blamed', async () => {
  const { what } = await inline('throw "no"', { extraParams: '{ a = 1; }' });
  expect(what).toMatch(/^The model .* cannot be evaluated$/);
});

test('a store that Nix cannot use is blamed, and not the model', async () => {
  const env = { ...evaluator.env, NIX_STATE_DIR: '/dev/null/nix' };
  const request = evaluator.requestFor('imports/relative-path/processes.nix');
  expect(await explanationOf(evaluateModel(request, { ...evaluator.ports, env, run: createRun(env) }))).toMatchObject({
    exitCode: 3,
    what: 'Nix cannot use its store',
    why: expect.stringContaining('/dev/null'),
    fix: expect.stringContaining('Nix daemon'),
  });
});

test('without Nix it is said what to install', async () => {
  const run = createRun({ ...evaluator.env, PATH: '/nowhere' });
  const explanation = await explanationOf(
    evaluateModel(evaluator.requestFor('imports/relative-path/processes.nix'), {
      ...evaluator.ports,
      run: (request) => (request.file === 'id' ? evaluator.run(request) : run(request)),
    }),
  );
  expect(explanation).toMatchObject({
    exitCode: 3,
    what: 'Nix is not installed: the program "nix-instantiate" was not found',
    fix: expect.stringContaining('nix-bin'),
  });
});

test('a model whose text is fine fails for nobody', async () => {
  const { model } = await evaluator.evaluateFiles({ 'processes.nix': modelText('{ }') });
  expect(model.instances).toEqual([]);
});
