import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pino } from 'pino';
import { evaluateModel } from '../../../src/evaluate/evaluate-model.js';
import type { EvaluationRequest } from '../../../src/evaluate/evaluation-request.js';
import type { EvaluatedModel } from '../../../src/evaluate/read-evaluation.js';
import type { ManagerName, ProcessInstance } from '../../../src/model/process-model.js';
import type { Ports, Run, RunRequest } from '../../../src/system/ports.js';
import { createRun } from '../../../src/system/run.js';
import { repository } from '../../support/repository.js';
import { makeTemporaryDirectory } from '../../support/temporary-directory.js';

/** Where the fixture models are. */
export const fixtures = join(repository, 'fixtures');

/** A package set that is not host packages, with the shape of nixpkgs. */
export const standInNixpkgs = `nixpkgs=${join(fixtures, 'imports', 'nixpkgs')}`;

export type Options = Partial<Omit<EvaluationRequest, 'manager' | 'exprFile'>> & { readonly manager?: string };

/** Evaluates models with a Nix store of its own. */
export interface Evaluator {
  readonly directory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Every command that was run. */
  readonly commands: RunRequest[];
  readonly run: Run;
  readonly ports: Ports;
  /** What evaluates a file, relative to fixtures/ or absolute. */
  readonly requestFor: (file: string, options?: Options) => EvaluationRequest;
  /** Evaluates a file, relative to fixtures/ or absolute. */
  readonly evaluate: (file: string, options?: Options) => Promise<EvaluatedModel>;
  /** Evaluates a model that consists of files by name; the first is the model. */
  readonly evaluateFiles: (files: Readonly<Record<string, string>>, options?: Options) => Promise<EvaluatedModel>;
  /** Evaluates a model that returns these instances, with `createManagedProcess` and `pkgs` in scope. */
  readonly evaluateInstances: (instances: string, options?: Options) => Promise<EvaluatedModel>;
  readonly remove: () => Promise<void>;
}

/** A model in the framework's conventions that returns `instances` (Nix text). */
export const modelText = (instances: string): string => `
{ pkgs ? import <nixpkgs> { inherit system; }, system ? builtins.currentSystem
, stateDir ? "/var", runtimeDir ? "\${stateDir}/run", logDir ? "\${stateDir}/log", tmpDir ? "/tmp"
, forceDisableUserChange ? false, processManager
}:
let
  createManagedProcess = import ../nowhere/nixproc/create-managed-process/universal/create-managed-process-universal.nix {
    inherit pkgs stateDir runtimeDir logDir tmpDir forceDisableUserChange processManager;
  };
in
${instances}
`;

/** @param nixConfig lines of nix.conf */
export const createEvaluator = async (nixConfig = ''): Promise<Evaluator> => {
  const { path: directory, remove } = await makeTemporaryDirectory();
  const env = {
    ...process.env,
    // Nothing of the caller's own Nix has a part in it.
    HOME: directory,
    NIX_PATH: '',
    NIX_CONFIG: nixConfig,
    NIX_REMOTE: 'local',
    NIX_STORE_DIR: join(directory, 'nix', 'store'),
    NIX_STATE_DIR: join(directory, 'nix', 'var', 'nix'),
    NIX_LOG_DIR: join(directory, 'nix', 'var', 'log', 'nix'),
  };
  const commands: RunRequest[] = [];
  const realRun = createRun(env);
  const run: Run = (request) => {
    commands.push(request);
    return realRun(request);
  };
  const ports: Ports = { run, log: pino({ level: 'silent' }), env };

  const requestFor: Evaluator['requestFor'] = (file, { manager = 'sysvinit', ...options } = {}) => ({
    exprFile: file.startsWith('/') ? file : join(fixtures, file),
    manager: manager as ManagerName,
    settings: {},
    extraParams: null,
    includePaths: [standInNixpkgs],
    hostPackages: false,
    offline: true,
    showTrace: false,
    ...options,
  });
  const evaluate: Evaluator['evaluate'] = (file, options) => evaluateModel(requestFor(file, options), ports);

  let models = 0;
  const evaluateFiles: Evaluator['evaluateFiles'] = async (files, options) => {
    models += 1;
    const model = join(directory, `model-${models}`);
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(model, name)), { recursive: true });
      await writeFile(join(model, name), text);
    }
    return evaluate(join(model, Object.keys(files)[0] ?? ''), options);
  };

  return {
    directory,
    env,
    commands,
    run: realRun,
    ports,
    requestFor,
    evaluate,
    evaluateFiles,
    evaluateInstances: (instances, options) => evaluateFiles({ 'processes.nix': modelText(instances) }, options),
    remove,
  };
};

/** @throws Error when the model has no such instance */
export const instanceOf = ({ model }: EvaluatedModel, name: string): ProcessInstance => {
  const instance = model.instances.find(({ instance }) => instance === name);
  if (instance === undefined) throw new Error(`the model has no instance ${name}`);
  return instance;
};

/** What createManagedProcess made of an instance. @throws Error when it was made by something else */
export const managedOf = (
  evaluated: EvaluatedModel,
  name: string,
): Extract<ProcessInstance['process'], { kind: 'managed' }> => {
  const { process } = instanceOf(evaluated, name);
  if (process.kind !== 'managed') throw new Error(`${name} is a ${process.kind}`);
  return process;
};

/** A store path without the store and the hash. */
export const withoutHash = (path: string): string => path.replace(/^.*\/[0-9a-z]{32}-/, '');
