import type { OwnOldCommand } from '../../backends/manager-facts.js';
import { factsOf, managerNames, managersWith } from '../../backends/registry.js';
import { UsageError } from '../../system/errors.js';
import { fromEnvironment } from '../settings.js';
import type { GetoptLine } from './getopt.js';
import {
  bootOptions,
  buildOptions,
  deployedOptions,
  generateConfigOptions,
  idAssignOptions,
  managerOptions,
  modelOptions,
  operationOptions,
  ownOptionsOf,
  profileOptions,
  runActivityOptions,
  stateOptions,
  type OldOption,
} from './old-options.js';

/** A command of nix-processmgmt as one of ours. */
export interface OldCommand {
  readonly name: string;
  /** What follows the name, for --help; a line for each form. */
  readonly usage: readonly string[];
  readonly describe: string;
  readonly options: readonly OldOption[];
  /** @returns the arguments of nix-processmgmt-ts that do the same; @throws UsageError */
  readonly translate: (line: GetoptLine, env: Readonly<Record<string, string | undefined>>) => readonly string[];
}

/** Those of `options` that were given, spelled so that a value cannot be taken for an option. */
const given = ({ options: values }: GetoptLine, ...options: readonly (readonly OldOption[])[]): readonly string[] =>
  options.flat().flatMap(({ name }) => {
    const value = values.get(name);
    if (value === undefined) return [];
    return [value === true ? `--${name}` : `--${name}=${value}`];
  });

/**
 * The state options of a command that takes none from the current generation: what is not given, nor said by a variable, is
 * the model's own choice. A directory that is called like the word for that is meant as a directory.
 */
const stateIn = (line: GetoptLine, env: Readonly<Record<string, string | undefined>>): readonly string[] => {
  const said = [...line.options].map(([name, value]): [string, string | true] => [
    name,
    value === 'default' ? './default' : value,
  ]);
  const isUnsaid = ({ name }: OldOption): boolean =>
    !line.options.has(name) && fromEnvironment(env, `NIXPROC_${name.toUpperCase().replaceAll('-', '_')}`) === undefined;
  return [
    ...given({ ...line, options: new Map(said) }, stateOptions),
    ...stateOptions.filter(isUnsaid).map(({ name, takesValue }) => (takesValue ? `--${name}=default` : `--no-${name}`)),
  ];
};

/** A word that stays what it is: one that begins with a dash would be taken for an option. */
const plainWord = (word: string, what: string): string => {
  if (word.startsWith('-')) throw new UsageError({ what: `"${word}" is no ${what}` });
  return word;
};

const pathOf = (path: string): string => (path.startsWith('-') ? `./${path}` : path);

const refuseMore = (operands: readonly string[], most: number): void => {
  const tooMany = operands[most];
  if (tooMany !== undefined) throw new UsageError({ what: `"${tooMany}" is one operand too many` });
};

/** The operand of a command that takes one path, or none. */
const pathIn = ({ operands }: GetoptLine): readonly string[] => {
  refuseMore(operands, 1);
  return operands.map(pathOf);
};

const operationOf = ({ options }: GetoptLine): string | null => {
  const [operation, other] = operationOptions.map(({ name }) => name).filter((name) => options.has(name));
  if (operation !== undefined && other !== undefined) {
    throw new UsageError({ what: `--${operation} and --${other} cannot be done at once`, fix: 'Choose one of them' });
  }
  return operation ?? null;
};

const deployment = (manager: string, verb: 'switch' | 'deploy'): OldCommand => {
  const { reachingOptions = [] } = factsOf(manager);
  const ofManager = ownOptionsOf(manager);
  /** Of those, what says which manager is meant, rather than what to start. */
  const reached = ofManager.filter(({ name }) => reachingOptions.includes(name));
  const activation = [...profileOptions, ...deployedOptions, ...ofManager, ...bootOptions];
  const name = `nixproc-${manager}-${verb}`;
  return {
    name,
    usage: [
      `[OPTION]... ${verb === 'switch' ? '[PROCESSES_NIX]' : 'PROFILE'}`,
      ...operationOptions.map((option) => `--${option.name}${option.takesValue ? ' NUM' : ''} [OPTION]...`),
    ],
    describe:
      verb === 'switch'
        ? `Makes the machine run a processes model under ${manager}.`
        : `Makes the machine run a profile that nixproc-build made for ${manager}.`,
    options: [...operationOptions, ...activation, ...stateOptions, ...modelOptions],
    translate: (line, env) => {
      const value = (option: string): string => {
        const found = line.options.get(option);
        return plainWord(typeof found === 'string' ? found : '', 'generation');
      };
      const operation = operationOf(line);
      switch (operation) {
        case null:
          if (verb === 'deploy' && line.operands.length === 0) {
            throw new UsageError({ what: 'No profile was given', fix: 'Name one that nixproc-build made' });
          }
          return [
            ...['switch', `--process-manager=${manager}`],
            ...given(line, activation),
            ...stateIn(line, env),
            ...given(line, modelOptions),
            ...pathIn(line),
          ];
        case 'undeploy':
          return ['undeploy', ...given(line, profileOptions, deployedOptions, reached)];
        case 'rollback':
          return ['rollback', ...given(line, activation)];
        case 'switch-generation':
          return ['generations', 'switch', value(operation), ...given(line, activation)];
        case 'list-generations':
          return ['generations', 'list', '--plain', ...given(line, profileOptions)];
        case 'delete-generations':
          return ['generations', 'delete', value(operation), ...given(line, profileOptions)];
        case 'delete-all-generations':
          return ['generations', 'delete', 'all', ...given(line, profileOptions)];
        default:
          throw new Error(`there is no translation of --${operation}`);
      }
    },
  };
};

/** @throws UsageError when the command line does not say which process manager is meant */
const requireManager = ({ options }: GetoptLine): void => {
  if (options.has('process-manager')) return;
  throw new UsageError({
    what: 'No process manager was chosen',
    fix: `Choose one: -P ${managerNames.join(', -P ')}`,
  });
};

const build: OldCommand = {
  name: 'nixproc-build',
  usage: ['-P MANAGER [OPTION]... [PROCESSES_NIX]', '-P MANAGER --undeploy [OPTION]...'],
  describe: 'Builds the profile of a processes model, and prints its store path.',
  options: [...managerOptions, ...buildOptions, ...stateOptions, ...modelOptions],
  translate: (line, env) => {
    requireManager(line);
    const options = [...given(line, managerOptions, buildOptions), ...stateIn(line, env), ...given(line, modelOptions)];
    return ['build', ...options, ...pathIn(line)];
  },
};

const runActivity = (manager: string): OldCommand => {
  const options = [...profileOptions, ...runActivityOptions, ...ownOptionsOf(manager)];
  return {
    name: `nixproc-${manager}-runactivity`,
    usage: ['[OPTION]... ACTIVITY [PROFILE]'],
    describe: 'Runs an activity, such as status, of all scripts of a profile, in the order in which they start.',
    options,
    translate: (line) => {
      refuseMore(line.operands, 2);
      const [activity, ...profile] = line.operands;
      if (activity === undefined) {
        throw new UsageError({ what: 'No activity was given', fix: 'Name one that the scripts know, such as status' });
      }
      return [
        ...['run-activity', plainWord(activity, 'activity'), ...profile.map(pathOf)],
        ...[`--process-manager=${manager}`, ...given(line, options)],
      ];
    },
  };
};

const foregroundRun = (manager: string, { name, describe }: OwnOldCommand): OldCommand => ({
  name,
  usage: ['[OPTION]... [PROCESSES_NIX]'],
  describe,
  options: [...profileOptions, ...stateOptions, ...modelOptions],
  translate: (line, env) => {
    const model = line.operands[0] ?? fromEnvironment(env, 'NIXPROC_PROCESSES');
    if (model === undefined) {
      throw new UsageError({
        what: 'No model was given',
        fix: 'Name a processes.nix on the command line, or set NIXPROC_PROCESSES to one',
      });
    }
    return [
      ...['run', `--process-manager=${manager}`],
      ...given(line, profileOptions),
      ...stateIn(line, env),
      ...given(line, modelOptions),
      ...pathIn({ ...line, operands: [model, ...line.operands.slice(1)] }),
    ];
  },
});

const supervision = (manager: string, { name, describe }: OwnOldCommand): OldCommand => ({
  name,
  usage: ['[OPTION]...'],
  describe,
  options: stateOptions,
  translate: (line) => {
    refuseMore(line.operands, 0);
    return ['supervise', `--process-manager=${manager}`, ...given(line, stateOptions)];
  },
});

const ownCommandsOf = (manager: string): readonly OldCommand[] =>
  (factsOf(manager).oldCommands ?? []).map((command) =>
    command.means === 'run' ? foregroundRun(manager, command) : supervision(manager, command),
  );

const initState: OldCommand = {
  name: 'nixproc-init-state',
  usage: ['[OPTION]...'],
  describe: 'Makes the state directories.',
  options: stateOptions,
  translate: (line) => {
    refuseMore(line.operands, 0);
    return ['init-state', ...given(line, stateOptions)];
  },
};

const idAssign: OldCommand = {
  name: 'nixproc-id-assign',
  usage: ['--id-resources IDRESOURCES_NIX [OPTION]... [PROCESSES_NIX]'],
  describe: 'Gives process instances IDs of the pools that they ask for.',
  options: [...idAssignOptions, ...stateOptions, ...modelOptions],
  translate: (line) => ['id-assign', ...given(line, idAssignOptions, stateOptions, modelOptions), ...pathIn(line)],
};

const generateConfig: OldCommand = {
  name: 'nixproc-generate-config',
  usage: ['-P MANAGER [OPTION]... CONFIG_JSON'],
  describe: 'Makes the configuration of a process for a process manager from one that is for none.',
  options: [...managerOptions, ...generateConfigOptions, ...stateOptions],
  translate: (line) => {
    requireManager(line);
    if (line.operands.length === 0) {
      throw new UsageError({ what: 'No configuration was given', fix: 'Name the NAME.json of a process' });
    }
    return ['generate-config', ...given(line, managerOptions, generateConfigOptions, stateOptions), ...pathIn(line)];
  },
};

/** Every command of nix-processmgmt that there is, for the managers that there are. */
export const oldCommands: readonly OldCommand[] = [
  build,
  ...managerNames.flatMap((manager) => [deployment(manager, 'switch'), deployment(manager, 'deploy')]),
  ...managersWith(({ hasScripts }) => hasScripts === true).map(runActivity),
  ...managerNames.flatMap(ownCommandsOf),
  initState,
  idAssign,
  generateConfig,
];
