import type { ProcessName } from '../../model/process-model.js';
import type { JsonObject } from '../../system/json.js';
import type { RenderedUnit, UnitContext } from '../backend.js';
import { argumentError } from '../shared/argument-schema.js';
import { carryInScript, type Execution } from '../shared/carry-in-script.js';
import { environmentWithPath } from '../shared/search-path.js';
import type { Activation } from './activation-data.js';
import { argumentLine, isPrintable } from './argument-line.js';
import { parseService, type CygrunsrvService } from './config.js';
import { serviceNameOf } from './service-name.js';
import { mostDependencies } from './translate.js';

/** cygrunsrv takes no more (MAX_ENV). */
const mostVariables = 255;

/**
 * Variables that cygrunsrv can keep: the registry has them by names that differ by more than their case, and a shell
 * before the program leaves others alone.
 */
const isKept = (name: string, value: string, environment: Execution['environment']): boolean =>
  /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) &&
  isPrintable(value) &&
  Object.keys(environment).every((other) => other === name || other.toLowerCase() !== name.toLowerCase());

/** Values that cygrunsrv would not hand over go through a script. */
const carryValues = (execution: Execution, context: UnitContext): Execution => {
  const { words, environment } = execution;
  const isTooMuch = Object.keys(environment).length > mostVariables;
  const isLost = (name: string, value: string): boolean => isTooMuch || !isKept(name, value, environment);
  const [program = '', ...args] = words;
  const isWhole = !Object.entries(environment).some((entry) => isLost(...entry));
  return isWhole && isPrintable(program) && argumentLine(args) !== null
    ? execution
    : carryInScript(execution, isLost, context, 'cygrunsrv');
};

/** The Windows services that have to run before a service. */
const dependenciesOf = (
  service: CygrunsrvService,
  context: UnitContext,
  all: ReadonlyMap<ProcessName, JsonObject>,
): readonly string[] => {
  const processes = new Set<string>([...context.dependencies, ...all.keys()]);
  const names = (service.dependencies ?? context.dependencies).map((name) =>
    processes.has(name) ? serviceNameOf(name, all.get(name as ProcessName)) : name,
  );
  return [...new Set(names)];
};

/** Besides the program and its variables, what decides how a service runs. */
const settings = ['type', 'user', 'stdin', 'stdout', 'stderr', 'terminateSignal', 'terminateOnShutdown'] as const;

const option = (name: string, value: string | null): readonly string[] => (value === null ? [] : [name, value]);

/**
 * Writes what cygrunsrv is told when it installs a service: options and their values, one a line, as they are.
 *
 * @throws ModelError naming the instance when an argument is of the wrong kind or unknown, or cannot be written
 */
export const render = (
  args: JsonObject,
  context: UnitContext,
  all: ReadonlyMap<ProcessName, JsonObject> = new Map(),
): RenderedUnit => {
  const { instance } = context;
  const service = parseService(args, context);
  const name = serviceNameOf(instance.name, args);
  const wanted: Execution = {
    words: service.words,
    environment: environmentWithPath(instance, service.environmentPath, service.environment),
  };
  const execution = carryValues(wanted, context);
  const [program = '', ...programArgs] = execution.words;
  const line = argumentLine(programArgs);
  if (line === null || !isPrintable(program)) {
    throw argumentError(
      { instance: instance.instance, manager: 'cygrunsrv' },
      'path',
      `The shell of the model's packages, ${program}, has a path that cygrunsrv cannot take`,
    );
  }
  const dependencies = dependenciesOf(service, context, all);
  const { terminateSignal } = service;
  const parameters = [
    '--path',
    program,
    ...option('--disp', service.displayName ?? name),
    ...option('--desc', service.description === '' ? null : service.description),
    ...option('--type', service.type === 'auto' ? null : service.type),
    ...option('--args', line === '' ? null : line),
    ...Object.keys(execution.environment)
      .sort()
      .flatMap((variable) => ['--env', `${variable}=${execution.environment[variable] ?? ''}`]),
    ...option('--user', service.user),
    ...option('--stdin', service.stdin),
    ...option('--stdout', service.stdout),
    ...option('--stderr', service.stderr),
    ...option('--termsig', terminateSignal === 'TERM' ? null : terminateSignal),
    ...(service.terminateOnShutdown ? ['--shutdown'] : []),
    // The level of a dependency is not known here; what Windows is not told, a deployment still sees to.
    ...dependencies.slice(0, mostDependencies).flatMap((dependency) => ['--dep', dependency]),
  ];
  const defaultLog = `/var/log/${name}.log`;
  const activation: Activation = {
    service: name,
    parameters,
    dependencies: [...dependencies],
    user: service.user,
    logFiles: [...new Set([service.stdout ?? defaultLog, service.stderr ?? defaultLog])],
  };
  return {
    files: [
      {
        kind: 'file',
        path: `${name}-cygrunsrvparams`,
        text: parameters.map((parameter) => `${parameter}\n`).join(''),
        executable: false,
      },
    ],
    properties: {
      path: wanted.words[0] ?? '',
      args: wanted.words.slice(1),
      ...Object.fromEntries(
        Object.entries(wanted.environment).map(([variable, value]) => [`environment.${variable}`, value]),
      ),
      ...Object.fromEntries(settings.flatMap((name) => (service[name] === null ? [] : [[name, service[name]]]))),
      dependencies: [...dependencies],
    },
    activation,
    credentials: { groups: [], users: [] },
  };
};
