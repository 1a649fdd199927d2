import { cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  evaluateSuites,
  type EvaluatedSuites,
  type EvaluatedVariant,
  type SuitesRequest,
} from '../../src/test-driver/evaluate-suites.js';
import { createEvaluator, modelText, type Evaluator } from '../evaluate/support/evaluation.js';
import { nixDirectory } from '../shims/support/checkout.js';

let evaluator: Evaluator;
beforeAll(async () => {
  evaluator = await createEvaluator('sandbox = false\nbuild-users-group =\nsubstitute = false');
  await cp(nixDirectory, join(evaluator.directory, 'framework'), { recursive: true, verbatimSymlinks: true });
});
afterAll(() => evaluator.remove());

let directories = 0;

/** Evaluates suites that consist of files by name; the first is the one that composes them. */
const evaluate = async (
  files: Readonly<Record<string, string>>,
  request: Partial<SuitesRequest> = {},
  attrPaths: readonly (readonly string[])[] | null = null,
): Promise<EvaluatedSuites> => {
  directories += 1;
  const directory = join(evaluator.directory, `suites-${String(directories)}`);
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), text);
  }
  return evaluateSuites(
    {
      suiteFile: join(directory, Object.keys(files)[0] ?? ''),
      managers: null,
      profiles: null,
      extraParams: null,
      includePaths: [],
      hostPackages: false,
      offline: true,
      showTrace: false,
      ...request,
    },
    { attrPaths, isWanted: () => true },
    evaluator.ports,
  );
};

const model = modelText(`{
  webapp = rec {
    port = 5000;
    pkg = createManagedProcess { name = "webapp"; foregroundProcess = "/bin/webapp"; args = [ stateDir runtimeDir ]; };
  };
  other = { pkg = createManagedProcess { name = "other"; foregroundProcess = "/bin/other"; }; };
}`);

/** A file of one suite. In: how it gets at testService, and attributes of the suite (Nix texts). */
const composed = (
  driver: string,
  attributes = '',
  managers = '[ "sysvinit" ]',
  profiles = '[ "privileged" ]',
): string => `
{ nixpkgs ? <nixpkgs>, system ? builtins.currentSystem, processManagers ? ${managers}, profiles ? ${profiles}
, nix-processmgmt ? ../../nowhere/nix-processmgmt }:
let
  pkgs = import nixpkgs { inherit system; };
  testService = ${driver};
in
{
  one = testService { name = "one"; exprFile = ./processes.nix; inherit processManagers profiles; ${attributes} };
}`;

const universal = 'import ../nowhere/nixproc/test-driver/universal.nix { inherit nixpkgs system; }';

const contentOf = (variant: EvaluatedVariant | undefined): Extract<EvaluatedVariant, { kind: 'evaluated' }> => {
  if (variant?.kind !== 'evaluated') throw new Error(JSON.stringify(variant));
  return variant;
};

test.each([
  ['a checkout that is not there', universal],
  [
    'an argument that leads nowhere',
    'import "${nix-processmgmt}/nixproc/test-driver/universal.nix" { inherit nixpkgs; }',
  ],
  ['the search path', 'import <nix-processmgmt/nixproc/test-driver/universal.nix> { }'],
  ['a checkout', 'import ../framework/nixproc/test-driver/universal.nix { inherit nixpkgs system; }'],
  ['a path in a string', 'import (toString ../framework + "/nixproc/test-driver/universal.nix") { inherit nixpkgs; }'],
  [
    'the general driver, with modules for managers and profiles',
    `import ../nowhere/nixproc/test-driver/agnostic.nix {
      inherit nixpkgs system;
      processManagerModules.sysvinit = ../nowhere/nixproc/backends/sysvinit/test-module;
      profileSettingModules.privileged = <nix-processmgmt/nixproc/test-driver/profiles/privileged.nix>;
    }`,
  ],
])('a suite gets testService through %s', async (_, driver) => {
  const { variants } = await evaluate({ 'default.nix': composed(driver), 'processes.nix': model });
  expect(variants.map(({ kind, variant }) => [variant.name, kind])).toEqual([['one.privileged.sysvinit', 'evaluated']]);
});

test('the script has the pieces in their order, each with what its function is given', async () => {
  const show = (name: string, also = ''): string =>
    `${name} = given: "${name} \${builtins.concatStringsSep "," (builtins.attrNames given)}${also}";`;
  const { variants } = await evaluate({
    'default.nix': composed(
      universal,
      [
        show('postTests'),
        show('tests', ' ${given.instanceName} ${given.processManager} ${toString (given.instance.port or 0)}'),
        show('readiness', ' ${given.instanceName}'),
        show('initialTests', ' ${toString (builtins.attrNames given.processes)}'),
      ].join('\n'),
      '[ "systemd" ]',
      '[ "unprivileged" ]',
    ),
    'processes.nix': model,
  });
  const { content } = contentOf(variants[0]);
  const params = 'callingGroup,callingUser,forceDisableUserChange';
  expect(content.phases.map(({ script }) => script)).toEqual([
    `initialTests ${params},processes,runtimeDir,stateDir other webapp`,
    `readiness ${params},instance,instanceName,runtimeDir,stateDir other`,
    `readiness ${params},instance,instanceName,runtimeDir,stateDir webapp`,
    `tests ${params},instance,instanceName,processManager,runtimeDir,stateDir other systemd 0`,
    `tests ${params},instance,instanceName,processManager,runtimeDir,stateDir webapp systemd 5000`,
    `postTests ${params},processes,runtimeDir,stateDir`,
  ]);
  expect(content.phases.map(({ name, instance }) => [name, instance]).slice(0, 3)).toEqual([
    ['initialTests', null],
    ['readiness', 'other'],
    ['readiness', 'webapp'],
  ]);
  expect(content.instances).toEqual(['other', 'webapp']);
});

test('the model is called with the parameters of the profile and the extra parameters of the suite, as far as it declares them', async () => {
  const own = `{ pkgs, stateDir, runtimeDir, forceDisableUserChange, processManager, callingUser ? null, greeting ? "none" }:
    let createManagedProcess =
      import ../nowhere/nixproc/create-managed-process/universal/create-managed-process-universal.nix {
        inherit pkgs stateDir runtimeDir forceDisableUserChange processManager;
      };
    in { webapp.pkg = createManagedProcess {
      name = "webapp"; foregroundProcess = "/bin/webapp";
      args = [ stateDir runtimeDir (toString callingUser) greeting processManager ];
    }; }`;
  const { variants } = await evaluate({
    'default.nix': composed(
      universal,
      'extraParams = { greeting = "hello"; unknown = 1; };',
      '[ "sysvinit" "docker" ]',
      '[ "privileged" "unprivileged" ]',
    ),
    'processes.nix': own,
  });
  const argumentsOf = (variant: EvaluatedVariant): unknown => {
    const parsed = JSON.parse(contentOf(variant).content.model) as {
      readonly processes: readonly { readonly arguments: { readonly args: unknown } }[];
    };
    return parsed.processes[0]?.arguments.args;
  };
  const byName = Object.fromEntries(variants.map((variant) => [variant.variant.name, argumentsOf(variant)]));
  const home = '/home/unprivileged/var';
  expect(byName).toEqual({
    'one.privileged.docker': ['/dockervar', '/dockervar/run', '', 'hello', 'docker'],
    'one.privileged.sysvinit': ['/var', '/var/run', '', 'hello', 'sysvinit'],
    'one.unprivileged.docker': [home, `${home}/run`, 'unprivileged', 'hello', 'docker'],
    'one.unprivileged.sysvinit': [home, `${home}/run`, 'unprivileged', 'hello', 'sysvinit'],
  });
});

test("the machine has the suite's packages, and the users and packages of its nixosConfig; a script keeps what it names", async () => {
  const { variants } = await evaluate({
    'default.nix': composed(
      universal,
      `systemPackages = [ pkgs.coreutils ];
       nixosConfig = { users.users.ftp.uid = 77; environment.systemPackages = [ pkgs.gnugrep ]; };
       postTests = { ... }: "machine.succeed(\\"\${pkgs.writeTextFile { name = "text"; text = "x"; }}\\")";`,
    ),
    'processes.nix': model,
  });
  const { content, context } = contentOf(variants[0]);
  expect(content.packages.map((path) => /-(coreutils|.*grep)/.exec(path)?.[1])).toEqual([
    'coreutils',
    expect.stringContaining('grep'),
  ]);
  expect(content.users).toEqual([{ name: 'ftp', uid: 77 }]);
  const text = /succeed\("(.*)"\)/.exec(content.phases[0]?.script ?? '')?.[1];
  expect(context.storePaths).toContain(text);
});

test('what only NixOS can do, and what this machine lacks, is not tried; what throws is broken; the others are unhurt', async () => {
  const suite = (name: string, attributes: string): string =>
    `${name} = testService { name = "${name}"; exprFile = ./processes.nix; inherit processManagers profiles; ${attributes} };`;
  const { variants } = await evaluate({
    'default.nix': `{ pkgs, testService, processManagers ? [ "sysvinit" ], profiles ? [ "privileged" ] }: {
      ${suite('config', 'nixosConfig.services.x.enable = true;')}
      ${suite('missing', 'systemPackages = [ pkgs.mongodb ];')}
      ${suite('throws', 'tests = { ... }: throw "it is not ready";')}
      ${suite('fails', 'tests = { ... }: { }.nothing;')}
      ${suite('works', '')}
      outright = throw "no suite";
      manager = testService { name = "manager"; exprFile = ./processes.nix; inherit profiles; processManagers = [ "finit" ]; };
    }`,
    'processes.nix': model,
  });
  const states = Object.fromEntries(
    variants.map((found) => [found.variant.suite, [found.kind, found.kind === 'evaluated' ? '' : found.reason]]),
  );
  expect(states).toEqual({
    config: ['not tried', 'its nixosConfig sets services.x, which only NixOS can do'],
    missing: ['not tried', expect.stringContaining('pkgs.mongodb: this host has no program mongod')],
    throws: ['broken', expect.stringContaining('it is not ready')],
    fails: ['broken', expect.stringContaining("attribute 'nothing' missing")],
    works: ['evaluated', ''],
    outright: ['broken', expect.stringContaining('no suite')],
    manager: ['not tried', expect.stringContaining('cannot run the process manager finit')],
  });
});

test('a manager of whom only a module is known is not tried', async () => {
  const driver = `import ../nowhere/nixproc/test-driver/agnostic.nix {
    inherit nixpkgs system;
    processManagerModules.finit = { profileSettings, ... }: { inherit (profileSettings) params; };
    profileSettingModules.privileged = { params = { stateDir = "/var"; runtimeDir = "/run"; forceDisableUserChange = false; }; };
  }`;
  const { variants } = await evaluate({ 'default.nix': composed(driver, '', '[ "finit" ]'), 'processes.nix': model });
  expect(variants).toMatchObject([
    { kind: 'not tried', reason: expect.stringContaining('cannot run the process manager finit') },
  ]);
});

test('all variants take one evaluation, and what is filtered is not evaluated', async () => {
  const files = {
    'default.nix': composed(universal, '', '[ "sysvinit" "supervisord" ]', '[ "privileged" "unprivileged" ]'),
    'processes.nix': model,
  };
  const evaluations = (): number =>
    evaluator.commands.filter(({ args }) => args.some((arg) => arg.endsWith('/test-suites.nix'))).length;
  let before = evaluations();
  expect((await evaluate(files)).variants).toHaveLength(4);
  expect(evaluations() - before).toBe(1);
  before = evaluations();
  const { variants } = await evaluate(files, { managers: ['systemd'] }, [['one', 'unprivileged']]);
  expect(variants.map(({ variant }) => variant.name)).toEqual(['one.unprivileged.systemd']);
  expect(evaluations() - before).toBe(1);
});

test('a file that cannot be evaluated is blamed with the place', async () => {
  await expect(evaluate({ 'default.nix': '{ }:\n{ one = ' })).rejects.toMatchObject({
    message: expect.stringContaining('The file of test suites'),
    why: expect.stringContaining('default.nix:2'),
  });
});
