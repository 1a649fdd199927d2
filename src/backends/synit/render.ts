import type { RenderedUnit, UnitContext } from '../backend.js';
import type { JsonObject } from '../../system/json.js';
import { surroundingsVersion } from '../shared/clean-start.js';
import { searchPath } from '../shared/search-path.js';
import type { Activation } from './activation-data.js';
import { parseDaemon, type SynitDaemon } from './config.js';
import { daemonFiles, initializeWords, launchWords } from './launch.js';
import { dictionary, record, symbol, writePreserves, type Dictionary, type Preserves } from './preserves.js';

/** Where a profile has the files of its daemons. */
export const serviceDirectory = 'etc/syndicate/services';

const environmentOf = (daemon: SynitDaemon, { instance }: UnitContext): Readonly<Record<string, string>> => ({
  PATH: searchPath(instance, daemon, 'packages-first'),
  ...daemon.environment,
});

const strings = (values: Readonly<Record<string, string>>): Dictionary => ({
  kind: 'dictionary',
  entries: Object.keys(values)
    .sort()
    .map((name) => [name, values[name] ?? '']),
});

const serviceState = (service: Preserves, state: string): Preserves => record('service-state', service, symbol(state));

/** The assertions that make a daemon (https://synit.org/book/operation/service.html and …/builtin/daemon.html). */
const assertions = (daemon: SynitDaemon, context: UnitContext): readonly Preserves[] => {
  const { name } = context.instance;
  const service = record('daemon', symbol(name));
  // The ID of a daemon may be any value: no process can be called like this one.
  const initializationId = record('initialize', symbol(name));
  const initialization = record('daemon', initializationId);
  const { directory, clearEnv, readyOnStart, restart, protocol } = daemon;
  const surroundings = {
    env: strings(environmentOf(daemon, context)),
    ...(directory === null ? {} : { dir: directory }),
    ...(clearEnv === null ? {} : { clearEnv }),
  };
  const states = [
    ...(daemon.dependencies ?? context.dependencies).map((dependency) =>
      serviceState(record('daemon', symbol(dependency)), 'ready'),
    ),
    ...daemon.dependsOn,
  ];
  const initialize: readonly Preserves[] =
    daemon.initialize === ''
      ? []
      : [
          ...states.map((state) => record('depends-on', initialization, state)),
          record('depends-on', service, serviceState(initialization, 'complete')),
          record(
            'daemon',
            initializationId,
            dictionary({
              argv: initializeWords(daemon, context),
              env: surroundings.env,
              ...(clearEnv === null ? {} : { clearEnv }),
              readyOnStart: false,
              restart: symbol('on-error'),
            }),
          ),
        ];
  return [
    record('metadata', service, dictionary({ description: daemon.description })),
    ...(daemon.isRequired ? [record('require-service', service)] : []),
    ...states.map((state) => record('depends-on', service, state)),
    ...initialize,
    record(
      'daemon',
      symbol(name),
      dictionary({
        argv: launchWords(daemon, context),
        ...surroundings,
        ...(readyOnStart === null ? {} : { readyOnStart }),
        ...(restart === null ? {} : { restart: symbol(restart) }),
        ...(protocol === null ? {} : { protocol: symbol(protocol) }),
      }),
    ),
  ];
};

/** Besides the program and its variables, what decides how a daemon runs. */
const settings = [
  'directory',
  'user',
  'umask',
  'nice',
  'initialize',
  'isRequired',
  'clearEnv',
  'readyOnStart',
  'restart',
  'protocol',
] as const;

/**
 * Writes a daemon as assertions of Synit's configuration language, one a line.
 *
 * @throws ModelError naming the instance when an argument is of the wrong kind or unknown
 */
export const render = (args: JsonObject, context: UnitContext): RenderedUnit => {
  const daemon = parseDaemon(args, context);
  const { name } = context.instance;
  const file = `${serviceDirectory}/${name}.pr`;
  const restart = daemon.restart ?? 'always';
  const activation: Activation = {
    file,
    ...daemonFiles(context),
    restarts: restart === 'all' || restart === 'on-error' ? 'on-error' : restart,
    isRequired: daemon.isRequired,
    endsByItself: daemon.readyOnStart === false && restart !== 'always',
  };
  const { words, credentials, dependsOn, dependencies } = daemon;
  return {
    files: [
      {
        kind: 'file',
        path: file,
        text: assertions(daemon, context)
          .map((assertion) => `${writePreserves(assertion)}\n`)
          .join(''),
        executable: false,
      },
    ],
    properties: {
      process: words[0] ?? '',
      surroundings: surroundingsVersion,
      args: words.slice(1),
      // The server goes on with the command that it has read, and nothing keeps older versions of scripts from being collected.
      launch: launchWords(daemon, context),
      ...Object.fromEntries(
        Object.entries(environmentOf(daemon, context)).map(([variable, value]) => [`environment.${variable}`, value]),
      ),
      ...Object.fromEntries(
        settings.flatMap((name) => (daemon[name] === null || daemon[name] === '' ? [] : [[name, daemon[name]]])),
      ),
      dependencies: dependencies ?? context.dependencies,
      'depends-on': dependsOn.map(writePreserves),
    },
    activation,
    credentials,
  };
};
