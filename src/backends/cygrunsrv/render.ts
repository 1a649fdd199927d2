import type { ProcessName } from '../../model/process-model.js';
import type { JsonObject } from '../../system/json.js';
import type { RenderedUnit, UnitContext } from '../backend.js';
import { argumentError } from '../shared/argument-schema.js';
import { launchScript, variablesLostInShells } from '../shared/launch-script.js';
import { requiredTool, storeName } from '../shared/required-tool.js';
import { searchPath } from '../shared/search-path.js';
import type { Activation } from './activation-data.js';
import { argumentLine, isPrintable } from './argument-line.js';
import { parseService, type CygrunsrvService } from './config.js';
import { serviceNameOf } from './service-name.js';
import { mostDependencies } from './translate.js';

interface Execution {
  readonly words: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

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
const carryValues = ({ words, environment }: Execution, context: UnitContext): Execution => {
  const isTooMuch = Object.keys(environment).length > mostVariables;
  const lost = Object.entries(environment).filter(([name, value]) => isTooMuch || !isKept(name, value, environment));
  const [program = '', ...args] = words;
  if (lost.length === 0 && isPrintable(program) && argumentLine(args) !== null) return { words, environment };
  const carried = { ...Object.fromEntries(lost), ...variablesLostInShells(environment) };
  const text = launchScript({
    coreutils: requiredTool(context, 'coreutils', 'cygrunsrv'),
    environment: carried,
    command: words,
  });
  return {
    words: [
      requiredTool(context, 'shell', 'cygrunsrv'),
      context.storeText(storeName(context.instance.name, 'values'), text),
    ],
    environment: Object.fromEntries(Object.entries(environment).filter(([name]) => !Object.hasOwn(carried, name))),
  };
};

const environmentOf = (service: CygrunsrvService, { instance }: UnitContext): Readonly<Record<string, string>> => {
  const path = searchPath(instance, { path: service.environmentPath }, 'packages-only');
  return { ...(path === '' ? {} : { PATH: path }), ...service.environment };
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
  const wanted: Execution = { words: service.words, environment: environmentOf(service, context) };
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
