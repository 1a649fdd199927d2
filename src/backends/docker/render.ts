import type { Credentials } from '../../model/process-model.js';
import { ModelError } from '../../system/errors.js';
import { nixToString, toStableJson, type Json, type JsonObject } from '../../system/json.js';
import type { ProfileFile, RenderedUnit, UnitContext } from '../backend.js';
import { cleanStart, surroundingsVersion } from '../shared/clean-start.js';
import { variablesLostInShells } from '../shared/launch-script.js';
import { readinessCommandOf } from '../shared/readiness-program.js';
import { shellCommand, shellQuote } from '../shared/shell-quote.js';
import { toActivation, type ArchivedImage, type WrittenImage } from './activation-data.js';
import { parseContainer, type ContainerSpecification, type ImageSpecification } from './config.js';
import { containerName } from './container-name.js';
import { hasParameter, longName, parameterWords, type CreateParameter } from './create-parameters.js';
import { storeName } from '../shared/required-tool.js';
import { tool, usesHostPrograms } from './tools.js';

const noCredentials: Credentials = { groups: [], users: [] };

/**
 * What `create` gets unless the model says otherwise:
 * - init: signals reach a process that has no handlers although it is a container's first, and its orphans are reaped;
 * - restart=unless-stopped: a crash is repaired, whoever stops it by hand is respected;
 * - security-opt=label=disable: where SELinux is on, store and state of the host could not be read otherwise.
 */
const defaults = (given: readonly CreateParameter[]): readonly CreateParameter[] => {
  const parameter = (name: string, value: string | null, ...unless: readonly string[]): readonly CreateParameter[] =>
    hasParameter(given, name, ...unless) ? [] : [{ name, value }];
  return [
    ...parameter('init', null),
    ...parameter('restart', 'unless-stopped', 'rm'),
    ...parameter('security-opt', 'label=disable', 'privileged'),
  ];
};

const isSpecification = (image: ContainerSpecification['image']): image is ImageSpecification => 'config' in image;

/**
 * The check that looks in the container whether the process is ready; null for none, and for a container whose model has a
 * check of its own, or which has no programs of ours in it.
 */
const readinessCheckOf = (
  { parameters, useHostNixStore, image }: ContainerSpecification,
  context: UnitContext,
): readonly string[] | null => {
  const hasOwn = hasParameter(parameters, 'health-cmd', 'no-healthcheck');
  return hasOwn || !useHostNixStore || !isSpecification(image) ? null : readinessCommandOf(context, 'look', 'docker');
};

/**
 * Has the engine itself look, for as long as the container lives; seldom, since whoever starts it looks more often. Until
 * it should be ready, a failure does not count.
 */
const healthParameters = (check: readonly string[] | null, { instance }: UnitContext): readonly CreateParameter[] => {
  if (check === null || instance.readiness === null) return [];
  const { timeout } = instance.readiness;
  return [
    { name: 'health-cmd', value: shellCommand(check) },
    { name: 'health-interval', value: '30s' },
    { name: 'health-timeout', value: '30s' },
    { name: 'health-start-period', value: `${Math.ceil(timeout)}s` },
  ];
};

const parametersOf = (container: ContainerSpecification, context: UnitContext): readonly CreateParameter[] => {
  const { parameters, useHostNixStore, useHostNetwork, volumes } = container;
  const { process } = context.instance;
  const store = tool(context, 'store');
  const volume = (value: string): CreateParameter => ({ name: 'volume', value });
  return [
    ...defaults(parameters),
    ...(useHostNixStore ? [volume(`${store}:${store}:ro`)] : []),
    ...(useHostNetwork && !hasParameter(parameters, 'network') ? [{ name: 'network', value: 'host' }] : []),
    ...volumes.map((directory) => volume(`${directory}:${directory}`)),
    // Engines take this capability even from root.
    ...(process.kind === 'managed' && (process.nice ?? 0) < 0 ? [{ name: 'cap-add', value: 'SYS_NICE' }] : []),
    ...parameters,
  ];
};

/**
 * The image's command behind what gives its process defined surroundings: engines set HOME, and no USER, LOGNAME and SHELL.
 * Left alone are commands of containers that have nothing of the host's store, and those that are no list of words.
 */
const cleanCommand = (
  image: ImageSpecification,
  container: ContainerSpecification,
  context: UnitContext,
): Readonly<Record<string, Json>> => {
  const { Cmd: words, Entrypoint: entrypoint = null } = image.config;
  const isManaged = context.instance.process.kind === 'managed';
  if (!isManaged || !container.useHostNixStore || entrypoint !== null) return {};
  if (!Array.isArray(words) || words.length === 0) return {};
  const lost = Object.entries(variablesLostInShells(image.environment)).map(([name, value]) => `${name}=${value}`);
  return {
    Cmd: [
      ...cleanStart(image.environment, context, ['account', 'present', 'descriptors']),
      ...(lost.length === 0 ? [] : [`${tool(context, 'coreutils')}/bin/env`, ...lost]),
      ...words.map(nixToString),
    ],
  };
};

/** Docker's words for the image's containers, the environment included. */
const configOf = (image: ImageSpecification, container: ContainerSpecification, context: UnitContext): JsonObject => {
  const { config, environment } = image;
  return {
    ...config,
    ...cleanCommand(image, container, context),
    ...(Object.keys(environment).length === 0
      ? {}
      : {
          Env: Object.keys(environment)
            .sort()
            .map((name) => `${name}=${environment[name] ?? ''}`),
        }),
  };
};

/** The user of a process by name; a number names nobody. */
const namedUser = (config: JsonObject): readonly string[] => {
  const { User: user } = config;
  const name = typeof user === 'string' ? (user.split(':')[0] ?? '') : '';
  return name === '' || /^\d+$/.test(name) ? [] : [name];
};

const writtenImage = (
  image: ImageSpecification,
  container: ContainerSpecification,
  context: UnitContext,
): WrittenImage => {
  const { instance } = context;
  const { process, forceDisableUserChange } = instance;
  const { groups, users } = process.kind === 'managed' && !forceDisableUserChange ? process.credentials : noCredentials;
  const switchesTo = process.kind === 'managed' && process.user !== null ? [process.user] : [];
  const own = new Set(users.map(({ name }) => name));
  return {
    kind: 'written',
    repository: image.name,
    tag: image.tag,
    contents: [...image.contents],
    runAsRoot: image.runAsRoot,
    config: configOf(image, container, context) as WrittenImage['config'],
    groups: groups.map(({ name, gid }) => ({ name, gid })),
    users: users.map(({ name, uid, group, description, homeDir, shell }) => ({
      name,
      uid,
      group,
      description: description ?? '',
      homeDir,
      shell,
    })),
    otherUsers: [...new Set([...namedUser(image.config), ...switchesTo])]
      .filter((name) => name !== 'root' && !own.has(name))
      .sort(),
    // What scripts expect of any system, and system(3) too; the host has its own.
    links:
      container.useHostNixStore && !usesHostPrograms(context)
        ? { 'bin/sh': tool(context, 'shell'), 'usr/bin/env': `${tool(context, 'coreutils')}/bin/env` }
        : {},
  };
};

/** Every store path that a text mentions. */
const storePathsIn = (text: string, store: string): readonly string[] => {
  const prefix = store.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return text.match(new RegExp(`${prefix}/[0-9a-z]{32}-[A-Za-z0-9+._?=-]+`, 'g')) ?? [];
};

/** The order of names, which hashes in front of them do not change. */
const byStoreName = (a: string, b: string): number => {
  const nameOf = (path: string): string => `${path.replace(/^.*\/[0-9a-z]{32}-/, '')} ${path}`;
  return nameOf(a) < nameOf(b) ? -1 : 1;
};

/**
 * The files that tools of the reference framework know a container by (Dysnomia's docker-container module reads them),
 * one parameter, path or word a line. Our own activation reads the manifest.
 */
const filesOf = (
  container: ContainerSpecification,
  image: WrittenImage | ArchivedImage,
  words: readonly string[],
  context: UnitContext,
): readonly ProfileFile[] => {
  const { name } = container;
  const file = (path: string, text: string): ProfileFile => ({ kind: 'file', path, text, executable: false });
  const lines = (all: readonly string[]): string => all.map((line) => `${line}\n`).join('');
  const description = `${toStableJson({ ...image })}\n`;
  const settings =
    image.kind === 'archive'
      ? { dockerImage: image.path, dockerImageTag: image.tag ?? `${name}:latest` }
      : {
          dockerImage: context.storeText(storeName(name, 'image.json'), description),
          dockerImageTag: `${image.repository}:${image.tag}`,
        };
  const imageCommand = image.kind === 'written' ? image.config['Cmd'] : undefined;
  const command =
    container.command.length > 0
      ? container.command
      : Array.isArray(imageCommand)
        ? imageCommand.map((word: Json) => nixToString(word))
        : [];
  const mentioned = storePathsIn([description, ...words].join('\n'), tool(context, 'store'));
  const paths = [...new Set([...container.storePaths, ...mentioned])].sort(byStoreName);
  const level = String(context.level + 1).padStart(2, '0');
  return [
    file(
      `${name}-docker-settings`,
      lines(Object.entries(settings).map(([variable, value]) => `${variable}=${shellQuote(value)}`)),
    ),
    file(`${name}-docker-createparams`, lines(words)),
    ...(command.length === 0 && container.commandNote === null
      ? []
      : [file(`${name}-docker-cmd`, `${container.commandNote ?? shellCommand(command)}\n`)]),
    ...(paths.length === 0 ? [] : [file(`${name}-storepaths`, lines(paths))]),
    file(`${level}-${name}-docker-priority`, ''),
  ];
};

/** What a difference in restarts the process, in the words of the model where there are such. */
const propertiesOf = (
  container: ContainerSpecification,
  image: WrittenImage | ArchivedImage,
  parameters: readonly CreateParameter[],
  hostPrograms: boolean,
  context: UnitContext,
): JsonObject => {
  const { command, image: specification } = container;
  const common = {
    parameters: parameters.map((parameter) => parameterWords(parameter).join(' ')),
    hostPrograms,
    ...(command.length === 0 ? {} : { command }),
  };
  if (image.kind === 'archive' || !isSpecification(specification)) return { ...common, image };
  const { Cmd: words = [], ...config } = specification.config;
  const { Cmd: clean } = cleanCommand(specification, container, context);
  const { repository, tag, contents, runAsRoot, groups, users, otherUsers, links } = image;
  return {
    ...common,
    // With our own scripts: a container goes on with its command, and nothing keeps their older versions from being collected.
    ...(command.length === 0 ? { command: clean ?? words } : {}),
    ...(clean === undefined ? {} : { surroundings: surroundingsVersion }),
    environment: specification.environment,
    image: {
      ...{ repository, tag, contents, runAsRoot, config, groups, otherUsers, links },
      users: users.map(({ name, uid, group, homeDir, shell }) => ({ name, uid, group, homeDir, shell })),
    },
  };
};

const hasNul = (value: Json): boolean => {
  if (typeof value === 'string') return value.includes('\0');
  return typeof value === 'object' && value !== null && Object.values(value).some((item: Json) => hasNul(item));
};

/** A NUL ends an argument or a variable for the kernel. */
const checkForNul = (data: JsonObject, { instance }: UnitContext): void => {
  if (!hasNul(data)) return;
  throw new ModelError({
    what: `Process instance "${instance.instance}" has a value with a NUL character in it`,
    why: 'Neither an argument nor an environment variable can hold one',
    fix: 'Leave it out of args, environment and the parameters of the container',
  });
};

const isHostNetwork = ({ name, value }: CreateParameter): boolean => longName(name) === 'network' && value === 'host';

/**
 * Describes an image and a container.
 *
 * @throws ModelError naming the instance and the argument that is of the wrong kind or unknown.
 */
export const render = (args: JsonObject, context: UnitContext): RenderedUnit => {
  const { process } = context.instance;
  const container = parseContainer(args, context);
  const { image: specification } = container;
  const image: WrittenImage | ArchivedImage = isSpecification(specification)
    ? writtenImage(specification, container, context)
    : { kind: 'archive', ...specification };
  const readinessCheck = readinessCheckOf(container, context);
  const ownParameters = parametersOf(container, context);
  const parameters = [...ownParameters, ...healthParameters(readinessCheck, context)];
  const words = parameters.flatMap(parameterWords);
  // Somebody else's image has its own system in it.
  const hostPrograms = image.kind === 'written' && container.useHostNixStore && usesHostPrograms(context);
  const activation = toActivation({
    containerName: containerName(container.name),
    image,
    createArguments: words,
    command: [...container.command],
    hostPrograms,
    store: tool(context, 'store'),
    shell: tool(context, 'shell'),
    coreutils: tool(context, 'coreutils'),
    readinessCheck: readinessCheck === null ? null : [...readinessCheck],
  });
  checkForNul(activation, context);
  return {
    files: filesOf(container, image, words, context),
    // How often somebody looks at it changes nothing about the process: a container keeps its check until it is made anew.
    properties: propertiesOf(container, image, ownParameters, hostPrograms, context),
    activation,
    credentials: process.kind === 'managed' ? process.credentials : noCredentials,
    ...(parameters.some(isHostNetwork) ? {} : { ownNetwork: true as const }),
  };
};
