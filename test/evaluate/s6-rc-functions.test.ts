import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { EvaluatedModel } from '../../src/evaluate/read-evaluation.js';
import type { JsonObject } from '../../src/system/json.js';
import { createEvaluator, instanceOf, type Evaluator } from './support/evaluation.js';

let evaluator: Evaluator;
beforeAll(async () => {
  evaluator = await createEvaluator();
});
afterAll(() => evaluator.remove());

const evaluate = (functions: string, instances: string): Promise<EvaluatedModel> =>
  evaluator.evaluateFiles(
    {
      'processes.nix': `
        { pkgs, processManager, forceDisableUserChange ? false, logDir ? "/var/log" }:
        let
          createCredentials = import ../nowhere/nixproc/create-credentials { inherit (pkgs) stdenv lib; };
          ${functions}
        in
        rec { ${instances} }`,
      run: '#!/bin/sh\nexec sleep 1000\n',
    },
    // The stand-in for nixpkgs has neither s6 nor execline; the host has.
    { manager: 's6-rc', includePaths: [] },
  );

const allFunctions = `
  s6-rc = import ../nowhere/nixproc/backends/s6-rc {
    inherit (pkgs) stdenv lib execline;
    inherit createCredentials logDir forceDisableUserChange;
    logDirUser = "logger";
    logDirGroup = "logger";
  };
  inherit (s6-rc) createLongRunService createOneShotService createServiceBundle createLogServiceForLongRunService;`;

const argumentsOf = (evaluated: EvaluatedModel, instance: string): JsonObject => {
  const { process } = instanceOf(evaluated, instance);
  if (process.kind !== 'direct') throw new Error(`${instance} is not made by a create function of a manager`);
  return process.arguments;
};

test("all of s6-rc's create functions come from one file, and share how output is logged", async () => {
  const evaluated = await evaluate(
    allFunctions,
    `
    a.pkg = createLongRunService { name = "a"; run = ./run; timeoutKill = 5000; };
    b.pkg = createOneShotService { name = "b"; up = "true"; dependencies = [ a.pkg ]; };
    c.pkg = createServiceBundle { name = "c"; contents = [ a.pkg b.pkg ]; };
    d.pkg = createLogServiceForLongRunService { name = "d"; };
    e.pkg = createLongRunService {
      name = "e";
      run = "#!/bin/sh";
      consumerFor = [ a.pkg "x" ];
      autoGenerateLogService = false;
    };`,
  );
  const logSettings = { logDir: '/var/log', user: 'logger', group: 'logger' };
  expect(argumentsOf(evaluated, 'a')).toEqual({
    name: 'a',
    // A path in the model is copied to the store.
    run: expect.stringMatching(/\/[0-9a-z]{32}-run$/),
    timeoutKill: 5000,
    logSettings,
  });
  expect(argumentsOf(evaluated, 'b')).toEqual({ name: 'b', up: 'true' });
  expect(instanceOf(evaluated, 'b').dependencies).toEqual(['a']);
  expect(argumentsOf(evaluated, 'c')).toEqual({ name: 'c', contents: ['a', 'b'] });
  expect(instanceOf(evaluated, 'c').dependencies).toEqual(['a', 'b']);
  expect(argumentsOf(evaluated, 'd')).toEqual({ name: 'd-log', logServiceFor: 'd', logSettings });
  expect(argumentsOf(evaluated, 'e')).toEqual({
    name: 'e',
    run: '#!/bin/sh',
    consumerFor: ['a', 'x'],
    autoGenerateLogService: false,
  });
});

test('each create function of s6-rc has a file of its own', async () => {
  const evaluated = await evaluate(
    `
    createLogServiceForLongRunService = import ../nowhere/nixproc/backends/s6-rc/create-log-service-for-longrun-service.nix {
      inherit (pkgs) stdenv lib execline;
      inherit forceDisableUserChange;
      logDir = "/srv/log";
      logDirUser = "logger";
      logDirGroup = "adm";
    };
    createLongRunService = import ../nowhere/nixproc/backends/s6-rc/create-longrun-service.nix {
      inherit (pkgs) stdenv lib;
      inherit createCredentials createLogServiceForLongRunService;
    };
    createOneShotService = import ../nowhere/nixproc/backends/s6-rc/create-oneshot-service.nix {
      inherit (pkgs) stdenv lib;
      inherit createCredentials;
    };
    createServiceBundle = import ../nowhere/nixproc/backends/s6-rc/create-service-bundle.nix {
      inherit (pkgs) stdenv lib;
    };`,
    `
    a.pkg = createLongRunService { name = "a"; run = "#!/bin/sh"; };
    b.pkg = createOneShotService { name = "b"; up = "true"; };
    c.pkg = createServiceBundle { name = "c"; };`,
  );
  expect(argumentsOf(evaluated, 'a')).toMatchObject({
    logSettings: { logDir: '/srv/log', user: 'logger', group: 'adm' },
  });
  expect(argumentsOf(evaluated, 'b')).toEqual({ name: 'b', up: 'true' });
  expect(argumentsOf(evaluated, 'c')).toEqual({ name: 'c', contents: [] });
});

test("a log service that is not the framework's is refused with what to do instead", async () => {
  const evaluation = evaluate(
    `${allFunctions}
    create = import ../nowhere/nixproc/backends/s6-rc/create-longrun-service.nix {
      inherit createCredentials;
      createLogServiceForLongRunService = { name }: pkgs.coreutils;
    };`,
    'a.pkg = create { name = "a"; run = "#!/bin/sh"; };',
  );
  await expect(evaluation).rejects.toThrow("createLogServiceForLongRunService that is not the framework's");
});
